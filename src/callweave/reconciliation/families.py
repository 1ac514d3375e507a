"""A call of the carrier's list together with its legs, and what their times say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from callweave.domain.calls import Status
from callweave.telephony.carrier import CarrierCall

# Times and durations in the list are whole seconds, each rounded for itself.
GRAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Family:
    """``legs`` in the order in which they were rung."""

    call: CarrierCall
    legs: tuple[CarrierCall, ...]

    def bridged(self, leg: CarrierCall) -> bool | None:
        """Whether this leg talked with the caller; None where the list cannot tell.

        The carrier counts a call's seconds from its answer, and while a phone rings the caller's
        side is not answered: it is when the two are put through, or by a voicemail. So a leg that
        was over by then only heard the whisper, and one that was up at that moment talked.
        Where the caller's side had been answered before (by a notice, by an earlier talk, or by
        the carrier's own fallback), nothing follows.
        """
        if not picked_up(leg):
            return False
        answered_at, picked_up_at = _answered_at(self.call), _answered_at(leg)
        if leg.ended_at is None or answered_at is None or picked_up_at is None:
            return None
        if leg.ended_at <= answered_at + GRAIN:
            return False
        return True if picked_up_at <= answered_at + GRAIN else None


def has_ended(call: CarrierCall) -> bool:
    return call.status in set(Status) and Status(call.status).is_last


def families(calls: Iterable[CarrierCall], size: int) -> Iterator[Sequence[Family]]:
    """Every call with its legs, some ``size`` at a time, so that a long list is never in memory.

    The list has the newest first: legs come before their call, or with it where the seconds are
    equal. So the calls of one lot wait until the next one has been read.
    """
    legs: defaultdict[str, list[CarrierCall]] = defaultdict(list)
    waiting: list[CarrierCall] = []
    reading = iter(calls)
    while lot := list(islice(reading, size)):
        for call in lot:
            if call.parent_sid:
                legs[call.parent_sid].append(call)
        yield [_family(call, legs.pop(call.sid, [])) for call in waiting]
        waiting = [call for call in lot if not call.parent_sid]
    yield [_family(call, legs.pop(call.sid, [])) for call in waiting]


def _family(call: CarrierCall, legs: Iterable[CarrierCall]) -> Family:
    return Family(call, tuple(sorted(legs, key=lambda leg: (leg.started_at, leg.sid))))


def picked_up(leg: CarrierCall) -> bool:
    return leg.status == Status.COMPLETED and bool(leg.duration_s)


def _answered_at(call: CarrierCall) -> datetime | None:
    if call.ended_at is None:
        return None
    return call.ended_at - timedelta(seconds=call.duration_s or 0)

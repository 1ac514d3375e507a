from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from callweave.domain.calls.reports import (
    Dialled,
    DialLost,
    LegStatus,
    Report,
    Status,
    Whispered,
)

LONGEST_WHISPER_S = 60
"""A whisper takes 20 s, and two tries of its request 14. Who stayed for longer than this talked."""

FALLBACK_LEG = "0"
"""Rings the default destination; all others count from 1."""


class LegState(StrEnum):
    RINGING = "ringing"
    PICKED_UP = "picked_up"
    ENDED = "ended"


class LegResult(StrEnum):
    """`not_joined`: picked up, but the caller was never put through; the agent hung up during
    the whisper, or the caller gave up just then.
    """

    TALKED = "talked"
    NOT_JOINED = "not_joined"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CANCELED = "canceled"


# Where the carrier contradicts itself about how a leg ended, the earlier of these counts.
_RESULT_OF = {
    Status.COMPLETED: LegResult.NOT_JOINED,
    Status.BUSY: LegResult.BUSY,
    Status.NO_ANSWER: LegResult.NO_ANSWER,
    Status.FAILED: LegResult.FAILED,
    Status.CANCELED: LegResult.CANCELED,
}
_BY_WEIGHT = tuple(_RESULT_OF)

_ANSWERED = frozenset({Status.ANSWERED, Status.COMPLETED})
_PICKED_UP = _ANSWERED | {Status.IN_PROGRESS}
_NOT_PICKED_UP = frozenset({Status.QUEUED, Status.RINGING})

_OfLeg = LegStatus | Whispered | Dialled | DialLost


@dataclass(frozen=True, slots=True)
class Leg:
    """All that was reported of one leg, in no order."""

    id: str
    statuses: tuple[LegStatus, ...]
    whispers: tuple[Whispered, ...]
    dials: tuple[Dialled, ...]
    lost: tuple[DialLost, ...]

    @property
    def rung_at(self) -> datetime:
        told: tuple[_OfLeg, ...] = (*self._told, *self.whispers, *self.lost)
        return min(report.at for report in told)

    @property
    def picked_up(self) -> bool:
        return bool(self.whispers) or any(report.status in _PICKED_UP for report in self._told)

    @property
    def picked_up_at(self) -> datetime | None:
        """By the carrier's clock if it told; else by our own, when it asked for the whisper;
        else reckoned back from the end.
        """
        if told := [s.at for s in self.statuses if s.status is Status.IN_PROGRESS]:
            return min(told)
        if self.whispers:
            return min(whisper.at for whisper in self.whispers)
        if self.ended_at is None or not self.duration_s:
            return None
        return self.ended_at - timedelta(seconds=self.duration_s)

    @property
    def over(self) -> bool:
        return bool(self.ends) or any(report.status.is_last for report in self.statuses)

    @property
    def ended_at(self) -> datetime | None:
        told = [report.at for report in self.statuses if report.status.is_last]
        return min(told or (dial.at for dial in self.ends), default=None)

    @property
    def ends(self) -> tuple[Dialled | DialLost, ...]:
        """Of its dial, told of or lost."""
        return *self.dials, *self.lost

    @property
    def duration_s(self) -> int | None:
        """From pick-up to the end, the whisper included."""
        own = [s.duration_s for s in self.statuses if s.duration_s is not None]
        dialled = [dial.duration_s for dial in self.dials if dial.duration_s is not None]
        return max(own or dialled, default=None)

    @property
    def bridged(self) -> bool | None:
        """Whether agent and caller were put through to each other; None while nobody said so.

        DialBridged is the only word on it. Where it was not sent, a dial that completed with a
        duration counts. A leg that nobody picked up, or that lasted no second, was not bridged;
        one that was up for longer than any whisper was, though nobody tells of its dial, or its
        dial tells nothing.
        """
        said = {dial.bridged for dial in self.dials} - {None}
        if said:
            return True in said
        if any(tells_of_talk(dial) for dial in self.dials):
            return any(speaks_of_talk(dial) for dial in self.dials)
        if self.over and not (self.picked_up and self.duration_s != 0):
            return False
        return True if self.over and (self.duration_s or 0) > LONGEST_WHISPER_S else None

    @property
    def may_have_talked(self) -> bool:
        return self.picked_up and self.bridged is None

    @property
    def unanswered_as(self) -> LegResult | None:
        """How a leg that nobody talked on ended, in the carrier's last word on it."""
        if self.picked_up:
            return LegResult.NOT_JOINED
        words = [(told.sequence or 0, told.status) for told in self.statuses]
        words += [(0, dial.status) for dial in self.dials]
        last = [(n, -_BY_WEIGHT.index(word), word) for n, word in words if word.is_last]
        return _RESULT_OF[max(last)[2]] if last else None

    @property
    def _told(self) -> tuple[LegStatus | Dialled, ...]:
        return *self.statuses, *self.dials


def tells_of_talk(dial: Dialled) -> bool:
    """Whether it says if there was one. The carrier leaves the duration out at times; the caller's
    side is picked up when the two are put through, and not before.
    """
    if dial.status not in _ANSWERED or dial.call_status in _NOT_PICKED_UP:
        return True
    return (dial.bridged, dial.duration_s) != (None, None)


def speaks_of_talk(dial: Dialled) -> bool:
    if dial.bridged is not None:
        return dial.bridged
    return dial.status in _ANSWERED and bool(dial.duration_s)


def legs_of(reports: Iterable[Report]) -> tuple[Leg, ...]:
    """In the order in which they are tried. Times do not tell: they are of several clocks."""
    of_legs = [report for report in reports if isinstance(report, _OfLeg)]
    legs = (
        Leg(
            id=leg,
            statuses=tuple(r for r in of_legs if isinstance(r, LegStatus) and r.leg == leg),
            whispers=tuple(r for r in of_legs if isinstance(r, Whispered) and r.leg == leg),
            dials=tuple(r for r in of_legs if isinstance(r, Dialled) and r.leg == leg),
            lost=tuple(r for r in of_legs if isinstance(r, DialLost) and r.leg == leg),
        )
        for leg in {report.leg for report in of_legs}
    )
    return tuple(sorted(legs, key=lambda leg: (leg.id == FALLBACK_LEG, leg.id.zfill(2))))

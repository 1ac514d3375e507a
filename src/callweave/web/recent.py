"""The calls that rang here a moment ago, as far as this process knows: the database may be away."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from callweave.domain.routing.circles import OPEN_WITHIN, WITHIN, Laps
from callweave.domain.routing.plans import MOST_ATTEMPTS, MOST_SECONDS, USUAL_RING
from callweave.telephony.twiml import RING_BUFFER_S, SHORTEST_TIMEOUT_S

MOST_CALLS = 2_000
# Whoever seems to ring for longer rang before somebody set the clock.
_LONGEST = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class _Ring:
    """``sent_on``: to a default destination, by this process alone."""

    caller: str | None
    dialled: str
    at: datetime
    sent_on: bool = False


@dataclass(slots=True)
class RecentCalls:
    """Bounded: where more calls ring at once, the oldest are forgotten."""

    _rings: dict[str, _Ring] = field(default_factory=dict)
    _given: dict[tuple[str, str], str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def rang(self, sid: str, caller: str | None, dialled: str, at: datetime) -> None:
        """The first time counts: the carrier may ask again."""
        with self._lock:
            self._rings.setdefault(sid, _Ring(caller, dialled, at))
            _forget_oldest(self._rings)

    def ended(self, sid: str) -> None:
        with self._lock:
            self._rings.pop(sid, None)

    def send_on(self, sid: str, caller: str | None, dialled: str, at: datetime) -> None:
        """It rings at a default destination now."""
        self.rang(sid, caller, dialled, at)
        with self._lock:
            if sid in self._rings:
                self._rings[sid] = replace(self._rings[sid], sent_on=True)

    def give(self, sid: str, key: str, answer: str) -> None:
        """To this request of a call, without the database."""
        with self._lock:
            self._given[sid, key] = answer
            _forget_oldest(self._given)

    def given(self, sid: str, key: str) -> str | None:
        """What the carrier has heard already, and the database perhaps not yet."""
        with self._lock:
            return self._given.get((sid, key))

    def on_their_way(self, sid: str, caller: str | None, dialled: str, now: datetime) -> Laps:
        """Other calls of this caller, or of all who withhold their numbers, that were sent on.
        Whether they ring yet nobody here knows.
        """
        with self._lock:
            ages = [
                abs(now - ring.at)
                for other, ring in self._rings.items()
                if ring.sent_on
                and other != sid
                and (ring.caller, ring.dialled) == (caller, dialled)
            ]
        return Laps(sum(age < WITHIN for age in ages), sum(age < OPEN_WITHIN for age in ages))

    def ringing_left(self, sid: str, leg: int, now: datetime) -> int:
        """Seconds that somebody else may still ring after so many attempts: 0 for none. A call that
        rang at another process is taken to have rung as long as is usual.
        """
        if leg >= MOST_ATTEMPTS:
            return 0
        with self._lock:
            ring = self._rings.get(sid)
        known = ring and timedelta() <= now - ring.at <= _LONGEST
        passed = now - ring.at if ring and known else leg * timedelta(seconds=USUAL_RING)
        left = MOST_SECONDS - round(passed.total_seconds())
        return left if left >= SHORTEST_TIMEOUT_S + RING_BUFFER_S else 0


def _forget_oldest(known: dict[Any, Any]) -> None:
    if len(known) > MOST_CALLS:
        del known[next(iter(known))]

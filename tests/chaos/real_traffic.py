"""Visitors who call, many at once, and an office that says again what was not acknowledged."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, islice
from threading import Lock

from callweave.simulator.books import Outcome, Owed
from callweave.simulator.browsing import browser
from callweave.simulator.ledger import LedgerCall, Reached
from callweave.simulator.traffic import Journey, Traffic
from callweave.simulator.visitors import JourneyPlan, draw_journey

AT_ONCE = 12
# Calls a second while something is wrong, so that some are left for when it is right again: calls
# take no time here, and whoever is not waited for is answered at once.
RATE_IN_TROUBLE = 6.0
_PATIENCE_S = 90


@dataclass(slots=True)
class Crowd:
    """So many calls; ``over`` counts them as they go."""

    traffic: Traffic
    calls: int
    journeys: list[Future[Journey]] = field(default_factory=list)
    _slowly: bool = False
    _turn: Lock = field(default_factory=Lock)

    @property
    def over(self) -> int:
        return sum(journey.done() for journey in self.journeys)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Calls come in until the last one is over."""
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="visitor")
        try:
            plans = islice(self._plans(), self.calls)
            self.journeys += [pool.submit(self._play, plan) for plan in plans]
            yield
        finally:
            pool.shutdown(cancel_futures=False)

    def wait_for(self, over: int) -> None:
        """Until so many are over."""
        while self.over < min(over, self.calls):
            time.sleep(0.05)

    @contextmanager
    def in_trouble(self) -> Iterator[None]:
        self._slowly = True
        try:
            yield
        finally:
            self._slowly = False

    def owed(self) -> list[Owed]:
        """The outcomes that were acknowledged; what was not is told until it is."""
        played = [journey.result() for journey in self.journeys]
        deadline = time.monotonic() + _PATIENCE_S
        late = [self._tell(journey, deadline) for journey in played if not journey.owed]
        return [owed for owed in (*(each.owed for each in played), *late) if owed]

    def _plans(self) -> Iterator[JourneyPlan]:
        drawn = (draw_journey(self.traffic.seed, n, self.traffic.currency) for n in count())
        return (plan for plan in drawn if plan.call)

    def _play(self, plan: JourneyPlan) -> Journey:
        """The last visit and its first pages: the calls are what is looked at here."""
        with self._turn:
            if self._slowly:
                time.sleep(1 / RATE_IN_TROUBLE)
        last = plan.visits[-1]
        visit = replace(last, pages=last.pages[: 1 + plan.number % 2])
        with browser(self.traffic.shop, plan.consent) as visitor:
            visitor.read(visit)
            return self.traffic.close(plan, visitor)

    def _tell(self, journey: Journey, deadline: float) -> Owed | None:
        outcome = _outcome(journey)
        if journey.call is None or outcome is None:
            return None
        while self.traffic._record(journey.call.sid, outcome):
            if time.monotonic() > deadline:
                return None  # a call that is unknown: then that is what is wrong
            time.sleep(0.5)
        return Owed(journey.call.sid, outcome)


def _outcome(journey: Journey) -> Outcome | None:
    """As the simulator's traffic draws it: see ``simulator.traffic``."""
    call: LedgerCall | None = journey.call
    plan = journey.plan.call
    if call is None or plan is None:
        return None
    if call.answered_by is not None:
        return plan.if_answered
    return plan.if_voicemail if call.reached is Reached.VOICEMAIL else None

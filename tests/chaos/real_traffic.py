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


@dataclass(slots=True)
class Crowd:
    """So many calls; ``over`` counts them as they go."""

    traffic: Traffic
    calls: int
    journeys: list[Future[Journey]] = field(default_factory=list)
    _late: dict[str, Owed] = field(default_factory=dict)
    _slowly: bool = False
    _turn: Lock = field(default_factory=Lock)

    @property
    def over(self) -> int:
        return sum(journey.done() for journey in self.journeys)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Calls come in until the last one is over."""
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="visitor")
        plans = islice(self._plans(), self.calls)
        self.journeys += [pool.submit(self._play, plan) for plan in plans]
        try:
            yield
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        pool.shutdown()

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

    def tell_late(self) -> None:
        """What was not acknowledged is said again."""
        for journey in (each.result() for each in self.journeys):
            call, outcome = journey.call, _outcome(journey)
            if journey.owed or call is None or outcome is None or call.sid in self._late:
                continue
            if self.traffic._record(call.sid, outcome) is None:
                self._late[call.sid] = Owed(call.sid, outcome)

    @property
    def owed(self) -> list[Owed]:
        """The outcomes that were acknowledged."""
        at_once = (journey.result().owed for journey in self.journeys)
        return [*(owed for owed in at_once if owed), *self._late.values()]

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


def _outcome(journey: Journey) -> Outcome | None:
    """As the simulator's traffic draws it: see ``simulator.traffic``."""
    call: LedgerCall | None = journey.call
    plan = journey.plan.call
    if call is None or plan is None:
        return None
    if call.answered_by is not None:
        return plan.if_answered
    return plan.if_voicemail if call.reached is Reached.VOICEMAIL else None

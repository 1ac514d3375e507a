"""Journeys that took days: the visits and calls of many visitors, played in the order of a month.

The service under test has to be told the time: ``travel`` sets its clock to a moment before each
batch. What happens within one batch happens at the same moment, on several threads.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from callweave.simulator.browsing import Browser, browser
from callweave.simulator.chance import chance
from callweave.simulator.traffic import Journey, Traffic
from callweave.simulator.visitors import JourneyPlan, draw_journey

RETURNING_AFTER_DAYS = 4.0  # on average


@dataclass(frozen=True, slots=True)
class Step:
    """The ``visit``-th visit of a journey, and when."""

    at: datetime
    journey: int
    visit: int


@dataclass(frozen=True, slots=True)
class History:
    traffic: Traffic
    travel: Callable[[datetime], None]
    since: datetime
    until: datetime

    def play(self, count: int, at_once: int = 4) -> Iterator[Journey]:
        """Each journey as soon as it is over. To set the clock right again is the caller's part."""
        traffic = self.traffic
        plans = [draw_journey(traffic.seed, n, traffic.currency) for n in range(count)]
        with ExitStack() as open_browsers, ThreadPoolExecutor(at_once) as threads:
            visitors = [
                open_browsers.enter_context(browser(traffic.shop, plan.consent)) for plan in plans
            ]
            for batch in _batches(self._calendar(plans), at_once):
                self.travel(batch[0].at)
                played = threads.map(lambda s: self._take(s, plans, visitors), batch)
                yield from filter(None, played)

    def _take(
        self, step: Step, plans: Sequence[JourneyPlan], visitors: Sequence[Browser]
    ) -> Journey | None:
        """The journey, if this was its last step."""
        plan, visitor = plans[step.journey], visitors[step.journey]
        visitor.read(plan.visits[step.visit])
        if step.visit + 1 < len(plan.visits):
            return None
        return self.traffic.close(plan, visitor)

    def _calendar(self, plans: Sequence[JourneyPlan]) -> list[Step]:
        steps = [step for number, plan in enumerate(plans) for step in self._days(number, plan)]
        return sorted(steps, key=lambda step: (step.at, step.journey))

    def _days(self, number: int, plan: JourneyPlan) -> Iterator[Step]:
        """From the last visit, the one that calls, back to the first."""
        draw = chance(self.traffic.seed, number, "calendar")
        days = (self.until - self.since).days
        at = _by_day(self.until - timedelta(days=draw.triangular(0, days, days / 4)), draw)
        for visit in reversed(range(len(plan.visits))):
            yield Step(max(self.since, min(at, self.until)), number, visit)
            at = _by_day(at - timedelta(days=draw.expovariate(1 / RETURNING_AFTER_DAYS)), draw)


def _by_day(moment: datetime, draw: Random) -> datetime:
    """More by day than by night."""
    hour = draw.triangular(6, 23, 14)
    return moment.replace(hour=int(hour), minute=draw.randrange(60))


def _batches(steps: Sequence[Step], size: int) -> Iterator[list[Step]]:
    """Neighbours in time, of different journeys."""
    batch: list[Step] = []
    for step in steps:
        if len(batch) == size or any(step.journey == other.journey for other in batch):
            yield batch
            batch = []
        batch.append(step)
    if batch:
        yield batch

"""What is counted of visits that did not get what a pool is for: by site, or by pool."""

from collections.abc import Iterator

from callweave.domain.leases.pools import Step
from callweave.storage.lending import Lent, PoolExhausted
from callweave.web.extensions import Parts
from callweave.web.schemas.visits import VisitRequest
from callweave.workflows.count_refusal import Refusal
from callweave.workflows.welcome_visitor import Welcome

_COUNTED = {
    Step.WITHOUT_COOL_DOWN: Refusal.WITHOUT_COOL_DOWN,
    Step.STAND_IN: Refusal.STAND_IN,
}


def shortages(wanted: VisitRequest, welcome: Welcome) -> Iterator[Refusal]:
    """A crowd is counted by a name of its own, whatever it found: how many numbers people need says
    nothing of robots.
    """
    if len(welcome.numbers) < len(wanted.numbers_wanted):
        yield Refusal.UNKNOWN_POOL
    for number in welcome.numbers:
        if isinstance(number, PoolExhausted):
            yield Refusal.HELD_BACK if number.of_crowd else Refusal.POOL_EXHAUSTED
        elif isinstance(number, Lent) and number.of_crowd and welcome.is_new:
            yield Refusal.HELD_BACK
        elif isinstance(number, Lent) and number.step is Step.OVERFLOW and welcome.is_new:
            yield Refusal.SHARED_NUMBER
        elif isinstance(number, Lent) and number.is_new and number.reason == Refusal.NEXT_POOL:
            yield Refusal.NEXT_POOL


def count_steps(here: Parts, welcome: Welcome) -> None:
    """By pool, what the lease book does not tell."""
    for number in welcome.numbers:
        if isinstance(number, Lent) and _is_counted(number):
            here.refused.add(_COUNTED[number.step], number.pool_id)


def _is_counted(number: Lent) -> bool:
    return number.is_new and number.step in _COUNTED and not number.of_crowd

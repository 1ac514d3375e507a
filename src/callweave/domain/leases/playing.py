"""A pool that is played, visitor by visitor, where the formula is too kind.

Erlang's formula is right for a load that stays. Into a rush that has just begun nobody has given a
number back yet, and the first visitors hold all of them: then more go without than it says.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from math import ceil, log, sqrt
from typing import TypeAlias

from callweave.domain.leases.planning import Arrivals, Offered, numbers_for

Luck: TypeAlias = Callable[[], float]
"""The next chance number, from 0 to just below 1."""

# So many give the share of those who go without to a tenth of a per cent, and to half a per cent
# where all of them come in two rushes a day.
_VISITORS = 50_000


def played_share(arrivals: Arrivals, held_s: Sequence[float], numbers: int, luck: Luck) -> float:
    """The share of visitors who find a number free, of some fifty thousand; 1 if nobody comes."""
    held: list[float] = []
    came = served = 0
    for at in _coming(arrivals, luck):
        keeps = held_s[int(luck() * len(held_s))]
        while held and held[0] <= at:
            heapq.heappop(held)
        came += 1
        if len(held) < numbers:
            served += 1
            heapq.heappush(held, at + keeps)
    return served / came if came else 1.0


def numbers_that_hold(
    arrivals: Arrivals,
    held_s: Sequence[float],
    loads: Sequence[Offered],
    share: float,
    same_luck: Callable[[], Luck],
) -> int:
    """What the formula says, or as many more as it takes when the pool is played: bad luck alone,
    within a standard error, is no reason for a number. ``same_luck``: for each try anew.
    """
    numbers = numbers_for(loads, share)
    enough = share - sqrt(share * (1 - share) / _VISITORS)
    while loads and played_share(arrivals, held_s, numbers, same_luck()) < enough:
        numbers += 1 + numbers // 100
    return numbers


def _coming(arrivals: Arrivals, luck: Luck) -> Iterator[float]:
    """When they come, in seconds: a Poisson process whose rate changes step by step, by thinning
    one of the busiest rate (Lewis and Shedler 1979).
    """
    most, steps = arrivals.busiest, len(arrivals.per_hour)
    a_round_s = steps * arrivals.step_s
    visitors = sum(arrivals.per_hour) * arrivals.step_s / 3600
    if not visitors:
        return
    at, end = 0.0, ceil(_VISITORS / visitors) * a_round_s
    while (at := at - log(1 - luck()) / most * 3600) < end:
        if luck() * most < arrivals.per_hour[int(at // arrivals.step_s) % steps]:
            yield at

"""A pool that is played, visitor by visitor, where the formula is too kind.

Erlang's formula is right for a load that stays. Into a rush that has just begun nobody has given a
number back yet, and the first visitors hold all of them: then more go without than it says.
"""

import heapq
from collections.abc import Iterator, Sequence
from math import ceil, sqrt
from random import Random

from callweave.domain.leases.planning import Arrivals, Offered, numbers_for

# So many give the share of those who go without to one or two tenths of a per cent.
_VISITORS = 20_000


def played_share(arrivals: Arrivals, held_s: Sequence[float], numbers: int, draw: Random) -> float:
    """The share of visitors who find a number free, of some twenty thousand; 1 if nobody comes."""
    held: list[float] = []
    came = served = 0
    for at in _coming(arrivals, draw):
        keeps = draw.choice(held_s)
        while held and held[0] <= at:
            heapq.heappop(held)
        came += 1
        if len(held) < numbers:
            served += 1
            heapq.heappush(held, at + keeps)
    return served / came if came else 1.0


def numbers_that_hold(
    arrivals: Arrivals, held_s: Sequence[float], loads: Sequence[Offered], share: float, seed: int
) -> int:
    """What the formula says, or as many more as it takes when the pool is played: bad luck alone,
    within three standard errors, is no reason for a number.
    """
    numbers = numbers_for(loads, share)
    enough = share - 3 * sqrt(share * (1 - share) / _VISITORS)
    while loads:
        luck = Random(seed)  # noqa: S311  nobody gains by guessing it
        if played_share(arrivals, held_s, numbers, luck) >= enough:
            break
        numbers += 1 + numbers // 100
    return numbers


def _coming(arrivals: Arrivals, draw: Random) -> Iterator[float]:
    """When they come, in seconds: a Poisson process whose rate changes step by step, by thinning
    one of the busiest rate (Lewis and Shedler 1979).
    """
    most, steps = arrivals.busiest, len(arrivals.per_hour)
    a_round_s = steps * arrivals.step_s
    visitors = sum(arrivals.per_hour) * arrivals.step_s / 3600
    if not visitors:
        return
    at, end = 0.0, ceil(_VISITORS / visitors) * a_round_s
    while (at := at + draw.expovariate(most / 3600)) < end:
        if draw.random() * most < arrivals.per_hour[int(at // arrivals.step_s) % steps]:
            yield at

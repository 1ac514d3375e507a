"""A pool that is played, visitor by visitor, where the formula is too kind.

Erlang's formula is right for a load that stays. Into a rush that has just begun nobody has given a
number back yet, and the first visitors hold all of them: then more go without than it says.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from math import ceil, log, sqrt
from typing import TypeAlias

from callweave.domain.leases.planning import Arrivals, Offered, numbers_for

Luck: TypeAlias = Callable[[], float]
"""The next chance number, from 0 to just below 1."""

_Stay: TypeAlias = tuple[float, float]  # when somebody comes, and how long they keep a number: s

# So many give the share of those who go without to a tenth of a per cent, and to half a per cent
# where all of them come in two rushes a day.
_VISITORS = 50_000


def played_share(arrivals: Arrivals, held_s: Sequence[float], numbers: int, luck: Luck) -> float:
    """The share of visitors who find a number free, of some fifty thousand; 1 if nobody comes."""
    return _served(list(_stays(arrivals, held_s, luck)), numbers)


def numbers_that_hold(
    arrivals: Arrivals, held_s: Sequence[float], loads: Sequence[Offered], share: float, luck: Luck
) -> int:
    """What the formula says, or as many more as it takes when the pool is played, with the same
    visitors each time: bad luck alone, within a standard error, is no reason for a number.
    """
    numbers = numbers_for(loads, share)
    enough = share - sqrt(share * (1 - share) / _VISITORS)
    stays = list(_stays(arrivals, held_s, luck))
    while _served(stays, numbers) < enough:
        numbers += 1 + numbers // 100
    return numbers


def _served(stays: Sequence[_Stay], numbers: int) -> float:
    ends: list[float] = []
    served = 0
    for at, held in stays:
        while ends and ends[0] <= at:
            heapq.heappop(ends)
        if len(ends) < numbers:
            served += 1
            heapq.heappush(ends, at + held)
    return served / len(stays) if stays else 1.0


def _stays(arrivals: Arrivals, held_s: Sequence[float], luck: Luck) -> Iterator[_Stay]:
    """A Poisson process whose rate changes step by step. It has no memory: where a step begins,
    the wait for the next visitor may as well begin anew, by the rate of that step.
    """
    visitors = sum(arrivals.per_hour) * arrivals.step_s / 3600
    rounds = ceil(_VISITORS / visitors) if visitors else 0
    for nth, per_hour in enumerate(chain.from_iterable(repeat(arrivals.per_hour, rounds))):
        if per_hour:
            end = (nth + 1) * arrivals.step_s
            at = nth * arrivals.step_s + _wait_s(per_hour, luck)
            while at < end:
                yield at, held_s[int(luck() * len(held_s))]
                at += _wait_s(per_hour, luck)


def _wait_s(per_hour: float, luck: Luck) -> float:
    return -log(1 - luck()) * 3600 / per_hour

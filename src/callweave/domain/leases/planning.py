"""How many numbers a pool needs, for a chosen share of visitors to get one of their own.

A pool is a loss system: whoever comes while every number is held gets none, and does not wait.
Erlang's loss formula gives that share for a steady load, whatever the distribution of how long a
number is held. Visitors do not come steadily. So the load at each moment of the week is that of
a pool without end (the mean of the numbers held, from all arrivals until then), the formula is
asked at each moment, and moments weigh as many visitors as come in them: the modified offered
load of Jagerman (1975) and Massey and Whitt (1994).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor
from statistics import fmean

# Fine enough that a load is steady within one, for leases of minutes.
_FINE_S = 300


@dataclass(frozen=True, slots=True)
class Arrivals:
    """New visits an hour in steps of equal length, which repeat: 24 of a day, 168 of a week."""

    per_hour: tuple[float, ...]
    step_s: int = 3600

    def __post_init__(self) -> None:
        if not self.per_hour or self.step_s <= 0 or min(self.per_hour) < 0:
            raise ValueError("arrivals are not negative, and there is at least one step")

    @property
    def busiest(self) -> float:
        return max(self.per_hour)


@dataclass(frozen=True, slots=True)
class Offered:
    """One moment's load: ``erlangs`` numbers would be held on average if there were no end of
    them, and ``weight`` of all visitors come in it.
    """

    erlangs: float
    weight: float


@dataclass(frozen=True, slots=True)
class PoolSize:
    """``exclusive``: the share of visitors who get a number of their own from so many numbers."""

    numbers: int
    exclusive: float


def offered(arrivals: Arrivals, held_s: Sequence[float]) -> list[Offered]:
    """``held_s``: how long numbers were held, in seconds: a sample, or one value for all.

    m(t) = integral over u of rate(t - u) P(held longer than u), at the end of steps of at most
    five minutes; the rate is constant within a step, and the survival function is that of the
    sample, integrated exactly.
    """
    rates, step_s = _fine(arrivals)
    total = sum(rates)
    if not held_s or not total:
        return []
    weights = _survivals(held_s, step_s, len(rates))
    reach = [(nth, weight) for nth, weight in enumerate(weights) if weight]
    loads = (
        sum(rates[now - nth] * weight for nth, weight in reach)  # before the first step: the last
        for now in range(len(rates))
    )
    return [
        Offered(load, rate / total) for load, rate in zip(loads, rates, strict=True) if rate > 0
    ]


def gathered(loads: Sequence[Offered]) -> list[Offered]:
    """Moments of almost the same load as one, so that a large pool is reckoned in a blink.

    Two hundred kinds of moments, fewer for thousands of numbers, where a kind is still narrower
    than the load's own ups and downs.
    """
    highest = max((load.erlangs for load in loads), default=0.0)
    kinds = min(200, max(40, int(200_000 / (highest + 1))))
    alike: dict[int, list[Offered]] = {}
    for load in loads:
        alike.setdefault(round(load.erlangs / highest * kinds) if highest else 0, []).append(load)
    return [_joined(same) for _, same in sorted(alike.items())]


def sizes(loads: Sequence[Offered]) -> Iterator[PoolSize]:
    """For 0, 1, 2 ... numbers, without end, by Erlang's recursion
    B(0) = 1, B(n) = a B(n - 1) / (n + a B(n - 1)).
    """
    lost = [1.0] * len(loads)
    numbers = 0
    while True:
        share = sum(load.weight * blocked for load, blocked in zip(loads, lost, strict=True))
        yield PoolSize(numbers, 1.0 - share)
        numbers += 1
        offers = (load.erlangs * blocked for load, blocked in zip(loads, lost, strict=True))
        lost = [offer / (numbers + offer) for offer in offers]


def numbers_for(loads: Sequence[Offered], share: float) -> int:
    """The smallest pool in which at least ``share`` (below 1) of visitors get their own number."""
    if not 0 <= share < 1:
        raise ValueError("a share of 1 would take numbers without end")
    return next(size.numbers for size in sizes(loads) if size.exclusive >= share)


def shown_again_after_s(arrivals: Arrivals, held_s: Sequence[float], numbers: int) -> float | None:
    """For how long nobody else is shown a number, in the busiest hour: the one that has been free
    the longest is always next, so it is about as long as all the others take; and never shorter
    than numbers are held, since what is held is not lent. None: for ever.
    """
    if not arrivals.busiest or not held_s:
        return None
    return max(numbers / arrivals.busiest * 3600, fmean(held_s))


def _joined(loads: Sequence[Offered]) -> Offered:
    weight = sum(load.weight for load in loads)
    return Offered(sum(load.erlangs * load.weight for load in loads) / weight, weight)


def _fine(arrivals: Arrivals) -> tuple[list[float], float]:
    """Visits a second, in steps of at most five minutes, and how long those are."""
    parts = ceil(arrivals.step_s / _FINE_S)
    rates = [rate / 3600 for rate in arrivals.per_hour for _ in range(parts)]
    return rates, arrivals.step_s / parts


def _survivals(held_s: Sequence[float], step_s: float, steps: int) -> list[float]:
    """Seconds for which a number that was taken n steps ago is still held within one step, on
    average; whatever is held for longer than a whole round adds to the steps that come again.
    """
    found = [0.0] * steps
    for held in held_s:
        whole, rest = floor(held / step_s), held % step_s
        for nth in range(whole):
            found[nth % steps] += step_s
        found[whole % steps] += rest
    return [seconds / len(held_s) for seconds in found]

"""What is said of a pool: how many numbers, what today's number does, and how much more helps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callweave.domain.leases.planning import (
    Arrivals,
    PoolSize,
    gathered,
    offered,
    sizes,
)

# Below this much nothing can be said that will still be true next week.
FEW_VISITS, FEW_DAYS = 200, 7
HIGHEST_SHARE = 0.9999
_STEPS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """``size``: the smallest pool for the chosen share, by Erlang's formula. ``curve``: every size
    from none up to beyond both that one and today's.
    """

    share: float
    size: PoolSize
    today: PoolSize | None
    curve: tuple[PoolSize, ...]

    def landmarks(self) -> tuple[PoolSize, ...]:
        """The sizes worth a row: for each of the usual shares, the chosen one, and today's."""
        wanted = sorted({*_STEPS, self.share})
        found = {self.size, self.today} | {_smallest(self.curve, share) for share in wanted}
        return tuple(sorted((s for s in found if s), key=lambda size: size.numbers))


def plan_pool(
    arrivals: Arrivals, held_s: Sequence[float], share: float, numbers_today: int | None = None
) -> PoolPlan | None:
    """``held_s``: as ``planning.offered`` takes it. None where nobody comes."""
    loads = gathered(offered(arrivals, held_s))
    if not loads:
        return None
    curve = tuple(_until(sizes(loads), max(share, _STEPS[-1]), numbers_today or 0))
    size = _smallest(curve, share)
    if size is None:
        raise ValueError("a share of 1 would take numbers without end")
    return PoolPlan(
        share=share,
        size=size,
        today=None if numbers_today is None else curve[numbers_today],
        curve=curve,
    )


def _until(all_sizes: Iterator[PoolSize], share: float, numbers: int) -> Iterator[PoolSize]:
    """Once all visitors are served, more numbers change nothing, and are not reckoned."""
    for size in all_sizes:
        yield size
        if size.exclusive >= share and size.numbers >= numbers:
            return
        if size.exclusive > 1 - 1e-12:
            yield from (PoolSize(more, 1.0) for more in range(size.numbers + 1, numbers + 1))
            return


def _smallest(curve: Sequence[PoolSize], share: float) -> PoolSize | None:
    return next((size for size in curve if size.exclusive >= share), None)

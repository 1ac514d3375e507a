"""How many numbers a pool is to have: as the formula says, or more where that falls short when the
pool is played.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from callweave.domain.leases.planning import (
    Arrivals,
    PoolSize,
    gathered,
    offered,
    shown_again_after_s,
)
from callweave.domain.leases.playing import Luck, numbers_that_hold
from callweave.domain.leases.pool_plans import PoolPlan, plan_pool


@dataclass(frozen=True, slots=True)
class Advice:
    """``numbers``: as many as it takes when the pool is played, at least the formula's.
    ``again_s``: how long after a visitor was shown one of them somebody else is, in the busiest
    hour; None: never. ``again_today_s``: the same of today's numbers.
    """

    plan: PoolPlan
    numbers: int
    is_played: bool
    again_s: float | None
    again_today_s: float | None

    @property
    def is_rushed(self) -> bool:
        """Whether it takes more than the formula says."""
        return self.numbers > self.plan.size.numbers

    @property
    def size(self) -> PoolSize:
        """What is advised; the formula would promise more of it than comes true in a rush."""
        return PoolSize(self.numbers, self.plan.share) if self.is_rushed else self.plan.size


def advise(
    arrivals: Arrivals,
    held_s: Sequence[float],
    share: float,
    luck: Luck,
    *,
    today: int | None = None,
    most_played: float = float("inf"),
) -> Advice | None:
    """``held_s``: as ``planning.offered`` takes it. ``today``: of how many numbers the pool is.
    Where more than ``most_played`` visits come in a round, a day or a week, the formula speaks
    alone. None where nobody comes.
    """
    plan = plan_pool(arrivals, held_s, share, today)
    if plan is None:
        return None
    numbers = plan.size.numbers
    is_played = sum(arrivals.per_hour) * arrivals.step_s / 3600 <= most_played
    if is_played:
        loads = gathered(offered(arrivals, held_s))
        numbers = numbers_that_hold(arrivals, held_s, loads, share, luck)
    again_s, again_today_s = (
        shown_again_after_s(arrivals, held_s, size) if size else None for size in (numbers, today)
    )
    return Advice(plan, numbers, is_played, again_s, again_today_s)

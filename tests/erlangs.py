"""What the planner's formula says of a pool of a given size."""

from collections.abc import Sequence
from itertools import islice

from callweave.domain.leases.planning import Offered, sizes


def exclusive_share(loads: Sequence[Offered], numbers: int) -> float:
    return next(islice(sizes(loads), numbers, None)).exclusive

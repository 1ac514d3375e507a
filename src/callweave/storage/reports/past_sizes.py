"""How many numbers a pool had in a time that has gone by."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from callweave.storage.numbers import Lease
from callweave.storage.reports.pools import EXCLUSIVE, OVERFLOW, POOLED, PoolLine
from callweave.storage.reports.stays import Whereabouts, now_and_before

# What is told of a pool is told of one size if it had it for so much of the time.
_ALMOST_ALL = 0.9
_MOST = 0.5


@dataclass(frozen=True, slots=True)
class PastSize:
    """``numbers``: what the pool had for longer than any other size, for ``share`` of the time."""

    numbers: int
    share: float
    today: int

    @property
    def mostly(self) -> int | None:
        """None where the pool had no size for most of the time."""
        return self.numbers if self.share > _MOST else None

    @property
    def is_todays(self) -> bool:
        return self.numbers == self.today and self.share >= _ALMOST_ALL


@dataclass(frozen=True, slots=True)
class InPool:
    """A number that was in the pool from ``came_at`` on, and its leases there to one visitor at a
    time: how many, and when the first began.
    """

    id: str
    role: str
    came_at: datetime
    leased_until: datetime
    leases: int
    first: datetime | None

    def term(self, since: datetime, until: datetime) -> tuple[datetime, datetime]:
        """From when until when it was one for visitors: from when it came, or was first lent; a
        released one until its last lease ended, since nothing says when it was released.
        """
        begin = min(self.came_at, self.first or self.came_at)
        return max(since, begin), until if self.role == POOLED else min(until, self.leased_until)


def numbers_of(session: Session, pool: PoolLine, since: datetime) -> list[InPool]:
    """All that the pool ever had, with leases from then on."""
    wanted = now_and_before(lambda of: _lent_often(of, pool, since)).order_by("number_id")
    return [InPool(*row) for row in session.execute(wanted)]


def _lent_often(of: Whereabouts, pool: PoolLine, since: datetime) -> Select[*tuple[Any, ...]]:
    """Each number is looked up by the index: a million leases would be sorted by their numbers."""
    leases = of.had(Lease.number_id, Lease.started_at), Lease.started_at >= since
    own = *leases, Lease.assignment == EXCLUSIVE
    return select(
        of.number_id.label("number_id"),
        of.role,
        of.came_at,
        of.leased_until,
        select(func.count()).where(*own).scalar_subquery(),
        select(func.min(Lease.started_at)).where(*own).scalar_subquery(),
    ).where(of.pool_id == pool.id)


def past_size(numbers: Sequence[InPool], today: int, since: datetime, until: datetime) -> PastSize:
    """An overflow number is in no pool's size."""
    terms = [number.term(since, until) for number in numbers if number.role != OVERFLOW]
    lasted: Counter[int] = Counter()
    for size, length in _stretches(terms, since, until):
        lasted[size] += length // timedelta(microseconds=1)
    if not lasted.total():
        return PastSize(today, 1.0, today)
    size, longest = max(lasted.items(), key=lambda each: each[1])
    return PastSize(size, longest / lasted.total(), today)


def _stretches(
    terms: Sequence[tuple[datetime, datetime]], since: datetime, until: datetime
) -> Iterator[tuple[int, timedelta]]:
    """Sizes one after the other, and how long the pool had each."""
    changes = Counter[datetime]()
    for begin, end in terms:
        if begin < end:
            changes[begin] += 1
            changes[end] -= 1
    numbers, at = 0, since
    for moment in (*sorted(changes), until):
        yield numbers, moment - at
        numbers, at = numbers + changes[moment], moment

"""How pools are used: what stands in them, and who got a number of their own.

Whoever finds no number is lent the overflow number, so a lease on that one is demand which found
none. A pool without an overflow number leaves no lease then, only a count for the whole site.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from callweave.storage.accounts import Refusal, Site
from callweave.storage.numbers import Lease, Number, Pool

DAYS = 28
POOLED, OVERFLOW = "pooled", "overflow"
# As workflows.count_refusal counts a page that found no number; a test holds the two together.
TURNED_AWAY = "pool_exhausted"

_Leases: TypeAlias = dict[tuple[str, bool], int]


@dataclass(frozen=True, slots=True)
class Got:
    """What visitors got: a number of their own; a shared one; or nothing but the page's own.

    ``turned_away`` counts pages, and those of the site's other pools as well, since no lease
    tells of them; it is 0 where there is an overflow number.
    """

    exclusive: int = 0
    shared: int = 0
    turned_away: int = 0

    @property
    def visits(self) -> int:
        return self.exclusive + self.shared

    @property
    def share(self) -> float | None:
        """With a number of their own; at least so many, where some were turned away."""
        came = self.visits + self.turned_away
        return self.exclusive / came if came else None

    def __add__(self, other: "Got") -> "Got":
        return Got(
            self.exclusive + other.exclusive,
            self.shared + other.shared,
            self.turned_away + other.turned_away,
        )


@dataclass(frozen=True, slots=True)
class PoolLine:
    """``numbers``: those that one visitor at a time has, ``lent`` of them just now."""

    id: str
    name: str
    site: Site
    lease_s: int
    numbers: int
    lent: int
    overflow: int
    got: Got


def beginning(zone: str, now: datetime, days: int = DAYS) -> datetime:
    """Midnight of the first of so many days there, today being the last."""
    return datetime.combine(first_day(zone, now, days), time(), ZoneInfo(zone)).astimezone(UTC)


def first_day(zone: str, now: datetime, days: int = DAYS) -> date:
    return now.astimezone(ZoneInfo(zone)).date() - timedelta(days - 1)


def pool_lines(
    session: Session, sites: Sequence[Site], now: datetime, days: int = DAYS
) -> list[PoolLine]:
    """By site, as they are given, and name; leases of the last so many days of each site."""
    leases: _Leases = {}
    away: dict[str, int] = {}
    for zone in {site.time_zone for site in sites}:
        there = [site.id for site in sites if site.time_zone == zone]
        leases |= _leases(session, there, beginning(zone, now, days))
        away |= _turned_away(session, there, first_day(zone, now, days))
    standing = _standing(session, [site.id for site in sites], now)
    return [
        _line(pool, site, counts, leases, away)
        for site in sites
        for pool, counts in standing
        if pool.site_id == site.id
    ]


def _line(
    pool: Pool, site: Site, counts: Sequence[int], leases: _Leases, away: Mapping[str, int]
) -> PoolLine:
    numbers, lent, overflow = counts
    got = Got(
        leases.get((pool.id, False), 0),
        leases.get((pool.id, True), 0),
        0 if overflow else away.get(site.id, 0),
    )
    return PoolLine(pool.id, pool.name, site, pool.lease_s, numbers, lent, overflow, got)


def _standing(
    session: Session, sites: Collection[str], now: datetime
) -> list[tuple[Pool, list[int]]]:
    """Pools with their numbers, how many of those are lent, and overflow numbers."""
    own = Number.role == POOLED
    held = and_(own, Number.visit_id.is_not(None), Number.leased_until > now)
    counted = (func.sum(case((each, 1), else_=0)) for each in (own, held, Number.role == OVERFLOW))
    wanted = (
        select(Pool, *counted)
        .outerjoin(Number, Number.pool_id == Pool.id)
        .where(Pool.site_id.in_(sites))
        .group_by(Pool.id)
        .order_by(Pool.name)
    )
    return [(row[0], [int(times) for times in row[1:]]) for row in session.execute(wanted)]


def _leases(session: Session, sites: Collection[str], since: datetime) -> _Leases:
    """By pool, and whether of an overflow number. It is the number that is asked for its role, so
    the index on number and time has the answer, and no lease is read.
    """
    of_number = (
        select(func.count())
        .where(Lease.number_id == Number.id, Lease.started_at >= since)
        .correlate(Number)
        .scalar_subquery()
    )
    by_number = (
        select(Number.pool_id, (Number.role == OVERFLOW).label("shared"), of_number.label("times"))
        .where(Number.site_id.in_(sites))
        .subquery()
    )
    key = by_number.c.pool_id, by_number.c.shared
    wanted = select(*key, func.sum(by_number.c.times)).group_by(*key)
    return {(pool, bool(shared)): int(times) for pool, shared, times in session.execute(wanted)}


def _turned_away(session: Session, sites: Collection[str], first: date) -> dict[str, int]:
    wanted = (
        select(Refusal.scope, func.sum(Refusal.times))
        .where(Refusal.scope.in_(sites), Refusal.reason == TURNED_AWAY, Refusal.day >= first)
        .group_by(Refusal.scope)
    )
    return {site: int(times) for site, times in session.execute(wanted)}

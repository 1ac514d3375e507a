"""How pools are used: what stands in them, and who got a number of their own.

Whoever finds no number is lent the overflow number, so a shared lease is demand which found
none. One that was held back is not: free numbers were kept from a network that asks for many. A
pool without an overflow number leaves no lease then, only a count for the whole site.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from callweave.domain.leases.pools import Kind
from callweave.storage.accounts import Refusal, Site
from callweave.storage.calls import Call
from callweave.storage.numbers import Lease, Number, Pool
from callweave.storage.reports.stays import Whereabouts, now_and_before

DAYS = 28
POOLED, OVERFLOW = "pooled", "overflow"
# What a lease was, whatever has become of its number since.
KINDS = EXCLUSIVE, SHARED, HELD_BACK = "exclusive", "shared", "held_back"
# As workflows.count_refusal counts a page that found no number; a test holds the two together.
TURNED_AWAY = "pool_exhausted"
# The same, by pool.
STAND_IN, WITHOUT_COOL_DOWN = "stand_in", "without_cool_down"

_Key = TypeVar("_Key")
_Leases: TypeAlias = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Got:
    """What visitors got: a number of their own; a shared one; or nothing but the page's own.

    ``turned_away`` counts pages, and those of the site's other pools as well, since no lease
    tells of them; it is 0 where there is an overflow number. ``stand_in`` got the number of their
    source in place of one of their own; ``without_cool_down`` got theirs, but not a rested one.
    ``held_back`` are left out of all of these: free numbers were kept from their network.
    """

    exclusive: int = 0
    shared: int = 0
    turned_away: int = 0
    stand_in: int = 0
    without_cool_down: int = 0
    held_back: int = 0

    @property
    def visits(self) -> int:
        return self.exclusive + self.shared + self.stand_in

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
            self.stand_in + other.stand_in,
            self.without_cool_down + other.without_cool_down,
            self.held_back + other.held_back,
        )


@dataclass(frozen=True, slots=True)
class PoolLine:
    """``numbers``: those that one visitor at a time has, ``lent`` of them just now; of a pool that
    lends none, all of them. ``calls`` came to any of its numbers.
    """

    id: str
    name: str
    site: Site
    kind: Kind
    lease_s: int
    numbers: int
    lent: int
    overflow: int
    got: Got
    calls: int

    @property
    def lends(self) -> bool:
        return self.kind is Kind.VISITOR


def beginning(zone: str, now: datetime, days: int = DAYS) -> datetime:
    """Midnight of the first of so many days there, today being the last."""
    return datetime.combine(first_day(zone, now, days), time(), ZoneInfo(zone)).astimezone(UTC)


def first_day(zone: str, now: datetime, days: int = DAYS) -> date:
    return now.astimezone(ZoneInfo(zone)).date() - timedelta(days - 1)


def pool_lines(
    session: Session, sites: Sequence[Site], now: datetime, days: int = DAYS
) -> list[PoolLine]:
    """By site, as they are given, and name; leases of the last so many days of each site."""
    counts = _Counts({}, {}, {}, {})
    for zone in {site.time_zone for site in sites}:
        there = [site.id for site in sites if site.time_zone == zone]
        since, first = beginning(zone, now, days), first_day(zone, now, days)
        counts.leases.update(_leases(session, there, since))
        counts.away.update(_turned_away(session, there, first))
        counts.steps.update(steps_of(session, _pools_of(there), first))
        counts.calls.update(_calls(session, there, since))
    standing = _standing(session, [site.id for site in sites], now)
    return [
        _line(pool, site, numbers, counts)
        for site in sites
        for pool, numbers in standing
        if pool.site_id == site.id
    ]


@dataclass(frozen=True, slots=True)
class _Counts:
    """``away`` by site, all others by pool."""

    leases: _Leases
    away: dict[str, int]
    steps: dict[tuple[str, date, str], int]
    calls: dict[str, int]

    def step(self, pool: str, reason: str) -> int:
        return sum(n for (of, _, why), n in self.steps.items() if (of, why) == (pool, reason))


def _line(pool: Pool, site: Site, standing: Sequence[int], counts: _Counts) -> PoolLine:
    numbers, lent, overflow = standing
    kind = Kind(pool.kind)
    lends = kind is Kind.VISITOR
    got = Got(
        counts.leases.get((pool.id, EXCLUSIVE), 0),
        counts.leases.get((pool.id, SHARED), 0),
        counts.away.get(site.id, 0) if lends and not overflow else 0,
        counts.step(pool.id, STAND_IN),
        counts.step(pool.id, WITHOUT_COOL_DOWN),
        counts.leases.get((pool.id, HELD_BACK), 0),
    )
    return PoolLine(
        pool.id,
        pool.name,
        site,
        kind,
        pool.lease_s,
        numbers if lends else overflow,
        lent,
        overflow if lends else 0,
        got,
        counts.calls.get(pool.id, 0),
    )


def _pools_of(sites: Collection[str]) -> Select[str]:
    return select(Pool.id).where(Pool.site_id.in_(sites))


def steps_of(
    session: Session, pools: Select[str] | Collection[str], first: date
) -> dict[tuple[str, date, str], int]:
    """What the lease book does not tell of pools, by pool, day (UTC) and reason."""
    wanted = select(Refusal).where(
        Refusal.scope.in_(pools),
        Refusal.reason.in_([STAND_IN, WITHOUT_COOL_DOWN]),
        Refusal.day >= first,
    )
    return {(row.scope, row.day, row.reason): row.times for row in session.scalars(wanted)}


def _calls(session: Session, sites: Collection[str], since: datetime) -> dict[str, int]:
    accounts = select(Site.account_id).where(Site.id.in_(sites))

    def ask(of: Whereabouts) -> Select[str, int]:
        return (
            select(of.pool_id, func.count())
            .join(Call, of.had(Call.number_id, Call.rung_at))
            .where(Call.account_id.in_(accounts), Call.rung_at >= since)
            .where(of.pool_id.in_(_pools_of(sites)))
            .group_by(of.pool_id)
        )

    return _summed((pool, times) for pool, times in session.execute(now_and_before(ask)))


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
    """By pool and assignment. The lease says which it was: its number's role is today's."""

    def ask(of: Whereabouts) -> Select[*tuple[Any, ...]]:
        return (
            select(of.pool_id, *counted())
            .join(Lease, of.had(Lease.number_id, Lease.started_at))
            .where(Lease.started_at >= since, of.pool_id.in_(_pools_of(sites)))
            .group_by(of.pool_id)
        )

    return _summed(
        ((pool, how), times)
        for pool, *counts in session.execute(now_and_before(ask))
        for how, times in zip(KINDS, counts, strict=True)
    )


def counted() -> list[ColumnElement[int]]:
    """Leases of each kind, side by side: it takes longer to group them by kind."""
    return [func.count().filter(Lease.assignment == kind) for kind in KINDS]


def _summed(counts: Iterable[tuple[_Key, int]]) -> dict[_Key, int]:
    found = Counter[_Key]()
    for key, times in counts:
        found[key] += times
    return found


def _turned_away(session: Session, sites: Collection[str], first: date) -> dict[str, int]:
    wanted = (
        select(Refusal.scope, func.sum(Refusal.times))
        .where(Refusal.scope.in_(sites), Refusal.reason == TURNED_AWAY, Refusal.day >= first)
        .group_by(Refusal.scope)
    )
    return {site: int(times) for site, times in session.execute(wanted)}

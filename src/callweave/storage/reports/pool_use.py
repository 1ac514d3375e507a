"""Who came to one pool hour by hour, for how long numbers were held, and day by day who got one."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    String,
    TextClause,
    func,
    literal_column,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import Session

from callweave.domain.leases.planning import Arrivals
from callweave.storage.accounts import Refusal
from callweave.storage.base import UtcDateTime
from callweave.storage.numbers import HELD_BACK, Lease, Number
from callweave.storage.reports.pools import (
    DAYS,
    OVERFLOW,
    STAND_IN,
    TURNED_AWAY,
    WITHOUT_COOL_DOWN,
    Got,
    PoolLine,
    beginning,
    steps_of,
)

MOST_HELD = 500
_A_DAY_H, _A_WEEK_H = 24, 168
# Every zone's hours begin on a quarter of an hour of UTC.
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PoolUse:
    """``since`` is when the first lease of the time asked for began, at most a quarter of an hour
    before. ``arrivals`` are by hour of the week, from Monday on, in the site's time zone; by hour
    of the day before a week has gone by. ``held_s``: for how long numbers were held, in seconds,
    of a sample; the pool's own lease time where there is none.
    """

    zone: str
    since: datetime
    until: datetime
    arrivals: Arrivals
    held_s: tuple[float, ...]
    days: tuple[tuple[date, Got], ...]

    @property
    def got(self) -> Got:
        return sum((got for _, got in self.days), Got())

    @property
    def length(self) -> timedelta:
        return self.until - self.since


def pool_use(session: Session, pool: PoolLine, now: datetime, days: int = DAYS) -> PoolUse | None:
    """Of the last so many days; None where nobody was lent a number."""
    zone = ZoneInfo(pool.site.time_zone)
    since = beginning(zone.key, now, days)
    first_here = since.astimezone(zone).date()
    has_steps = pool.got.stand_in or pool.got.without_cool_down
    steps = steps_of(session, [pool.id], first_here) if has_steps else {}
    own, shared, held_back = _came(session, pool, since)
    if not own and not shared:
        return None
    first = min([*own, *shared])
    away = {} if pool.overflow else _turned_away(session, pool.site.id, first_here)
    return PoolUse(
        zone.key,
        first,
        now,
        _arrivals(own + shared, first, now, zone),
        _held(session, pool, since, own.total()) or (float(pool.lease_s),),
        tuple(
            _days(
                _by_day(own, zone),
                _by_day(shared, zone),
                _by_day(held_back, zone),
                away,
                steps,
                now.astimezone(zone).date(),
            )
        ),
    )


def _came(
    session: Session, pool: PoolLine, since: datetime
) -> tuple[Counter[datetime], Counter[datetime], Counter[datetime]]:
    """Who got a number of their own, who shared one, and who was held back."""
    is_shared = Number.role == OVERFLOW
    shared, held_back = _by_quarter(session, pool, since, is_shared), Counter[datetime]()
    if pool.got.held_back:
        held_back = _by_quarter(session, pool, since, is_shared, text(HELD_BACK))
        shared -= held_back
    return _by_quarter(session, pool, since, ~is_shared), shared, held_back


def _by_quarter(
    session: Session,
    pool: PoolLine,
    since: datetime,
    role: ColumnElement[bool],
    *of_lease: ColumnElement[bool] | TextClause,
) -> Counter[datetime]:
    """New leases by the quarter of an hour in which they began. The numbers' role is asked, and
    only those held back have an index: so indexes have the answer, and no lease is read.
    """
    numbers = select(Number.id).where(Number.pool_id == pool.id, role)
    quarter = _quarter(session)
    wanted = (
        select(quarter, func.count())
        .where(Lease.number_id.in_(numbers), Lease.started_at >= since, *of_lease)
        .group_by(quarter)
    )
    return Counter({_read(found): times for found, times in session.execute(wanted)})


def _quarter(session: Session) -> ColumnElement[Any]:
    """A time; on SQLite ``2026-11-18 12:2`` for the quarter that begins at 12:30 UTC."""
    if session.get_bind().dialect.name == "sqlite":
        kept = type_coerce(Lease.started_at, String)
        nth = func.substr(kept, 15, 2).op("/")(literal_column("15"))
        return func.substr(kept, literal_column("1"), literal_column("14")).concat(nth)
    length: ColumnElement[Any] = literal_column("interval '15 minutes'")
    origin: ColumnElement[Any] = literal_column("timestamptz '2000-01-01 00:00+00'")
    return func.date_bin(length, Lease.started_at, origin, type_=UtcDateTime())


def _read(quarter: datetime | str) -> datetime:
    if isinstance(quarter, datetime):
        return quarter
    return datetime.fromisoformat(f"{quarter[:14]}{15 * int(quarter[14:]):02}").replace(tzinfo=UTC)


def _arrivals(
    came: Counter[datetime], first: datetime, until: datetime, zone: ZoneInfo
) -> Arrivals:
    """An hour that has not been seen, in the first day, is taken for a usual one. The quarter of
    an hour that is still going counts in full: a visit in its first second is no rush.
    """
    steps = _A_WEEK_H if until - first >= timedelta(days=7) else _A_DAY_H
    visits, hours = [0] * steps, [0.0] * steps
    at = first
    while at < max(until, first + _QUARTER):
        local = at.astimezone(zone)
        nth = (24 * local.weekday() + local.hour) % steps
        visits[nth] += came[at]
        hours[nth] += _QUARTER / timedelta(hours=1)
        at += _QUARTER
    usual = sum(visits) / sum(hours)
    return Arrivals(tuple(n / h if h else usual for n, h in zip(visits, hours, strict=True)))


def _held(session: Session, pool: PoolLine, since: datetime, leases: int) -> tuple[float, ...]:
    """Of a few numbers all leases, or the latest: numbers take turns, so any few are like all."""
    enough = ceil(2 * MOST_HELD * pool.numbers / max(leases, 1))
    few = (
        select(Number.id)
        .where(Number.pool_id == pool.id, Number.role != OVERFLOW)
        .order_by(Number.id)
        .limit(enough)
    )
    wanted = (
        select(Lease.started_at, Lease.expires_at)
        .where(Lease.number_id.in_(few), Lease.started_at >= since)
        .order_by(Lease.started_at.desc())
        .limit(4 * MOST_HELD)
    )
    held = sorted((until - at).total_seconds() for at, until in session.execute(wanted))
    return tuple(held[:: ceil(len(held) / MOST_HELD) or 1])


def _turned_away(session: Session, site_id: str, first: date) -> dict[date, int]:
    wanted = select(Refusal.day, Refusal.times).where(
        Refusal.scope == site_id, Refusal.reason == TURNED_AWAY, Refusal.day >= first
    )
    return {row.day: row.times for row in session.execute(wanted)}


def _by_day(came: Counter[datetime], zone: ZoneInfo) -> Counter[date]:
    found: Counter[date] = Counter()
    for at, times in came.items():
        found[at.astimezone(zone).date()] += times
    return found


def _days(
    own: Counter[date],
    shared: Counter[date],
    held_back: Counter[date],
    away: Mapping[date, int],
    steps: Mapping[tuple[str, date, str], int],
    last: date,
) -> Iterator[tuple[date, Got]]:
    by_day = {(day, reason): times for (_, day, reason), times in steps.items()}
    first = min([*own, *shared, *held_back, *away])
    for day in (first + timedelta(nth) for nth in range((last - first).days + 1)):
        stand_in, hurried = (by_day.get((day, why), 0) for why in (STAND_IN, WITHOUT_COOL_DOWN))
        yield (
            day,
            Got(own[day], shared[day], away.get(day, 0), stand_in, hurried, held_back[day]),
        )

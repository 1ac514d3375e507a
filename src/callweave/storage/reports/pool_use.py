"""Who came to one pool hour by hour, for how long numbers were held, and day by day who got one."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    desc,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from callweave.domain.leases.planning import Arrivals
from callweave.storage.accounts import Refusal
from callweave.storage.base import UtcDateTime
from callweave.storage.numbers import Lease
from callweave.storage.reports.past_sizes import InPool, PastSize, numbers_of, past_size
from callweave.storage.reports.pools import (
    DAYS,
    EXCLUSIVE,
    HELD_BACK,
    KINDS,
    SHARED,
    STAND_IN,
    TURNED_AWAY,
    WITHOUT_COOL_DOWN,
    Got,
    PoolLine,
    beginning,
    counted,
    steps_of,
)
from callweave.storage.reports.stays import Whereabouts, now_and_before

MOST_HELD = 500
_A_DAY_H, _A_WEEK_H = 24, 168
# Every zone's hours begin on a quarter of an hour of UTC.
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PoolUse:
    """``since`` is when the first lease of the time asked for began, at most a quarter of an hour
    before. ``arrivals`` are by hour of the week, from Monday on, in the site's time zone; by hour
    of the day before a week has gone by. ``held_s``: for how long numbers were held, in seconds,
    of a sample; the pool's own lease time, only assumed, where there is none. ``size``: of the pool
    in that time.
    """

    zone: str
    since: datetime
    until: datetime
    arrivals: Arrivals
    held_s: tuple[float, ...]
    days: tuple[tuple[date, Got], ...]
    size: PastSize
    held_is_assumed: bool = False

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
    came = _by_quarter(session, pool, since)
    own, shared = came[EXCLUSIVE], came[SHARED]
    if not own and not shared:
        return None
    first = min([*own, *shared])
    by_day = {how: _by_day(came[how], zone) for how in (EXCLUSIVE, SHARED, HELD_BACK)}
    numbers = numbers_of(session, pool, since)
    held_s, today = _held(session, pool, numbers, since), now.astimezone(zone).date()
    away = {} if pool.overflow else _turned_away(session, pool.site.id, first_here)
    return PoolUse(
        zone.key,
        first,
        now,
        _arrivals(own + shared, first, now, zone),
        held_s or (float(pool.lease_s),),
        tuple(_days(by_day, away, steps, today)),
        past_size(numbers, pool.numbers, first, now),
        held_is_assumed=not held_s,
    )


def _by_quarter(
    session: Session, pool: PoolLine, since: datetime
) -> Mapping[str, Counter[datetime]]:
    """New leases by assignment and the quarter of an hour in which they began."""
    quarter = _quarter(session)

    def ask(of: Whereabouts) -> Select[*tuple[Any, ...]]:
        return (
            select(quarter, *counted())
            .join(of.table, of.had(Lease.number_id, Lease.started_at))
            .where(of.pool_id == pool.id, Lease.started_at >= since)
            .group_by(quarter)
        )

    came: dict[str, Counter[datetime]] = defaultdict(Counter)
    for found, *counts in session.execute(now_and_before(ask)):
        for kind, times in zip(KINDS, counts, strict=True):
            if times:
                came[kind][_read(found)] += times
    return came


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


def _held(
    session: Session, pool: PoolLine, numbers: Sequence[InPool], since: datetime
) -> tuple[float, ...]:
    """Of a few numbers all leases, or the latest: numbers take turns, so any few are like all."""
    few = _enough(numbers)

    def ask(of: Whereabouts) -> Select[datetime, datetime]:
        return (
            select(Lease.started_at.label("at"), Lease.expires_at)
            .join(of.table, of.had(Lease.number_id, Lease.started_at))
            .where(of.pool_id == pool.id, Lease.number_id.in_(few))
            .where(Lease.started_at >= since, Lease.assignment == EXCLUSIVE)
        )

    latest = now_and_before(ask).order_by(desc("at")).limit(4 * MOST_HELD)
    held = sorted((until - at).total_seconds() for at, until in session.execute(latest))
    return tuple(held[:: ceil(len(held) / MOST_HELD) or 1])


def _enough(numbers: Sequence[InPool]) -> list[str]:
    """The first that together were lent often enough for a sample."""
    few, leases = [], 0
    for number in numbers:
        if number.leases and leases < 2 * MOST_HELD:
            few.append(number.id)
            leases += number.leases
    return few


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
    came: Mapping[str, Counter[date]],
    away: Mapping[date, int],
    steps: Mapping[tuple[str, date, str], int],
    last: date,
) -> Iterator[tuple[date, Got]]:
    by_day = {(day, reason): times for (_, day, reason), times in steps.items()}
    first = min(chain(*came.values(), away))
    for day in (first + timedelta(nth) for nth in range((last - first).days + 1)):
        own, shared, held_back = (came[how][day] for how in (EXCLUSIVE, SHARED, HELD_BACK))
        stand_in, hurried = (by_day.get((day, why), 0) for why in (STAND_IN, WITHOUT_COOL_DOWN))
        yield day, Got(own, shared, away.get(day, 0), stand_in, hurried, held_back)

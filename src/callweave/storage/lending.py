"""Lending numbers: prepared statements, and the few moves made of them.

The claim takes the pooled number that has been free the longest and is one statement, so
there is no moment between looking and taking. PostgreSQL skips rows that another claim
holds; SQLite's ``BEGIN IMMEDIATE`` lets one claim in at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update

from callweave.domain.leases import renewal_is_due
from callweave.storage.base import UtcDateTime
from callweave.storage.numbers import Lease, Number
from callweave.storage.prepared import HotTransaction, Prepared
from callweave.storage.sites import PoolFacts, ShownNumber

_now = bindparam("now", type_=UtcDateTime())
_SHOWN = (Number.id, Number.e164, Number.national, Number.international)

_longest_free = (
    select(Number.id)
    .where(
        Number.pool_id == bindparam("pool"),
        Number.role == "pooled",
        Number.leased_until <= _now,
    )
    .order_by(Number.leased_until)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
CLAIM = Prepared(
    update(Number)
    .where(Number.id == _longest_free)
    .values(visit_id=bindparam("visit"), lease_id=bindparam("lease"), leased_until=bindparam("til"))
    .returning(*_SHOWN)
)
HELD = Prepared(
    select(*_SHOWN, Number.lease_id, Number.leased_until).where(
        Number.visit_id == bindparam("visit"), Number.pool_id == bindparam("pool")
    )
)
RENEW = Prepared(
    update(Number)
    .where(Number.id == bindparam("number"), Number.visit_id == bindparam("visit"))
    .values(leased_until=bindparam("til"))
)
WRITE_LEASE = Prepared(
    insert(Lease).values(
        id=bindparam("lease"),
        number_id=bindparam("number"),
        visit_id=bindparam("visit"),
        assignment=bindparam("assignment"),
        started_at=_now,
        expires_at=bindparam("til"),
    )
)
EXTEND_LEASE = Prepared(
    update(Lease).where(Lease.id == bindparam("lease")).values(expires_at=bindparam("til"))
)
SHARED_LEASES = Prepared(
    select(Lease.id, Lease.number_id, Lease.expires_at).where(
        Lease.visit_id == bindparam("visit"), Lease.assignment == "shared"
    )
)


@dataclass(frozen=True, slots=True)
class Lent:
    """A number lent to a visit: ``assignment`` is exclusive or shared."""

    pool: str
    number: ShownNumber
    assignment: str


@dataclass(frozen=True, slots=True)
class PoolExhausted:
    """No number was free and the pool declares no overflow."""

    pool: str


def lend(
    tx: HotTransaction, pool_name: str, pool: PoolFacts, visit: str, lease: str, now: datetime
) -> Lent | PoolExhausted:
    """The visit's number of this pool: the one it holds, else the longest free, else shared.

    ``lease`` is the id for a new line in the lease book, used only when one is written.
    """
    until = now + timedelta(seconds=pool.lease_s)
    held = tx.row(HELD, visit=visit, pool=pool.id)
    if held and _renewed(tx, visit, Held(held[0], held[4], held[5]), until, now):
        return Lent(pool_name, ShownNumber(*held[1:4]), "exclusive")
    if pool.overflow and _share_renewed(tx, pool.overflow_id, visit, until, now):
        return Lent(pool_name, pool.overflow, "shared")
    claimed = tx.row(CLAIM, pool=pool.id, visit=visit, lease=lease, til=until, now=now)
    if claimed:
        _write(tx, Line(lease, claimed[0], visit, "exclusive"), now, until)
        return Lent(pool_name, ShownNumber(*claimed[1:4]), "exclusive")
    if pool.overflow is None:
        return PoolExhausted(pool_name)
    _write(tx, Line(lease, pool.overflow_id, visit, "shared"), now, until)
    return Lent(pool_name, pool.overflow, "shared")


def renew_all(tx: HotTransaction, visit: str, lease_s: Mapping[str, int], now: datetime) -> None:
    """Renews whatever the visit holds; ``lease_s``: a lease's length in seconds, by pool id."""
    longest = now + timedelta(seconds=max(lease_s.values(), default=0))
    for pool, seconds in lease_s.items():
        held = tx.row(HELD, visit=visit, pool=pool)
        if held:
            until = now + timedelta(seconds=seconds)
            _renewed(tx, visit, Held(held[0], held[4], held[5]), until, now)
    for lease, _number, expires_at in tx.rows(SHARED_LEASES, visit=visit):
        if renewal_is_due(expires_at, now, longest - now):
            tx.run(EXTEND_LEASE, lease=lease, til=longest)


@dataclass(frozen=True, slots=True)
class Held:
    number: str
    lease: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Line:
    lease: str
    number: str | None
    visit: str
    assignment: str


def _renewed(tx: HotTransaction, visit: str, held: Held, until: datetime, now: datetime) -> bool:
    """False when the lease had lapsed and somebody else has the number by now."""
    if not renewal_is_due(held.until, now, until - now):
        return True
    if tx.run(RENEW, number=held.number, visit=visit, til=until) == 0:
        return False
    tx.run(EXTEND_LEASE, lease=held.lease, til=until)
    return True


def _share_renewed(
    tx: HotTransaction, overflow: str | None, visit: str, until: datetime, now: datetime
) -> bool:
    for lease, number, expires_at in tx.rows(SHARED_LEASES, visit=visit):
        if number == overflow:
            if renewal_is_due(expires_at, now, until - now):
                tx.run(EXTEND_LEASE, lease=lease, til=until)
            return True
    return False


def _write(tx: HotTransaction, line: Line, now: datetime, until: datetime) -> None:
    tx.run(
        WRITE_LEASE,
        lease=line.lease,
        number=line.number,
        visit=line.visit,
        assignment=line.assignment,
        now=now,
        til=until,
    )

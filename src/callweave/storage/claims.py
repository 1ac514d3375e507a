"""The statements with which numbers are lent, and the lease book is kept.

The claim takes the pooled number that has been free the longest and is one statement, so
there is no moment between looking and taking. PostgreSQL skips rows that another claim
holds; SQLite's ``BEGIN IMMEDIATE`` lets one claim in at a time.
"""

from typing import Any

from sqlalchemy import (
    Integer,
    String,
    and_,
    bindparam,
    case,
    exists,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from callweave.storage.base import UtcDateTime
from callweave.storage.numbers import Lease, Number
from callweave.storage.prepared import HotTransaction, Prepared

_now = bindparam("now", type_=UtcDateTime())
_SHOWN = (Number.id, Number.e164, Number.national, Number.international)

_free = (
    Number.pool_id == bindparam("pool"),
    Number.role == "pooled",
    Number.leased_until <= _now,
)
_longest_free = (
    select(Number.id)
    .where(*_free)
    .order_by(Number.leased_until)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_BOOKED = ("id", "number_id", "visit_id", "assignment", "started_at", "expires_at")


class Claim:
    """Takes a number and writes the lease down: where the database can, both at once."""

    def __init__(self, taking: ReturningUpdate[*tuple[Any, ...]]) -> None:
        taken = taking.cte("taken")
        line = select(
            bindparam("lease", type_=String()),
            taken.c.id,
            bindparam("visit", type_=String()),
            literal("exclusive"),
            _now,
            bindparam("til", type_=UtcDateTime()),
        )
        booked = insert(Lease).from_select(_BOOKED, line).cte("booked")
        self.taking = Prepared(taking)
        self._both = Prepared(select(taken).add_cte(booked))

    def row(self, tx: HotTransaction, **values: Any) -> tuple[Any, ...] | None:
        """The number's id, its three shapes, and since when it was free. Nothing that was ``put``
        before may be of the same rows.
        """
        if tx.is_asked_little:
            return tx.row_beside(self._both, **values)
        taken = tx.row(self.taking, **values)
        if taken:
            tx.put(WRITE_LEASE, assignment="exclusive", number=taken[0], **values)
        return taken


_TAKEN: dict[str, Any] = {
    "visit_id": bindparam("visit"),
    "lease_id": bindparam("lease"),
    "leased_until": bindparam("til"),
}
_claim = (
    update(Number)
    .where(Number.id == _longest_free)
    .values(free_since=case((Number.visit_id.is_not(None), Number.leased_until)), **_TAKEN)
    .returning(*_SHOWN, Number.free_since)
)
CLAIM = Claim(_claim)
_beyond_reserve = (
    select(Number.id)
    .where(*_free)
    .order_by(Number.leased_until)
    .limit(1)
    .offset(bindparam("reserve", type_=Integer()))
)
# Two who ask in the same moment may both get the last number before the reserve: it is kept for
# those who were paid for, not counted.
CLAIM_BESIDES_RESERVE = Claim(_claim.where(exists(_beyond_reserve.correlate(None))))
# The same without a claim: whether somebody would be lent one.
FREE_BESIDES_RESERVE = Prepared(_beyond_reserve)
# The visitor's own number from the visit before, whether that has ended or not, as long as nobody
# else has been lent it.
TAKE_ALONG = Prepared(
    update(Number)
    .where(Number.pool_id == bindparam("pool"), Number.visit_id == bindparam("earlier"))
    .values(**_TAKEN)
    .returning(*_SHOWN)
)
END_LEASE = Prepared(
    update(Lease)
    .where(
        Lease.visit_id == bindparam("earlier"),
        Lease.number_id == bindparam("number"),
        Lease.expires_at > _now,
    )
    .values(expires_at=_now)
)
# By the lease book, where visits have an index.
HELD_BY_VISIT = (
    select(Number.pool_id, *_SHOWN, Number.lease_id, Number.leased_until)
    .join(Lease, and_(Lease.number_id == Number.id, Lease.id == Number.lease_id))
    .where(Lease.visit_id == bindparam("visit"), Number.visit_id == bindparam("visit"))
)
HELD = Prepared(HELD_BY_VISIT)
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
    select(Lease.id, Lease.number_id, Lease.assignment, Lease.expires_at).where(
        Lease.visit_id == bindparam("visit"), Lease.assignment != "exclusive"
    )
)

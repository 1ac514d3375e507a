"""The statements with which numbers are lent, and the lease book is kept.

The claim takes the pooled number that has been free the longest and is one statement, so
there is no moment between looking and taking. PostgreSQL skips rows that another claim
holds; SQLite's ``BEGIN IMMEDIATE`` lets one claim in at a time.
"""

from typing import Any

from sqlalchemy import Integer, bindparam, case, exists, insert, select, update

from callweave.storage.base import UtcDateTime
from callweave.storage.numbers import Lease, Number
from callweave.storage.prepared import Prepared

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
CLAIM = Prepared(_claim)
# Two who ask in the same moment may both get the last number before the reserve: it is kept for
# those who were paid for, not counted.
CLAIM_BESIDES_RESERVE = Prepared(
    _claim.where(
        exists(
            select(Number.id)
            .where(*_free)
            .order_by(Number.leased_until)
            .limit(1)
            .offset(bindparam("reserve", type_=Integer()))
            .correlate(None)
        )
    )
)
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

"""Lending numbers: the few moves that are made of its statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callweave.domain.leases import renewal_is_due
from callweave.domain.leases.pools import Step
from callweave.domain.matching import Assignment
from callweave.storage import claims
from callweave.storage.prepared import HotTransaction
from callweave.storage.sites import PoolFacts, ShownNumber


@dataclass(frozen=True, slots=True)
class Lent:
    """A number lent to a visit that asked for one by the name ``pool``; ``pool_id`` is the pool
    whose turn it was, be the number another's that stands in. ``is_new`` where a line of the lease
    book was written for it; ``is_next`` where another pool that fits had nothing left;
    ``of_crowd``: shown to many, among them too many from this visit's network.
    """

    pool: str
    number: ShownNumber
    step: Step
    pool_id: str
    lease_s: int
    is_new: bool
    is_next: bool = False
    of_crowd: bool = False

    @property
    def is_alone(self) -> bool:
        return self.step in {Step.EXCLUSIVE, Step.WITHOUT_COOL_DOWN}

    @property
    def assignment(self) -> str:
        """As pages are told."""
        return "exclusive" if self.is_alone else "shared"

    @property
    def reason(self) -> str:
        """As pages are told."""
        if not self.is_next or self.step is Step.HELD_BACK:
            return self.step.value
        return "next_pool" if self.is_alone else "next_overflow"


@dataclass(frozen=True, slots=True)
class Held:
    """The number (its id) that a visit has for itself; ``lease`` is its line in the book."""

    number: str
    shown: ShownNumber
    lease: str
    until: datetime


@dataclass(frozen=True, slots=True)
class PoolExhausted:
    """No pool that fits had a number free, or declares an overflow. ``of_crowd``: too many come
    from this visit's network; ``held_back``: one had, and kept it from them.
    """

    pool: str
    pool_id: str
    held_back: bool = False
    of_crowd: bool = False


@dataclass(frozen=True, slots=True)
class Borrower:
    """``earlier``: the visit of the same visitor before this one; ``paid``: for whose coming
    somebody paid. ``crowded``: so many come from their network that half a pool is kept from them.
    """

    visit: str
    earlier: str | None
    paid: bool
    crowded: bool


def numbers_held(tx: HotTransaction, visit: str) -> dict[str, Held]:
    return held_by_pool(tx.rows(claims.HELD, visit=visit))


def held_by_pool(rows: Iterable[tuple[Any, ...]]) -> dict[str, Held]:
    """Of what `claims.HELD_BY_VISIT` finds."""
    return {
        pool: Held(number, ShownNumber(*shapes), lease, until)
        for pool, number, *shapes, lease, until in rows
    }


def held_alone(
    tx: HotTransaction, name: str, pool: PoolFacts, visit: str, held: Held, now: datetime
) -> Lent | None:
    """The number of this pool that the visit has already, renewed."""
    if _renewed(tx, visit, held, _until(pool, now), now):
        return _lent(name, pool, held.shown, Step.EXCLUSIVE, is_new=False)
    return None


def claim(
    tx: HotTransaction, name: str, pool: PoolFacts, borrower: Borrower, lease: str, now: datetime
) -> Lent | None:
    """A number for nobody else: the one that the visitor had before, or the longest free."""
    earlier, until = borrower.earlier, _until(pool, now)
    asked = {"pool": pool.id, "visit": borrower.visit, "lease": lease, "til": until}
    if earlier and (taken := tx.row(claims.TAKE_ALONG, earlier=earlier, **asked)):
        tx.run(claims.END_LEASE, earlier=earlier, number=taken[0], now=now)
        _write(tx, Line(lease, borrower.visit, Assignment.EXCLUSIVE), taken[0], now, until)
        return _lent(name, pool, ShownNumber(*taken[1:4]), Step.EXCLUSIVE, is_new=True)
    kept_back = _kept_back(pool, borrower)
    if kept_back:
        claimed = claims.CLAIM_BESIDES_RESERVE.row(tx, reserve=kept_back, now=now, **asked)
    else:
        claimed = claims.CLAIM.row(tx, now=now, **asked)
    if claimed is None:
        return None
    step = _rested(pool, claimed[4], now)
    return _lent(name, pool, ShownNumber(*claimed[1:4]), step, is_new=True)


def would_lend(tx: HotTransaction, pool: PoolFacts, borrower: Borrower, now: datetime) -> bool:
    """Whether somebody like this one would get a number of the pool."""
    reserve = _kept_back(pool, borrower)
    return tx.row(claims.FREE_BESIDES_RESERVE, pool=pool.id, reserve=reserve, now=now) is not None


def _kept_back(pool: PoolFacts, borrower: Borrower) -> int:
    """How many numbers have to be left for others."""
    for_paid = 0 if borrower.paid else pool.reserve_paid
    return max(for_paid, (pool.numbers + 1) // 2) if borrower.crowded else for_paid


def shared_before(
    tx: HotTransaction, visit: str, lease_s: Mapping[str, int], now: datetime
) -> tuple[str, Assignment] | None:
    """Which of these numbers (ids, with a lease's length in seconds) the visit was shown before,
    and why; its lease is renewed.
    """
    for lease, number, assignment, expires_at in tx.rows(claims.SHARED_LEASES, visit=visit):
        if number in lease_s:
            until = now + timedelta(seconds=lease_s[number])
            if renewal_is_due(expires_at, now, until - now):
                tx.run(claims.EXTEND_LEASE, lease=lease, til=until)
            return number, Assignment(assignment)
    return None


def share(tx: HotTransaction, pool: PoolFacts, line: "Line", now: datetime) -> None:
    """The pool's overflow number, which has to be there, is shown to this visit from now on."""
    if pool.overflow_id is None:
        raise ValueError(f"pool {pool.name} has nothing to share")
    _write(tx, line, pool.overflow_id, now, _until(pool, now))


def renew_all(tx: HotTransaction, visit: str, lease_s: Mapping[str, int], now: datetime) -> None:
    """Renews whatever the visit holds; ``lease_s``: a lease's length in seconds, by pool id."""
    longest = now + timedelta(seconds=max(lease_s.values(), default=0))
    for pool, held in numbers_held(tx, visit).items():
        if pool in lease_s:
            _renewed(tx, visit, held, now + timedelta(seconds=lease_s[pool]), now)
    for lease, _number, _assignment, expires_at in tx.rows(claims.SHARED_LEASES, visit=visit):
        if renewal_is_due(expires_at, now, longest - now):
            tx.run(claims.EXTEND_LEASE, lease=lease, til=longest)


@dataclass(frozen=True, slots=True)
class Line:
    lease: str
    visit: str
    assignment: Assignment


def _until(pool: PoolFacts, now: datetime) -> datetime:
    return now + timedelta(seconds=pool.lease_s)


def _rested(pool: PoolFacts, free_since: datetime | None, now: datetime) -> Step:
    """The longest free is taken, so where it has not rested, none has."""
    rest = timedelta(seconds=pool.cooldown_s)
    has_rested = free_since is None or now - free_since >= rest
    return Step.EXCLUSIVE if has_rested else Step.WITHOUT_COOL_DOWN


def _lent(name: str, pool: PoolFacts, number: ShownNumber, step: Step, *, is_new: bool) -> Lent:
    return Lent(name, number, step, pool.id, pool.lease_s, is_new)


def _renewed(tx: HotTransaction, visit: str, held: Held, until: datetime, now: datetime) -> bool:
    """False when the lease had lapsed and somebody else has the number by now."""
    if not renewal_is_due(held.until, now, until - now):
        return True
    if tx.run(claims.RENEW, number=held.number, visit=visit, til=until) == 0:
        return False
    tx.run(claims.EXTEND_LEASE, lease=held.lease, til=until)
    return True


def _write(tx: HotTransaction, line: Line, number: str, now: datetime, until: datetime) -> None:
    tx.put(
        claims.WRITE_LEASE,
        lease=line.lease,
        number=number,
        visit=line.visit,
        assignment=line.assignment.value,
        now=now,
        til=until,
    )

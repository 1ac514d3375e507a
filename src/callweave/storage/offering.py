"""What a page is shown: of the pools that serve a name, the one whose turn it is, and of that what
is left, in steps (domain.leases.pools.Step).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from callweave.domain.leases.pools import Kind, Showing, Step, fits
from callweave.domain.matching import Assignment
from callweave.storage.lending import (
    Borrower,
    Held,
    Lent,
    Line,
    PoolExhausted,
    claim,
    held_alone,
    share,
    shared_before,
)
from callweave.storage.prepared import HotTransaction
from callweave.storage.sites import PoolFacts


@dataclass(frozen=True, slots=True)
class NoneFits:
    """Pools serve this name, and of none of them the conditions hold."""

    pool: str


Offer = Lent | PoolExhausted | NoneFits


@dataclass(frozen=True, slots=True)
class Guest:
    """``is_new``: the visit begins with this request, so nothing is lent to it. ``held``: what it
    has for itself, by pool.
    """

    borrower: Borrower
    showing: Showing
    is_new: bool
    held: Mapping[str, Held]


def offer(
    tx: HotTransaction,
    name: str,
    pools: Sequence[PoolFacts],
    guest: Guest,
    lease: str,
    now: datetime,
) -> Offer:
    """What the visit has of these pools already; else from the first that fits, and where that has
    nothing left at all, from the next. ``lease`` is the id for a new line in the lease book, used
    only when one is written.
    """
    kept = None if guest.is_new else _kept(tx, name, pools, guest, now)
    if kept:
        return kept
    fitting = [pool for pool in pools if fits(pool.conditions, guest.showing)]
    asked = [pool for pool in fitting if not pool.stands_in]
    if not asked:
        return NoneFits(name)
    first, *others = asked
    shown, held_back = first, False
    if first.kind is Kind.VISITOR:
        alone = claim(tx, name, first, guest.borrower, lease, now)
        if alone:
            return alone
        shown = next((pool for pool in fitting if pool.stands_in and pool.overflow), first)
        if shown.overflow is None:
            alone = _from_next(tx, name, others, guest, lease, now)
            if alone:
                return alone
            shown = next((pool for pool in others if pool.overflow), first)
        held_back = guest.borrower.crowded
    shared = _of(name, first, shown, is_new=True)
    if shared is None:
        return PoolExhausted(name, first.id, held_back)
    assignment = Assignment.HELD_BACK if held_back else Assignment.SHARED
    share(tx, shown, Line(lease, guest.borrower.visit, assignment), now)
    return _as_written(shared, assignment)


def _from_next(
    tx: HotTransaction,
    name: str,
    others: Sequence[PoolFacts],
    guest: Guest,
    lease: str,
    now: datetime,
) -> Lent | None:
    claims = (claim(tx, name, pool, guest.borrower, lease, now) for pool in others)
    alone = next(filter(None, claims), None)
    return alone and replace(alone, is_next=True)


def _kept(
    tx: HotTransaction, name: str, pools: Sequence[PoolFacts], guest: Guest, now: datetime
) -> Lent | None:
    visit = guest.borrower.visit
    for pool in pools:
        held = guest.held.get(pool.id) if pool.kind is Kind.VISITOR else None
        lent = held_alone(tx, name, pool, visit, held, now) if held else None
        if lent:
            return lent
    sharing = {pool.overflow_id: pool for pool in pools if pool.overflow_id}
    if not sharing:
        return None
    lease_s = {number: pool.lease_s for number, pool in sharing.items()}
    before = shared_before(tx, visit, lease_s, now)
    if before is None:
        return None
    number, assignment = before
    shared = _of(name, sharing[number], sharing[number], is_new=False)
    return shared and _as_written(shared, assignment)


def _of(name: str, asked: PoolFacts, pool: PoolFacts, *, is_new: bool) -> Lent | None:
    """The number that this pool shows to many."""
    step = Step.OVERFLOW
    if pool.kind is Kind.SOURCE:
        step = Step.STAND_IN if pool.stands_in else Step.SOURCE
    if pool.overflow is None:
        return None
    is_next = pool is not asked and not pool.stands_in
    return Lent(name, pool.overflow, step, asked.id, pool.lease_s, is_new, is_next)


def _as_written(shared: Lent, assignment: Assignment) -> Lent:
    """The lease book keeps for whom free numbers were not."""
    held_back = assignment is Assignment.HELD_BACK
    return replace(shared, step=Step.HELD_BACK) if held_back else shared

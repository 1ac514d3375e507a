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
    would_lend,
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
    shown = first
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
    of_crowd = first.kind is Kind.VISITOR and guest.borrower.crowded
    held_back = of_crowd and _is_kept_from(tx, pools, shown, guest, now)
    shared = _of(name, first, shown, is_new=True)
    if shared is None:
        return PoolExhausted(name, first.id, held_back, of_crowd)
    assignment = Assignment.HELD_BACK if of_crowd else Assignment.SHARED
    share(tx, shown, Line(lease, guest.borrower.visit, assignment), now)
    return _in_crowd(shared, held_back=held_back) if of_crowd else shared


def _is_kept_from(
    tx: HotTransaction, pools: Sequence[PoolFacts], shown: PoolFacts, guest: Guest, now: datetime
) -> bool:
    """Whether somebody from a quieter place would get a number of their own instead of the one that
    is shown: of the first pool, or of any, where that has no other to show.
    """
    quiet = replace(guest.borrower, crowded=False)
    asked = [p for p in pools if p.kind is Kind.VISITOR and fits(p.conditions, guest.showing)]
    is_last = shown.overflow is None or shown in asked[1:]
    return any(would_lend(tx, pool, quiet, now) for pool in (asked if is_last else asked[:1]))


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
    shown = sharing[number]
    shared = _of(name, shown, shown, is_new=False)
    if shared is None or assignment is not Assignment.HELD_BACK:
        return shared
    return _in_crowd(shared, held_back=_is_kept_from(tx, pools, shown, guest, now))


def _of(name: str, asked: PoolFacts, pool: PoolFacts, *, is_new: bool) -> Lent | None:
    """The number that this pool shows to many."""
    step = Step.OVERFLOW
    if pool.kind is Kind.SOURCE:
        step = Step.STAND_IN if pool.stands_in else Step.SOURCE
    if pool.overflow is None:
        return None
    is_next = pool is not asked and not pool.stands_in
    return Lent(name, pool.overflow, step, asked.id, pool.lease_s, is_new, is_next)


def _in_crowd(shared: Lent, *, held_back: bool) -> Lent:
    return replace(shared, step=Step.HELD_BACK if held_back else shared.step, of_crowd=True)

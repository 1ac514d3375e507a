"""Processes that lend from one pool at once; a module, so that a new process finds it."""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context
from typing import Any

from sqlalchemy import select

from callweave.domain.ids import Mint
from callweave.storage.database import Database
from callweave.storage.lending import Lent
from callweave.storage.numbers import Lease
from callweave.storage.sites import load_site
from callweave.workflows.welcome_visitor import Arrival, Welcome, welcome_visitor
from shops import NOON

COMES_BACK = 5
"""Every so manieth visit is of somebody who was here before."""


@dataclass(frozen=True)
class FastClock:
    """The same for all processes: ten minutes pass in a second."""

    started: float
    faster: float = 600

    def __call__(self) -> datetime:
        return NOON + timedelta(seconds=(time.time() - self.started) * self.faster)


@dataclass(frozen=True)
class Lending:
    """``answers`` by assignment; ``longest_s`` that one had to wait; ``failed`` processes."""

    answers: Counter[str]
    longest_s: float
    failed: int


def lend_at_once(url: str, site_id: str, processes: int, visits_each: int) -> Lending:
    context = get_context("spawn")
    results = context.Queue()
    work = (url, site_id, visits_each, FastClock(time.time()), results)
    started = [context.Process(target=lend_many, args=work) for _ in range(processes)]
    for process in started:
        process.start()
    told = [results.get(timeout=3600) for _ in started]
    for process in started:
        process.join()
    answers = sum((counted for counted, _ in told), Counter[str]())
    failed = sum(process.exitcode != 0 for process in started)
    return Lending(answers, max(longest for _, longest in told), failed)


def lend_many(url: str, site_id: str, visits: int, clock: FastClock, results: Any) -> None:
    answers, longest_s = Counter[str](), 0.0
    try:
        for assignment, seconds in _lent(url, site_id, visits, clock):
            answers[assignment] += 1
            longest_s = max(longest_s, seconds)
    finally:
        results.put((answers, longest_s))


def _lent(url: str, site_id: str, visits: int, clock: FastClock) -> Iterator[tuple[str, float]]:
    database, mint = Database(url, timeout_s=60), Mint(os.urandom)
    with database.reading() as session:
        site = load_site(session, site_id)
    assert site
    before: Welcome | None = None
    for nth in range(visits):
        known = before.visitor if before and nth % COMES_BACK == 0 else None
        arrival = Arrival(known, None, _ADVERTS[nth % 2], None, "", ["main"], None, None)
        began = time.monotonic()
        with database.hot() as tx:
            before = welcome_visitor(tx, mint, site, arrival, clock())
        offer = before.numbers[0]
        yield offer.assignment if isinstance(offer, Lent) else "none", time.monotonic() - began
    database.close()


# Another campaign each time, so that who comes back begins a visit.
_ADVERTS = tuple(f"https://shop.example/?utm_source=ad&utm_campaign={n}" for n in range(2))


def lease_book(database: Database) -> list[Lease]:
    exclusive = select(Lease).where(Lease.assignment == "exclusive")
    with database.reading() as session:
        return list(session.scalars(exclusive.order_by(Lease.started_at, Lease.id)))


def overlaps(book: list[Lease]) -> list[tuple[Lease, Lease]]:
    """Two leases of one number at one time."""
    by_number = defaultdict(list)
    for lease in book:
        by_number[lease.number_id].append(lease)
    following = (pair for leases in by_number.values() for pair in pairwise(leases))
    return [(first, second) for first, second in following if second.started_at < first.expires_at]

"""Many processes lend from one pool at the same moment, on a real database of each kind."""

import os
import time
from collections import defaultdict
from itertools import pairwise
from multiprocessing import get_context

import pytest
from sqlalchemy import select

from callweave.domain.ids import Mint
from callweave.storage.database import Database
from callweave.storage.numbers import Lease
from lenders import FastClock, lend_many
from shops import open_shop, shop

PROCESSES = 8
VISITORS_EACH = 60
NUMBERS = 40


@pytest.mark.slow
def test_eight_processes_never_lend_one_number_twice(database: Database, database_url: str) -> None:
    site = open_shop(database, shop(NUMBERS, lease_s=60), Mint(os.urandom))
    context = get_context("spawn")
    results = context.Queue()
    work = (database_url, site.id, VISITORS_EACH, FastClock(time.time()), results)
    processes = [context.Process(target=lend_many, args=work) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    answers = [results.get(timeout=60) for _ in range(PROCESSES * VISITORS_EACH)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    book = lease_book(database)
    assert len(book) == answers.count("exclusive")
    assert len(book) > NUMBERS, "no number was lent again"
    assert "none" not in answers
    assert overlaps(book) == []


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

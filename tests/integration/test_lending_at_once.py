"""Many processes lend from one pool at the same moment, on a real database of each kind."""

import os

import pytest

from callweave.domain.ids import Mint
from callweave.storage.database import Database
from lenders import lease_book, lend_at_once, overlaps
from shops import open_shop, shop

PROCESSES = 8
VISITS_EACH = 60
NUMBERS = 40


@pytest.mark.slow
def test_eight_processes_never_lend_one_number_twice(database: Database, database_url: str) -> None:
    """``python -m tests.assignments`` does the same at length."""
    site = open_shop(database, shop(NUMBERS, lease_s=60), Mint(os.urandom))
    done = lend_at_once(database_url, site.id, PROCESSES, VISITS_EACH)
    assert (done.failed, done.answers.total()) == (0, PROCESSES * VISITS_EACH)
    book = lease_book(database)
    assert len(book) == done.answers["exclusive"]
    assert len(book) > NUMBERS, "no number was lent again"
    assert "none" not in done.answers
    assert overlaps(book) == []

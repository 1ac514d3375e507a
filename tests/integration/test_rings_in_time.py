"""A budget counts from when a request came, however long it waited for a thread."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from callweave.simulator.forms import Party, ring_form
from callweave.storage.database import Database
from databases import SqliteDatabases
from load.waiting import free_port
from outages import locked
from service import ACCOUNT
from serving import post, served
from shops import open_shop, shop, tracked

DESK = "+441614960199"
PER_SECOND, RINGS = 5, 25
LONGEST_S = 4.0  # the proxy gives up, and the carrier soon after


@pytest.fixture
def url(sqlite: SqliteDatabases) -> Iterator[str]:
    with sqlite.migrated() as url:
        database = Database(url)
        open_shop(database, replace(shop(), default_destination=DESK))
        database.close()
        yield url


def waited(base: str, nth: int) -> float:
    party = Party(ACCOUNT, f"CA{nth:032x}", f"+4477009{nth:05d}", tracked(1)[0])
    began = time.monotonic()
    assert f">{DESK}</Number>" in post(base, "ring", dict(ring_form(party))).text
    return time.monotonic() - began


def test_rings_that_keep_coming_at_a_locked_database_are_all_answered_in_time(
    url: str, tmp_path: Path
) -> None:
    with (
        served(url, tmp_path, free_port()) as (_, base),
        ThreadPoolExecutor(RINGS) as phones,
        locked(url),
    ):
        ringing = []
        for nth in range(RINGS):
            ringing.append(phones.submit(waited, base, nth))
            time.sleep(1 / PER_SECOND)
        longest = max(ring.result() for ring in ringing)
    assert longest < LONGEST_S

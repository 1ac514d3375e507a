"""Two services on one database: whatever holds up the one for pages, the phone is answered."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from databases import PostgresDatabases
from load.asking import ask
from load.attacks import Slowloris, going_on
from load.people import People, Told
from load.stage import Size, Stage, two_pools

SLOW_SOCKETS = 200


@pytest.fixture
def stage(postgresql: PostgresDatabases, tmp_path: Path) -> Iterator[Stage]:
    with (
        postgresql.migrated() as url,
        two_pools(url, tmp_path, Size(numbers=10, visitors=5)) as stage,
    ):
        yield stage


def called(stage: Stage) -> Told:
    """In a thread of its own: browsers of other tests may have left a loop in this one."""
    with ThreadPoolExecutor(1) as threads:
        coming = People(stage, calls_per_s=4).come(seconds=5, pages_per_s=0)
        return threads.submit(asyncio.run, coming).result()


@pytest.mark.slow
def test_slow_sockets_that_hold_up_the_pages_do_not_hold_up_the_phone(stage: Stage) -> None:
    with going_on([Slowloris(stage.web, SLOW_SOCKETS)]):
        with pytest.raises(TimeoutError):
            ask(stage.web, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", patience_s=2)
        told = called(stage)
    assert Counter(ring.heard for ring in told.rings) == {"agent": 20}
    assert told.lost == 0

"""A process that is told to stop, or is killed, loses nobody: the next one goes on from there."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from callweave.simulator.forms import Party, final_form, ring_form
from callweave.storage.calls import Call
from callweave.storage.database import Database
from databases import SqliteDatabases
from load.waiting import free_port
from outages import locked
from service import ACCOUNT
from serving import post, served
from shops import NOON, open_shop, shop, tracked

DESK = "+441614960199"
SID = f"CA{7:032x}"


@pytest.fixture
def database(sqlite: SqliteDatabases) -> Iterator[Database]:
    with sqlite.migrated() as url:
        database = Database(url)
        open_shop(database, replace(shop(), default_destination=DESK))
        yield database
        database.close()


@pytest.fixture
def port() -> int:
    return free_port()


def state_of_the_call(database: Database) -> str | None:
    with database.reading() as session:
        return session.scalar(select(Call.state).where(Call.sid == SID))


def comes_to(database: Database, state: str) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if state_of_the_call(database) == state:
            return True
        time.sleep(0.1)
    return False


PARTY = Party(ACCOUNT, SID, "+447700900123", tracked(1)[0])
ENDED = final_form(PARTY, "completed", NOON, 60)


def test_a_ring_that_is_under_way_is_answered_and_taken_over(
    database: Database, tmp_path: Path, port: int
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    with served(url, tmp_path, port) as (process, base), ThreadPoolExecutor(1) as asking:
        with locked(url):
            ringing = asking.submit(post, base, "ring", dict(ring_form(PARTY)))
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            answer = ringing.result()
            process.wait(30)
        assert f">{DESK}</Number>" in answer.text
        assert process.returncode == 0
        assert state_of_the_call(database) is None
    with served(url, tmp_path, port) as (_, base):
        assert comes_to(database, "ringing")
        assert post(base, "status", dict(ENDED)).status_code == 204
        assert comes_to(database, "ended")


def test_a_process_that_is_killed_leaves_what_it_acknowledged(
    database: Database, tmp_path: Path, port: int
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    with served(url, tmp_path, port) as (process, base), locked(url):
        assert f">{DESK}</Number>" in post(base, "ring", dict(ring_form(PARTY))).text
        assert post(base, "status", dict(ENDED)).status_code == 204
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    assert state_of_the_call(database) is None
    with served(url, tmp_path, port):
        assert comes_to(database, "ended")

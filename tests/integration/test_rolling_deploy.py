"""A process that is told to stop, or is killed, loses nobody: the next one goes on from there."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from callweave.simulator.forms import Party, final_form, ring_form
from callweave.simulator.signing import signature
from callweave.storage.calls import Call
from callweave.storage.database import Database
from databases import SqliteDatabases
from outages import locked
from service import ACCOUNT, TOKEN
from shops import NOON, open_shop, shop, tracked

DESK = "+441614960199"
SID = f"CA{7:032x}"


@contextmanager
def served(url: str, folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    base = f"http://127.0.0.1:{port}"
    environ = os.environ | {
        "PUBLIC_BASE_URL": base,
        "SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "CALLWEAVE_DEFAULT_DESTINATION": "+441614960100",
        "DATABASE_URL": url,
        "CALLWEAVE_DATA_DIR": str(folder),
        "CALLWEAVE_SPOOL_MB": "1",
        "PORT": str(port),
    }
    command = [str(Path(sys.executable).with_name("callweave")), "serve"]
    process = subprocess.Popen(command, env=environ, start_new_session=True)
    try:
        _wait_until_it_lives(base)
        yield process, base
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _wait_until_it_lives(base: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{base}/healthz", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    pytest.fail("the service did not start")


def post(base: str, path: str, form: dict[str, str]) -> requests.Response:
    url = f"{base}/voice/{path}"
    signed = {"X-Twilio-Signature": signature(TOKEN, url, form)}
    return requests.post(url, data=form, headers=signed, timeout=15)


@pytest.fixture
def database(sqlite: SqliteDatabases) -> Iterator[Database]:
    with sqlite.migrated() as url:
        database = Database(url)
        open_shop(database, replace(shop(), default_destination=DESK))
        yield database
        database.close()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        free: int = listening.getsockname()[1]
    return free


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

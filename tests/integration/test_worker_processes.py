"""Workers as processes, killed and stopped in the middle of their work; receivers of real HTTP."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

import pytest

from callweave.storage.database import Database
from callweave.storage.outbox import LEASE
from listeners import deliveries, eventually, listen, owe
from receiver import Receiver, receiving, say
from shops import open_shop
from tellers import tell_all

FACTS_EACH = 30
COMMAND = (sys.executable, "-c", "from callweave.cli import main; main()", "worker")
ENVIRON = {
    "PUBLIC_BASE_URL": "https://calls.example.com",
    "SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "TWILIO_ACCOUNT_SID": "AC" + "0a" * 16,
    "TWILIO_AUTH_TOKEN": "0123456789abcdef0123456789abcdef",
    "CALLWEAVE_DEFAULT_DESTINATION": "+442079460123",
    "TWILIO_API_BASE": "http://127.0.0.1:9",
}


def slowly(request: BaseHTTPRequestHandler) -> None:
    time.sleep(0.02)
    say(204)(request)


def very_slowly(request: BaseHTTPRequestHandler) -> None:
    time.sleep(1)
    say(204)(request)


@pytest.fixture
def receivers() -> Iterator[list[Receiver]]:
    with ExitStack() as stack:
        yield [stack.enter_context(receiving()) for _ in range(3)]


@pytest.fixture
def account(database: Database) -> str:
    return open_shop(database).account_id


@contextmanager
def worker(url: str, ahead: timedelta = timedelta()) -> Iterator[BaseProcess]:
    process = get_context("spawn").Process(target=tell_all, args=(url, ahead.total_seconds()))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def owed_since_now(database: Database, account: str, receiver: Receiver, count: int) -> list[str]:
    hooks = listen(database, account, receiver.url)
    return owe(database, hooks, count, at=datetime.now(UTC) - timedelta(seconds=1))


def untold(database: Database) -> int:
    return sum(row.delivered_at is None for row in deliveries(database))


@pytest.mark.slow
def test_nothing_is_lost_when_a_worker_is_killed_in_the_middle(
    database: Database, database_url: str, account: str, receivers: list[Receiver]
) -> None:
    owed = {}
    for receiver in receivers:
        receiver.behave = slowly
        owed[receiver.port] = owed_since_now(database, account, receiver, FACTS_EACH)
    with worker(database_url) as killed:
        assert eventually(lambda: sum(len(each.heard) for each in receivers) >= FACTS_EACH)
        killed.kill()
        killed.join()
    assert untold(database) > 0
    with worker(database_url, ahead=LEASE + timedelta(seconds=5)):
        assert eventually(lambda: untold(database) == 0)
    for receiver in receivers:
        assert set(receiver.fact_ids) == set(owed[receiver.port])
        assert len(receiver.heard) <= FACTS_EACH + 1  # the one that was under way
        assert receiver.forged == 0


@pytest.mark.slow
def test_workers_share_the_work(
    database: Database, database_url: str, account: str, receivers: list[Receiver]
) -> None:
    owed = [owed_since_now(database, account, receiver, FACTS_EACH) for receiver in receivers]
    with worker(database_url), worker(database_url):
        assert eventually(lambda: untold(database) == 0)
    assert [sorted(receiver.fact_ids) for receiver in receivers] == [sorted(ids) for ids in owed]


@pytest.mark.slow
def test_a_worker_that_is_asked_to_stop_ends_what_it_has_begun(
    database: Database, database_url: str, account: str, receivers: list[Receiver]
) -> None:
    receiver = receivers[0]
    receiver.behave = very_slowly
    owed = owed_since_now(database, account, receiver, 3)
    environ = {**os.environ, **ENVIRON, "DATABASE_URL": database_url, "LOG_LEVEL": "info"}
    process = subprocess.Popen(COMMAND, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        assert eventually(lambda: bool(receiver.heard))
        process.terminate()
        _, said = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert receiver.fact_ids == owed[:1]
    assert [row.tries for row in deliveries(database)] == [1, 0, 0]
    messages = [json.loads(line)["message"] for line in said.splitlines()]
    assert sorted(messages) == ["calls cannot be compared", "told"]

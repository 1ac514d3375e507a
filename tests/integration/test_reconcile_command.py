"""`callweave reconcile` and the worker's process against a carrier on a port. That comparing works
on both databases is held by test_reconciliation.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from callweave.cli import main
from callweave.simulator.ledger import Ended
from callweave.simulator.line import NumberConfig
from callweave.storage.calls import Call
from callweave.storage.database import Database
from carrier_rest import Exchange, exchange
from databases import Databases, SqliteDatabases
from listeners import eventually
from service import ACCOUNT, TOKEN
from shops import open_shop, tracked

(LINE,) = tracked(1)
AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def databases(sqlite: SqliteDatabases) -> Databases:
    return sqlite


@pytest.fixture
def running(database: Database) -> Iterator[Exchange]:
    open_shop(database)
    with exchange({LINE: NumberConfig("https://calls.example.com/voice/ring")}) as found:
        found.had(1, LINE, AN_HOUR_AGO, Ended(60))
        yield found


def environ(url: str, running: Exchange) -> dict[str, str]:
    return {
        "PUBLIC_BASE_URL": "https://calls.example.com",
        "SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_BASE": running.url,
        "CALLWEAVE_DEFAULT_DESTINATION": "+442079460123",
        "DATABASE_URL": url,
        "LOG_LEVEL": "info",
    }


def reconcile(url: str, running: Exchange, *words: str) -> Result:
    return CliRunner(env=environ(url, running)).invoke(main, ["reconcile", *words])


def calls(database: Database) -> list[Call]:
    with database.reading() as session:
        return session.query(Call).all()


def test_what_was_repaired_is_told_by_kind(database_url: str, running: Exchange) -> None:
    assert reconcile(database_url, running).output == (
        "1 calls compared. Repaired:\n       1  call_missing\n"
    )
    assert reconcile(database_url, running).output == "1 calls compared, nothing to repair.\n"


def test_the_same_as_json(database: Database, database_url: str, running: Exchange) -> None:
    told = json.loads(reconcile(database_url, running, "--json").output)
    assert told == {"calls": 1, "repairs": {"call_missing": 1}, "unreadable": 0}
    (call,) = calls(database)
    assert (call.state, call.duration_s) == ("ended", 60)


def test_only_the_given_span_is_compared(
    database: Database, database_url: str, running: Exchange
) -> None:
    running.had(2, LINE, AN_HOUR_AGO - timedelta(days=1), Ended(60))
    assert reconcile(database_url, running, "--since", "5m").exit_code == 0
    assert [call.sid[-1] for call in calls(database)] == ["1"]  # and what a long call may last
    reconcile(database_url, running, "--since", "2d")
    assert len(calls(database)) == 2


def test_a_span_has_a_unit(database_url: str, running: Exchange) -> None:
    wrong = reconcile(database_url, running, "--since", "48")
    assert wrong.exit_code == 2
    assert "is not a span such as 90m, 48h or 7d" in wrong.output


def test_a_carrier_that_refuses_is_told_in_words(database_url: str, running: Exchange) -> None:
    changed = environ(database_url, running) | {"TWILIO_AUTH_TOKEN": "f" * 32}
    refused = CliRunner(env=changed).invoke(main, ["reconcile"])
    assert refused.exit_code == 1
    assert "does not accept TWILIO_ACCOUNT_SID" in refused.output
    assert "f" * 32 not in refused.output


@pytest.mark.slow
def test_a_worker_finds_what_never_arrived(
    database: Database, database_url: str, running: Exchange
) -> None:
    command = (sys.executable, "-c", "from callweave.cli import main; main()", "worker")
    process = subprocess.Popen(
        command, env={**os.environ, **environ(database_url, running)}, stderr=subprocess.PIPE
    )
    try:
        assert eventually(lambda: [call.state for call in calls(database)] == ["ended"])
        process.terminate()
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "repaired from the carrier's list" in said.decode()
    assert TOKEN not in said.decode()

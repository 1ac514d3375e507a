"""Whatever fails, the caller hears a person's phone ring; afterwards all is as it was."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api_stage import settings
from callweave.app import create_app
from callweave.storage.accounts import Site
from callweave.storage.database import Database, DatabaseError
from callweave.storage.prepared import Prepared
from callweave.storage.schema import TABLES
from databases import SqliteDatabases
from outages import StoppablePostgres, locked, stoppable_postgres
from service import Line, Service, at_once, close, service
from shops import DEV, FRONT_DESK, OWN_NUMBER, tracked
from voice_stage import BUDGET_MS, IN_TROUBLE, SHOP, SITE_DESK, answers, line, one_of_each


@pytest.fixture
def url(sqlite: SqliteDatabases) -> Iterator[str]:
    with sqlite.migrated() as url:
        yield url


@pytest.fixture
def here(url: str) -> Iterator[Service]:
    database = Database(url)
    with service(database, url, SHOP, voice_budget_ms=BUDGET_MS) as here:
        yield here
    database.close()


def recovers(here: Service) -> bool:
    """Without a restart: rings are decided, statuses kept and numbers lent again."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        shown = here.shown()
        again = Line(here, shown)
        decided = shown != OWN_NUMBER and again.ring() != f"dial {SITE_DESK}"
        if decided and again.over().status_code == 204:
            return True
        time.sleep(0.1)
    return False


def test_a_database_that_is_locked(database: Database, database_url: str) -> None:
    with service(database, database_url, SHOP, voice_budget_ms=BUDGET_MS) as here:
        requests = one_of_each(here)
        with locked(database_url):
            assert answers(requests) == IN_TROUBLE
        assert recovers(here)


@pytest.fixture(scope="module")
def server() -> Iterator[StoppablePostgres]:
    with stoppable_postgres() as server:
        yield server


@pytest.fixture
def stoppable(server: StoppablePostgres) -> Iterator[Service]:
    database = Database(server.url)
    with database.writing() as session:
        for table in reversed(TABLES.sorted_tables):
            session.execute(table.delete())
    with service(database, server.url, SHOP, voice_budget_ms=BUDGET_MS) as here:
        yield here
    database.close()


@pytest.mark.slow
def test_a_database_that_is_stopped(stoppable: Service, server: StoppablePostgres) -> None:
    requests = one_of_each(stoppable)
    server.stop()
    assert answers(requests) == IN_TROUBLE
    server.start()
    assert recovers(stoppable)


@pytest.mark.slow
def test_a_database_that_hangs(stoppable: Service, server: StoppablePostgres) -> None:
    requests = one_of_each(stoppable)
    at_once([stoppable.shown] * 8)  # so that there are connections to wait on
    with server.frozen():
        assert answers(requests) == IN_TROUBLE
    assert recovers(stoppable)


def knows_its_desk(here: Service) -> bool:
    """What is known from memory is made new behind everybody's back."""
    deadline = time.monotonic() + 10
    while here.parts.destinations.of(tracked(1)[0]) != SITE_DESK and time.monotonic() < deadline:
        time.sleep(0.02)
    return here.parts.destinations.of(tracked(1)[0]) == SITE_DESK


def test_a_database_that_was_away_from_the_beginning(here: Service, url: str) -> None:
    folder = Path(url.removeprefix("sqlite:///")).parent
    elsewhere = folder.rename(folder.with_name("elsewhere"))
    app = create_app(settings(url), here.clock)
    late = replace(here, app=app, parts=app.extensions["callweave"])
    assert line(late).ring() == f"dial {FRONT_DESK}"
    elsewhere.rename(folder)
    assert line(late).ring() == f"dial {DEV}"
    late.parts.draining.start()
    assert knows_its_desk(late)
    close(late.parts)


def test_a_server_that_says_nothing_is_given_up(server: StoppablePostgres) -> None:
    database = Database(server.url, timeout_s=0.5, answer_s=0.5)
    with database.reading() as session:
        session.execute(text("SELECT 1"))
    with server.frozen(), pytest.raises(OperationalError), database.reading() as session:
        session.execute(text("SELECT 1"))
    time.sleep(0.6)
    with database.reading() as session:
        assert session.scalar(text("SELECT 2")) == 2
    database.close()


def test_nobody_queues_up_behind_a_server_that_lets_nobody_in() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        database = Database(f"postgresql://c@127.0.0.1:{mute.getsockname()[1]}/c", timeout_s=0.5)
        for told in ("timeout", "not asked"):
            with (
                pytest.raises((OperationalError, DatabaseError), match=told),
                database.reading() as s,
            ):
                s.execute(text("SELECT 1"))
        time.sleep(0.6)
        with pytest.raises(OperationalError, match="timeout"), database.reading() as session:
            session.execute(text("SELECT 1"))
        database.close()


def test_a_lock_that_one_waits_for_in_vain_leaves_the_database_to_the_others(
    database: Database, database_url: str
) -> None:
    """One row that somebody holds must not send all callers to the default destination."""
    hasty = Database(database_url, timeout_s=0.4)
    with locked(database_url):
        with pytest.raises((DatabaseError, OperationalError)), hasty.writing() as session:
            session.execute(delete(Site))
        with pytest.raises((DatabaseError, OperationalError), match="lock"), hasty.hot() as tx:
            tx.run(Prepared(delete(Site)))
    hasty.close()


def test_a_pool_in_use_leaves_the_database_to_who_has_a_connection(database_url: str) -> None:
    small = Database(database_url, pool_size=1, timeout_s=0.2)
    with ExitStack() as taken:
        for _ in range(1 + small.is_sqlite):
            taken.enter_context(small.engine.connect())
        with pytest.raises(PoolTimeoutError), small.reading() as other:
            other.execute(text("SELECT 1"))
    with small.reading() as after:
        after.execute(text("SELECT 1"))
    small.close()


def test_a_slow_statement_leaves_the_database_to_the_others(server: StoppablePostgres) -> None:
    hasty = Database(server.url, timeout_s=0.2, answer_s=0.4)
    with pytest.raises(OperationalError), hasty.reading() as session:
        session.execute(text("SELECT pg_sleep(5)"))
    with hasty.reading() as session:
        session.execute(text("SELECT 1"))
    hasty.close()


def test_connections_that_the_server_has_ended_are_lent_to_nobody(
    server: StoppablePostgres,
) -> None:
    database = Database(server.url, timeout_s=0.5)
    with database.hot() as tx, database.hot() as other:
        ended = [each._cursor.connection.info.backend_pid for each in (tx, other)]
    with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as operator:
        for pid in ended:
            operator.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    for _ in ended:
        with database.hot() as tx:
            tx._cursor.execute("SELECT 1")
    database.close()


def test_what_the_database_refuses_at_once_is_no_reason_to_leave_it_alone(url: str) -> None:
    database = Database(url, timeout_s=0.5)
    with pytest.raises(DatabaseError), database.hot() as tx:
        tx._cursor.execute("SELECT nonsense")
    with database.hot() as tx:
        tx._cursor.execute("SELECT 1")
    database.close()

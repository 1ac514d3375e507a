"""Whatever fails, the caller hears a person's phone ring; afterwards all is as it was."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from api_stage import settings
from callweave.app import create_app
from callweave.storage.database import Database, DatabaseError
from callweave.storage.schema import TABLES
from databases import SqliteDatabases
from outages import StoppablePostgres, locked, stoppable_postgres
from service import Line, Service, at_once, close, service
from shops import DEV, FRONT_DESK, OWN_NUMBER, shop, tracked

SITE_DESK = "+441614960199"
STRANGE_NUMBER = "+442079460555"
BUDGET_MS = 400
SLACK_S = 3.0  # for a machine that has other things to do
SHOP = replace(shop(9), default_destination=SITE_DESK)
Requests = dict[str, Callable[[], object]]


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


def line(here: Service) -> Line:
    return Line(here, tracked(1)[0])


def one_of_each(here: Service) -> Requests:
    """Every request that there is, from calls and a page that the service knew before."""
    visit = here.announce().get_json()
    alive = {"events": [{"type": "alive"}]}
    return {
        "ring": line(here).ring,
        "ring of a stranger": Line(here, STRANGE_NUMBER).ring,
        "ring, withheld": lambda: Line(here, tracked(1)[0], "anonymous").ring(),
        "fallback": line(here).fallback,
        "nobody answered": partial(line(here).dialled, 1, "no-answer"),
        "talked": partial(line(here).dialled, 1, "completed", 60),
        "the fallback did not answer": partial(line(here).dialled, 0, "busy"),
        "the fallback talked": partial(line(here).dialled, 0, "completed", 60),
        "whisper": partial(line(here).whisper, 1),
        "voicemail": line(here).voicemail,
        "status of a leg": lambda: line(here).leg(1, "ringing", 1).status_code,
        "status": lambda: line(here).over().status_code,
        "page": partial(here.shown, "/bahamas", visit),
        "event": lambda: here.ask(f"/v1/visits/{visit['visit']}/events", alive).status_code,
    }


IN_TROUBLE = {
    "ring": f"dial {SITE_DESK}",
    "ring of a stranger": f"dial {FRONT_DESK}",
    "ring, withheld": f"dial {SITE_DESK}",
    "fallback": f"dial {SITE_DESK}",
    "nobody answered": f"dial {SITE_DESK}",
    "talked": "hang up",
    "the fallback did not answer": "voicemail",
    "the fallback talked": "hang up",
    "whisper": "say A call from the website.",
    "voicemail": "goodbye",
    "status of a leg": 204,
    "status": 204,
    "page": OWN_NUMBER,
    "event": 503,
}


def answers(requests: Requests) -> dict[str, object]:
    """All at once. The voice's own come in time, and nothing waits for long."""
    began = time.monotonic()

    def timed(request: Callable[[], object]) -> tuple[object, float]:
        return request(), time.monotonic() - began

    told = at_once([partial(timed, request) for request in requests.values()])
    for name, (_, seconds) in zip(requests, told, strict=True):
        assert seconds < (7 if name in {"page", "event"} else BUDGET_MS / 1000) + SLACK_S, name
    return {name: answer for name, (answer, _) in zip(requests, told, strict=True)}


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
    """What is known from memory is made new behind a ring."""
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


def test_nobody_queues_up_behind_a_database_that_was_waited_for_in_vain(url: str) -> None:
    database = Database(url, timeout_s=0.5)
    with locked(url):
        with pytest.raises(DatabaseError, match="locked"), database.hot():
            pass
        with pytest.raises(DatabaseError, match="not asked"), database.hot():
            pass
    time.sleep(0.6)
    with database.hot():
        pass
    database.close()


def test_what_the_database_refuses_at_once_is_no_reason_to_leave_it_alone(url: str) -> None:
    database = Database(url, timeout_s=0.5)
    with pytest.raises(DatabaseError), database.hot() as tx:
        tx._cursor.execute("SELECT nonsense")
    with database.hot() as tx:
        tx._cursor.execute("SELECT 1")
    database.close()

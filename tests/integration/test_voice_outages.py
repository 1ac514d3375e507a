"""However the database fails, each request is answered in time, and what was said meanwhile is
taken in afterwards: the state is as if nothing had happened.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import PoolProxiedConnection, event, text

from api_stage import PUBLIC, settings
from callweave.app import CONNECTIONS, create_app
from callweave.simulator.forms import call_form, ring_form
from callweave.storage.calls import Call
from callweave.storage.database import Database
from callweave.storage.set_aside import SetAside
from chaos.real_disk import own_disk
from databases import SqliteDatabases
from outages import locked
from service import Line, Service, at_once, close, heard
from shops import DEV, FRONT_DESK, tracked
from voice_stage import (
    BUDGET_MS,
    IN_TROUBLE,
    SITE_DESK,
    answers,
    hurried,
    line,
    one_of_each,
    troubled,
)

OUTAGES = ("locked", "slow", "exhausted")


@contextmanager
def slow(here: Service) -> Iterator[None]:
    """Every step that it takes is slow, and in the end it would do as it is asked."""
    if here.database.is_sqlite:

        def drowsy(connection: Any, *_: object) -> None:
            connection.set_progress_handler(lambda: time.sleep(0.05), 10)

        here.parts.database.close()
        event.listen(here.parts.database.engine, "checkout", drowsy)
        yield
        event.remove(here.parts.database.engine, "checkout", drowsy)
        here.parts.database.close()
        return
    with here.database.writing() as session:
        session.execute(text(_SLEEP))
        session.execute(text(_WHENEVER))
    yield
    with here.database.writing() as session:
        session.execute(text("DROP TRIGGER drowsy ON call_reports"))


_SLEEP = """CREATE FUNCTION drowsy() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN PERFORM pg_sleep(2); RETURN NEW; END'"""
_WHENEVER = "CREATE TRIGGER drowsy BEFORE INSERT ON call_reports EXECUTE FUNCTION drowsy()"


@contextmanager
def exhausted(here: Service) -> Iterator[None]:
    """All connections are out, and none comes back."""
    here.parts.database.close()
    engine = here.parts.database.engine
    with ExitStack() as taken:
        for _ in range(CONNECTIONS + here.database.is_sqlite):
            taken.enter_context(engine.connect())
        yield


@contextmanager
def outage(name: str, here: Service) -> Iterator[None]:
    url = here.database.engine.url.render_as_string(hide_password=False)
    ways = {"locked": lambda: locked(url), "slow": lambda: slow(here)}
    with hurried(here), ways.get(name, lambda: exhausted(here))():
        yield


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with troubled(database, database_url) as here:
        yield here


def drained(here: Service) -> int:
    """All that waited; it is taken in once the database is asked again, in one turn or more."""
    deadline, waited = time.monotonic() + 20, here.parts.spool.waiting
    while here.parts.spool.waiting:
        assert time.monotonic() < deadline
        here.parts.draining.turn()
        time.sleep(0.05)
    return waited


@pytest.mark.parametrize("name", ["slow", "exhausted"])
def test_every_request_is_answered_in_time(here: Service, name: str) -> None:
    requests = one_of_each(here)
    for way in ("page", "event"):  # they wait for the database, as test_voice_faults has it
        del requests[way]
    with outage(name, here):
        told = answers(requests)
    assert told == {name: IN_TROUBLE[name] for name in requests}
    assert drained(here) == len(requests)


TOLD = ("state", "result", "duration_s", "talk_s", "answered_by", "fell_back", "match_status")


def facts(call: Call) -> dict[str, object]:
    return {name: getattr(call, name) for name in TOLD}


def ends(call: Line) -> None:
    """The person that was rung talks for a minute."""
    call.service.clock.move(seconds=5)
    assert call.leg(1, "in-progress", 2).status_code == 204
    call.service.clock.move(seconds=60)
    assert call.leg(1, "completed", 3, 60).status_code == 204
    assert call.dialled(1, "completed", 60) == "hang up"
    assert call.over(seconds=65).status_code == 204


@pytest.mark.parametrize("name", OUTAGES)
def test_a_call_that_ends_in_an_outage_is_known_as_any_other(here: Service, name: str) -> None:
    usual, unlucky = Line(here, tracked(1)[0]), Line(here, tracked(2)[1])
    assert usual.ring() == f"dial {DEV}"
    ends(usual)
    assert unlucky.ring() == f"dial {DEV}"
    with outage(name, here):
        ends(unlucky)
    assert here.call(unlucky).state != "ended"
    assert drained(here) == 4
    assert facts(here.call(unlucky)) == facts(here.call(usual))
    assert Line(here, tracked(3)[2]).ring() == f"dial {DEV}"  # nobody is held any longer


@pytest.mark.parametrize("name", OUTAGES)
def test_a_call_that_only_happened_in_an_outage_has_its_row(here: Service, name: str) -> None:
    visited = here.shown()
    call = Line(here, visited)
    with outage(name, here):
        assert call.ring() == f"dial {SITE_DESK}"
        here.clock.move(seconds=65)
        assert call.dialled(0, "completed", 60) == "hang up"
        assert call.over(seconds=65).status_code == 204
    here.parts.budget.close()  # what came too late has ended
    assert here.calls() == []
    assert drained(here) == 3
    known = here.call(call)
    assert (known.state, known.result, known.talk_s) == ("ended", "answered", 60)
    assert (known.fell_back, known.match_status) == (True, "exclusive")


def test_what_makes_no_sense_in_an_outage_is_set_aside_after_it(here: Service) -> None:
    form = ring_form(line(here).party) | {"CallStatus": "daydreaming"}
    with outage("locked", here):
        assert here.post("/voice/status", form).status_code == 204
    drained(here)
    assert [dict(row.fields)["CallStatus"] for row in here.rows(SetAside)] == ["daydreaming"]


def test_a_status_that_nothing_can_keep_is_not_acknowledged(
    database: Database, database_url: str
) -> None:
    with (
        troubled(database, database_url, spool_mb=0) as here,
        outage("locked", here),
    ):
        assert line(here).over().status_code == 503
        assert line(here).ring() == f"dial {SITE_DESK}"


def test_a_status_that_the_disk_did_not_keep_is_not_acknowledged(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    with outage("locked", here), monkeypatch.context() as changed:
        changed.setattr(os, "fsync", fail)
        assert line(here).over().status_code == 503
        assert line(here).ring() == f"dial {SITE_DESK}"


def test_a_commit_that_hangs_changes_nothing_for_good(
    here: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Line(here, tracked(1)[0])
    assert call.ring() == f"dial {DEV}"

    def hang(connection: Any) -> None:
        time.sleep(BUDGET_MS / 1000 * 3)
        connection.dbapi_connection.commit()

    with hurried(here), monkeypatch.context() as changed:
        changed.setattr(PoolProxiedConnection, "commit", hang, raising=False)
        assert call.dialled(1, "no-answer") == f"dial {SITE_DESK}"  # and not the one decided on
    here.clock.move(seconds=60)
    assert call.dialled(0, "completed", 50) == "hang up"
    assert call.over(seconds=60).status_code == 204
    drained(here)
    known = here.call(call)
    assert (known.state, known.result, known.talk_s) == ("ended", "answered", 50)


def test_without_a_database_a_call_is_not_sent_round_in_a_circle(here: Service) -> None:
    form = ring_form(line(here).party) | {"ForwardedFrom": SITE_DESK}
    with outage("locked", here):
        assert heard(here.post("/voice/ring", form)) == "voicemail"


INSTEAD = {
    "ring": f"dial {SITE_DESK}",
    "dialled?leg=1": "voicemail",
    "dialled?leg=0": "voicemail",
    "whisper?leg=1": "say A call from the website.",
    "voicemail": "goodbye",
    "fallback": "voicemail",
}


@pytest.mark.parametrize("failed", INSTEAD)
def test_the_fallback_never_repeats_what_failed(here: Service, failed: str) -> None:
    trouble = {"ErrorCode": "11200", "ErrorUrl": f"{PUBLIC}/voice/{failed}"}
    form = call_form(line(here).party, "in-progress") | trouble
    with outage("locked", here):
        assert heard(here.post("/voice/fallback", form)) == INSTEAD[failed]


@pytest.mark.parametrize(
    ("status", "leg", "said"),
    [("completed", 1, "hang up"), ("busy", 1, f"dial {SITE_DESK}"), ("busy", 0, "voicemail")],
)
def test_the_fallback_hears_how_the_dial_ended(
    here: Service, status: str, leg: int, said: str
) -> None:
    trouble = {"ErrorCode": "11200", "ErrorUrl": f"{PUBLIC}/voice/dialled?leg={leg}"}
    ended = {"DialCallStatus": status, "DialBridged": str(status == "completed").lower()}
    form = call_form(line(here).party, "in-progress") | trouble | ended
    with outage("locked", here):
        assert heard(here.post("/voice/fallback", form)) == said


def test_a_full_disk_still_keeps_what_is_reported(sqlite: SqliteDatabases) -> None:
    with own_disk() as disk, ExitStack() as stack:
        if not disk.is_small:
            pytest.skip("mounting a small disk takes root")
        url = f"sqlite:///{disk.folder}/calls.sqlite3"
        stack.enter_context(closing(database := _copied(sqlite, url)))
        data_dir = disk.folder / "data"
        here = stack.enter_context(troubled(database, url, data_dir=data_dir))
        usual = Line(here, tracked(1)[0])
        assert usual.ring() == f"dial {DEV}"
        with disk.full():
            assert line(here).ring() == f"dial {SITE_DESK}"
            ends(usual)
        assert drained(here) >= 1
        assert here.call(usual).state == "ended"


def _copied(sqlite: SqliteDatabases, url: str) -> Database:
    with sqlite.migrated() as template:
        content = Path(template.removeprefix("sqlite:///")).read_bytes()
    Path(url.removeprefix("sqlite:///")).write_bytes(content)
    return Database(url)


def test_a_process_that_starts_without_its_database_knows_its_sites(
    here: Service, database_url: str
) -> None:
    known = replace(
        settings("postgresql://nobody@127.0.0.1:1/nothing"),
        data_dir=here.parts.destinations.file.parent,
    )
    here.parts.destinations.warm()
    app = create_app(known, here.clock)
    late = replace(here, app=app, parts=app.extensions["callweave"])
    assert line(late).ring() == f"dial {SITE_DESK}"
    assert Line(late, "+442079460555").ring() == f"dial {FRONT_DESK}"
    close(late.parts)


def test_rings_at_once_in_an_outage_are_all_answered(here: Service) -> None:
    rings: list[Callable[[], str]] = [Line(here, number).ring for number in tracked(9) * 2]
    with outage("locked", here):
        began = time.monotonic()
        assert set(at_once(rings)) == {f"dial {SITE_DESK}"}
        assert time.monotonic() - began < BUDGET_MS / 1000 + 3
    drained(here)
    assert len(here.calls()) == len(rings)

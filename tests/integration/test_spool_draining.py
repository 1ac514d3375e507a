"""Behind everybody's back, what is kept is taken in as soon as the database answers again."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace

import psycopg
import pytest
from sqlalchemy import update

from callweave.intake import Intake, Webhook
from callweave.simulator.forms import final_form, ring_form
from callweave.storage.accounts import Refusal as RefusalCount
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.set_aside import SetAside
from callweave.workflows.count_refusal import Refusal
from databases import PostgresDatabases
from outages import locked
from service import Line, Service, service
from shops import FRONT_DESK, tracked

RECOVERY_S = 5.0  # what is promised; this machine has other things to do, so it gets as much again


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url, voice_budget_ms=400) as here:
        yield here


def kept(here: Service) -> Line:
    line = Line(here, tracked(1)[0])
    hook = Webhook("ring", None, tuple(ring_form(line.party).items()), here.clock())
    here.parts.spool.keep(hook, "<Response/>")
    return line


def empties(here: Service) -> bool:
    deadline = time.monotonic() + 2 * RECOVERY_S
    while here.parts.spool.waiting and time.monotonic() < deadline:
        time.sleep(0.05)
    return here.parts.spool.waiting == 0


def test_what_waits_at_the_start_is_taken_in(here: Service) -> None:
    line = kept(here)
    here.parts.draining.start()
    assert empties(here)
    assert here.call(line).state == "ringing"


def test_an_outage_is_over_within_seconds_and_without_a_restart(
    here: Service, database_url: str
) -> None:
    here.parts.draining.start()
    with locked(database_url):
        line = Line(here, tracked(1)[0])
        assert line.ring() == f"dial {FRONT_DESK}"
        time.sleep(1.2)
        assert here.parts.spool.waiting == 1
    assert empties(here)
    assert here.call(line).fell_back


def test_nothing_is_asked_of_the_database_while_nothing_waits(here: Service) -> None:
    here.parts.database.close()
    here.parts.draining.turn()
    assert here.parts.database.engine.pool.status().count("Connections in pool: 0") == 1


@dataclass(frozen=True, slots=True)
class Faulty(Intake):
    def take(self, hook: Webhook, given: str | None) -> None:
        raise KeyError("a fault of ours")


def test_what_a_fault_of_ours_refuses_is_set_aside_with_its_reason(here: Service) -> None:
    kept(here)
    ours = here.parts.intake
    faulty = Faulty(
        ours.database, ours.mint, ours.addresses, ours.account_sid, ours.default_destination
    )
    assert replace(here.parts.draining, intake=faulty).turn() == 1
    (row,) = here.rows(SetAside)
    assert "a fault of ours" in row.reason
    assert row.given == "<Response/>"


@contextmanager
def holding(here: Service, line: Line) -> Iterator[None]:
    """One call of many is somebody else's just now."""
    with psycopg.connect(here.database.engine.url.render_as_string(hide_password=False)) as holder:
        holder.execute("SELECT id FROM calls WHERE sid = %s FOR UPDATE", (line.sid,))
        yield
        holder.rollback()


def test_a_call_that_is_locked_holds_up_no_other(postgresql: PostgresDatabases) -> None:
    with (
        postgresql.migrated() as url,
        closing(database := Database(url)),
        service(database, url, voice_budget_ms=400) as here,
    ):
        stuck, other = kept(here), kept(here)
        assert here.parts.draining.turn() == 2
        keep_end(here, stuck)
        keep_end(here, other)
        with holding(here, stuck):
            assert here.parts.draining.turn() == 1
            assert here.call(other).state == "ended"
        assert here.parts.draining.turn() == 1
        assert here.call(stuck).state == "ended"


def keep_end(here: Service, line: Line) -> None:
    form = final_form(line.party, "completed", here.clock(), 60)
    here.parts.spool.keep(Webhook("status", None, tuple(form.items()), here.clock()), None)


def test_once_a_minute_what_is_known_from_memory_is_made_new(here: Service) -> None:
    """On a quiet line as well, and on no thread that a caller waits for."""
    with here.database.writing() as session:
        session.execute(update(Site).values(default_destination="+441614960111"))
    here.parts.refused.add(Refusal.FORGED_WEBHOOK)
    here.clock.move(seconds=61)
    Line(here, tracked(1)[0]).ring()
    here.shown()
    assert here.parts.destinations.of(tracked(1)[0]) == FRONT_DESK
    assert here.rows(RefusalCount) == []
    here.parts.draining.start()
    deadline = time.monotonic() + 2 * RECOVERY_S
    while not here.rows(RefusalCount) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert here.parts.destinations.of(tracked(1)[0]) == "+441614960111"
    assert [row.times for row in here.rows(RefusalCount)] == [1]


def test_a_clock_that_was_put_back_does_not_stop_it(here: Service) -> None:
    here.clock.move(seconds=-86_400)
    assert here.parts.destinations.is_stale


def test_what_was_kept_twice_is_one_call(here: Service) -> None:
    line = kept(here)
    form = tuple(ring_form(line.party).items())
    here.parts.spool.keep(Webhook("ring", None, form, here.clock()), "<Response/>")
    assert here.parts.draining.turn() == 2
    assert len(here.calls()) == 1


@contextmanager
def unwritable(url: str) -> Iterator[None]:
    """It can be read, and whoever writes is refused at once, as on a standby or a full disk."""
    if url.startswith("sqlite:"):
        refusing = "CREATE TRIGGER full BEFORE INSERT ON calls BEGIN DELETE FROM full; END"
        file = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file)) as holder:
            holder.execute(refusing)
            yield
            holder.execute("DROP TRIGGER full")
        return
    with psycopg.connect(url, autocommit=True) as holder:
        name = holder.info.dbname
        holder.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        yield
        holder.execute("SET default_transaction_read_only = off")
        holder.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")


@pytest.mark.parametrize(("trouble", "turns"), [(locked, 3), (unwritable, 300)])
def test_however_long_it_lasts_nothing_is_given_up(
    here: Service,
    database_url: str,
    trouble: Callable[[str], AbstractContextManager[None]],
    turns: int,
) -> None:
    line = kept(here)
    with trouble(database_url):
        here.parts.database.close()
        assert [here.parts.draining.turn() for _ in range(turns)] == [0] * turns
    here.parts.database.close()
    assert any(here.parts.draining.turn() for _ in range(12))
    assert here.call(line).state == "ringing"
    assert here.rows(SetAside) == []


def test_one_who_cannot_write_is_not_well(here: Service, database_url: str) -> None:
    assert here.parts.draining.is_well()
    with locked(database_url):
        assert not here.parts.draining.is_well()
    assert here.parts.draining.is_well()

"""Behind everybody's back, what is kept is taken in as soon as the database answers again."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from callweave.intake import Intake, Webhook
from callweave.simulator.forms import ring_form
from callweave.storage.database import Database
from callweave.storage.set_aside import SetAside
from callweave.web.draining import Draining
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
    assert Draining(here.parts.spool, faulty).turn() == 1
    (row,) = here.rows(SetAside)
    assert "a fault of ours" in row.reason
    assert row.given == "<Response/>"


def test_what_was_kept_twice_is_one_call(here: Service) -> None:
    line = kept(here)
    form = tuple(ring_form(line.party).items())
    here.parts.spool.keep(Webhook("ring", None, form, here.clock()), "<Response/>")
    assert here.parts.draining.turn() == 2
    assert len(here.calls()) == 1

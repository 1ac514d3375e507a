"""Rows that make no sense and parts that fail: the caller hears a person's phone ring."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from callweave.domain.ids import Mint
from callweave.storage.accounts import Site
from callweave.storage.base import Base
from callweave.storage.calls import CallReport
from callweave.storage.database import Database
from callweave.storage.plans import Agent, Plan
from databases import SqliteDatabases
from service import Line, Service, service
from shops import FRONT_DESK, shop, tracked

SITE_DESK = "+441614960199"
BUDGET_MS = 400
SHOP = replace(shop(9), default_destination=SITE_DESK)


@pytest.fixture
def url(sqlite: SqliteDatabases) -> Iterator[str]:
    with sqlite.migrated() as url:
        yield url


@pytest.fixture
def here(url: str) -> Iterator[Service]:
    database = Database(url)
    with service(database, url, SHOP) as here:
        yield here
    database.close()


def line(here: Service) -> Line:
    return Line(here, tracked(1)[0])


def mint_with(here: Service, entropy: Callable[[int], bytes]) -> None:
    intake = replace(here.parts.intake, mint=Mint(entropy))
    here.app.extensions["callweave"] = replace(here.parts, intake=intake)


def test_a_ring_that_was_too_late_leaves_nothing_behind(url: str) -> None:
    def slow(size: int) -> bytes:
        time.sleep(BUDGET_MS / 1000 * 2)
        return b"\0" * size

    database = Database(url)
    with service(database, url, SHOP, voice_budget_ms=BUDGET_MS) as here:
        mint_with(here, slow)
        assert line(here).ring() == f"dial {SITE_DESK}"
        here.parts.budget._threads.shutdown()
        assert (here.calls(), here.rows(CallReport)) == ([], [])
        assert {agent.call_id for agent in here.rows(Agent)} == {None}
    database.close()


def change(here: Service, model: type[Base], **values: object) -> None:
    with here.database.writing() as session:
        session.execute(update(model).values(values))


@pytest.mark.parametrize(
    "body", [{}, {"rules": 1}, {"time_zone": "Mars/Olympus", "default": {"targets": []}}]
)
def test_a_plan_that_cannot_be_read(here: Service, body: dict[str, object]) -> None:
    change(here, Plan, body=body)
    call = line(here)
    assert call.ring() == f"dial {SITE_DESK}"
    assert call.dialled(0, "no-answer") == "voicemail"
    assert here.call(call).decision is None


@pytest.mark.parametrize("values", [{"endpoint": "a bell"}, {"hours": {"blursday": "9-5"}}])
def test_an_agent_who_cannot_be_read(here: Service, values: dict[str, object]) -> None:
    change(here, Agent, **values)
    assert line(here).ring() == f"dial {SITE_DESK}"


def test_a_desk_that_cannot_be_rung_gives_way_to_the_services_own(url: str) -> None:
    database = Database(url)
    with service(database, url, replace(SHOP, default_destination="the desk")) as here:
        change(here, Plan, body={})
        assert line(here).ring() == f"dial {FRONT_DESK}"
    database.close()


def test_chance_that_fails(here: Service) -> None:
    def broken(_: int) -> bytes:
        raise OSError("no entropy")

    mint_with(here, broken)
    assert line(here).ring() == f"dial {SITE_DESK}"
    assert line(here).dialled(0, "busy") == "voicemail"


def test_a_desk_that_moved_is_known_within_a_minute(here: Service) -> None:
    change(here, Site, default_destination=FRONT_DESK)
    here.parts.destinations.warm()
    change(here, Site, default_destination=SITE_DESK)
    here.clock.move(minutes=1, seconds=1)
    here.parts.draining.turn()
    assert here.parts.destinations.of(tracked(1)[0]) == SITE_DESK

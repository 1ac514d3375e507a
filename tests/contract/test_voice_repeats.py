"""Repeated, late and reordered reports, on both databases: nothing is doubled, nothing undone."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from callweave.simulator.forms import call_form, ring_form
from callweave.storage.callbook import NewReport
from callweave.storage.calls import CallReport, Leg
from callweave.storage.database import Database
from callweave.storage.plans import Agent
from callweave.workflows.follow_call import Reported, follow_call
from databases import PostgresDatabases
from service import Line, Service, at_once, service
from shops import ANA, BEN, FRONT_DESK, shop

Step = Callable[[], object]


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url, shop(9)) as here:
        yield here


def course(line: Line) -> list[Step]:
    """Ana is busy, Ben picks up and talks; every request of it."""
    return [
        line.ring,
        lambda: line.leg(1, "initiated", 0).status_code,
        lambda: line.leg(1, "busy", 1, 0).status_code,
        lambda: line.dialled(1, "busy"),
        lambda: line.leg(2, "ringing", 1).status_code,
        lambda: line.leg(2, "in-progress", 2).status_code,
        lambda: line.whisper(2),
        lambda: line.leg(2, "completed", 3, 60).status_code,
        lambda: line.dialled(2, "completed", 60),
        lambda: line.over().status_code,
    ]


ANSWERS: list[object] = [
    f"dial {ANA}",
    204,
    204,
    f"dial {BEN}",
    204,
    204,
    "say Call about a holiday in the Bahamas. New caller.",
    204,
    "hang up",
    204,
]


@pytest.mark.parametrize("times", [1, 2, 5])
def test_each_report_again_and_again_is_answered_the_same_and_kept_once(
    here: Service, times: int
) -> None:
    line = Line(here, here.shown())
    for step, answer in zip(course(line), ANSWERS, strict=True):
        assert [step() for _ in range(times)] == [answer] * times
    assert len(here.rows(CallReport)) == len(ANSWERS)
    call = here.call(line)
    assert (call.state, call.result, call.answered_by) == ("ended", "answered", "Ben")


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=1), timedelta(days=30)])
def test_a_call_told_again_in_any_order_changes_no_row(here: Service, later: timedelta) -> None:
    line = Line(here, here.shown())
    steps = course(line)
    for step in steps:
        step()
    before = here.snapshot()
    here.clock.at += later
    again = {nth: steps[nth]() for nth in random.Random(7).sample(range(len(steps)), len(steps))}
    assert [again[nth] for nth in range(len(steps))] == ANSWERS
    assert here.snapshot() == before


@pytest.mark.parametrize("seed", range(4))
def test_whatever_order_reports_come_in_the_call_ends_as_it_ended(here: Service, seed: int) -> None:
    line = Line(here, here.shown())
    steps = course(line)
    random.Random(seed).shuffle(steps)
    for step in steps:
        assert step() != "voicemail"
    call = here.call(line)
    assert (call.state, call.result, call.duration_s) == ("ended", "answered", 60)
    assert len(here.rows(CallReport)) == len(steps)
    assert {agent.call_id for agent in here.rows(Agent)} == {None}


@pytest.mark.parametrize("nth", [0, 3, 8, 9])
def test_one_report_five_times_at_once_is_kept_once(here: Service, nth: int) -> None:
    line = Line(here, here.shown())
    steps = course(line)
    for step in steps[:nth]:
        step()
    assert at_once([steps[nth]] * 5) == [ANSWERS[nth]] * 5
    assert len(here.rows(CallReport)) == nth + 1
    assert len(here.calls()) == 1
    held = [agent.name for agent in here.rows(Agent) if agent.call_id]
    assert held == {0: ["Ana"], 3: ["Ben"]}.get(nth, [])


def test_the_whole_call_at_once_is_one_call(here: Service) -> None:
    line = Line(here, here.shown())
    at_once(course(line))
    assert len(here.calls()) == 1
    assert here.call(line).state == "ended"
    assert len(here.rows(CallReport)) == len(ANSWERS)


def test_reports_of_one_call_wait_for_one_another(
    postgresql: PostgresDatabases,
) -> None:
    """The end of the call must know of the talk, however late that is written."""
    with postgresql.migrated() as url, service(Database(url), url, shop(9)) as here:
        line = Line(here, here.shown())
        line.ring()
        told = {"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "60"}
        form = call_form(line.party, "in-progress") | told
        report = NewReport(line.sid, "dialled:1", "dialled", "1", form)
        with ThreadPoolExecutor(1) as other:
            with here.database.hot() as tx:
                reported = Reported(report, here.parts.intake.addresses, FRONT_DESK)
                follow_call(tx, reported, here.clock())
                over = other.submit(line.over)
                time.sleep(0.3)
            assert over.result().status_code == 204
        assert (here.call(line).result, here.call(line).duration_s) == ("answered", 60)
        here.database.close()


def test_a_ring_that_another_report_overtook_is_kept_and_connected(here: Service) -> None:
    line = Line(here, here.shown())
    line.send("status", call_form(line.party, "ringing"))
    assert [line.ring(), line.ring()] == [f"dial {FRONT_DESK}"] * 2
    assert here.call(line).match_status == "exclusive"
    assert len(here.rows(CallReport)) == 2


def test_a_ring_after_the_end_hangs_up_and_rings_nobody(here: Service) -> None:
    line = Line(here, here.shown())
    line.over("canceled", 0)
    assert line.ring() == "hang up"
    assert here.rows(Leg) == []
    assert {agent.call_id for agent in here.rows(Agent)} == {None}


def test_what_comes_after_the_end_rings_nobody(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    line.over("canceled", 0)
    assert line.dialled(1, "busy") == "hang up"
    assert line.fallback() == "hang up"
    assert {agent.call_id for agent in here.rows(Agent)} == {None}


def test_reports_are_kept_as_they_came(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    with here.database.reading() as session:
        kept = session.scalars(select(CallReport)).one()
        assert session.scalar(select(func.count()).select_from(CallReport)) == 1
    assert (kept.kind, kept.leg, kept.received_at) == ("ring", None, here.clock())
    assert (kept.form["From"], kept.form["CallerCity"]) == (line.caller, "")
    assert kept.answer == line.send("ring", ring_form(line.party)).text

"""The carrier could not use an answer of ours and asks for the fallback: it gets another."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from api_stage import PUBLIC
from callweave.simulator.forms import call_form
from callweave.storage.calls import CallReport, Leg
from callweave.storage.database import Database
from callweave.storage.plans import Agent
from service import Line, Service, heard, service
from shops import ANA, BEN, PLAN, shop

SITE_DESK = "+441614960199"
SECOND, THIRD = "+441614960122", "+441614960133"
NOT_RUN = "12100"
RANG = "no-answer"


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    wanted = replace(shop(9), default_destination=SITE_DESK)
    with service(database, database_url, wanted) as here:
        yield here


@pytest.fixture
def line(here: Service) -> Line:
    return Line(here, here.shown())


@pytest.fixture
def third(database: Database, database_url: str) -> Iterator[Line]:
    """Ana is rung, and then two phones that are nobody's and can be rung whenever."""
    targets = [{"agents": ["Ana"]}, {"destination": SECOND}, {"destination": THIRD}]
    plan = {**PLAN, "rules": [], "default": {"targets": targets}}
    wanted = replace(shop(9), default_destination=SITE_DESK, plan=plan)
    with service(database, database_url, wanted) as here:
        yield Line(here, here.shown())


def asked(line: Line, failed: str, code: str = "11200", **said: str) -> str:
    trouble = {"ErrorCode": code, "ErrorUrl": f"{PUBLIC}/voice/{failed}"} | said
    return heard(line.send("fallback", call_form(line.party, "in-progress") | trouble))


def legs(here: Service) -> list[tuple[int, str, str | None]]:
    rows = sorted(here.rows(Leg), key=lambda leg: leg.position)
    return [(leg.position, leg.state, leg.result) for leg in rows]


def test_after_a_talk_whose_end_was_not_heard_nobody_is_rung(line: Line) -> None:
    line.ring()
    line.whisper(1)
    said = {"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "60"}
    assert asked(line, "dialled?leg=1", **said) == "hang up"
    call = line.service.call(line)
    assert (call.state, call.result, call.answered_by) == ("ended", "answered", "Ana")
    assert legs(line.service) == [(1, "ended", "talked")]


def test_a_failed_ring_and_then_a_lost_talk_are_two_things(line: Line) -> None:
    """One key for both made the second ring the default destination again."""
    line.ring()
    assert asked(line, "ring") == f"dial {SITE_DESK}"
    said = {"DialCallStatus": "completed", "DialBridged": "true"}
    assert asked(line, "dialled?leg=0", **said) == "hang up"
    assert line.service.call(line).fell_back


def test_who_may_have_talked_is_offered_voicemail_and_rung_to_nobody(line: Line) -> None:
    line.ring()
    line.whisper(1)
    assert asked(line, "dialled?leg=1") == "voicemail"
    assert legs(line.service) == [(1, "ended", "talked")]
    line.voicemail()
    line.over()
    assert line.service.call(line).result == "voicemail"


def test_when_nobody_picked_up_the_next_is_rung(line: Line) -> None:
    line.ring()
    assert asked(line, "dialled?leg=1", CallStatus="ringing") == f"dial {BEN}"
    held = {agent.name: agent.call_id for agent in line.service.rows(Agent)}
    assert held["Ana"] is None
    assert held["Ben"] == line.service.call(line).id


def test_a_dial_known_to_have_joined_nobody_goes_on_though_it_was_picked_up(line: Line) -> None:
    line.ring()
    line.whisper(1)
    said = {"DialCallStatus": "completed", "DialBridged": "false"}
    assert asked(line, "dialled?leg=1", **said) == f"dial {BEN}"


def test_an_answer_that_only_never_arrived_is_given_again(line: Line) -> None:
    line.ring()
    assert line.dialled(1, "busy") == f"dial {BEN}"
    assert asked(line, "dialled?leg=1") == f"dial {BEN}"


def test_an_answer_that_could_not_be_run_is_not_given_again(third: Line) -> None:
    assert third.ring() == f"dial {ANA}"
    assert third.dialled(1, "busy") == f"dial {SECOND}"
    assert asked(third, "dialled?leg=1", NOT_RUN) == f"dial {THIRD}"
    assert [row[0] for row in legs(third.service)] == [1, 2, 3]


def test_after_all_were_tried_there_is_voicemail(line: Line) -> None:
    line.ring()
    line.dialled(1, RANG)
    assert asked(line, "dialled?leg=2") == "voicemail"


@pytest.mark.parametrize(
    ("failed", "answer"),
    [
        ("ring", f"dial {SITE_DESK}"),
        ("dialled?leg=0", "voicemail"),
        ("voicemail", "goodbye"),
        ("fallback", "voicemail"),
        ("whisper?leg=1", "say Call about a holiday in the Bahamas. New caller."),
    ],
)
def test_each_failure_has_its_own_way_out(line: Line, failed: str, answer: str) -> None:
    line.ring()
    assert [asked(line, failed), asked(line, failed)] == [answer, answer]
    keys = [row.key for row in line.service.rows(CallReport)]
    assert len(keys) == len(set(keys)) == 1 + 1


def test_the_default_destination_is_rung_once(line: Line) -> None:
    """Here from memory, before the database came back."""
    assert asked(line, "dialled?leg=0") == "voicemail"
    assert asked(line, "ring") == "voicemail"


def test_a_message_that_was_left_counts_though_its_own_report_was_lost(line: Line) -> None:
    line.ring()
    left = {"RecordingSid": "RE1", "RecordingUrl": "https://api.example/RE1"}
    assert asked(line, "voicemail", **left, RecordingDuration="9") == "goodbye"
    line.over()
    call = line.service.call(line)
    assert (call.result, call.voicemail_s) == ("voicemail", 9)


def test_a_dial_reported_after_the_fallback_went_on_rings_nobody_else(third: Line) -> None:
    third.ring()
    assert asked(third, "dialled?leg=1", CallStatus="ringing") == f"dial {SECOND}"
    assert third.dialled(1, "busy") == "voicemail"
    assert [row[0] for row in legs(third.service)] == [1, 2]


def test_a_call_nobody_decided_on_rings_the_default_destination(line: Line) -> None:
    assert asked(line, "dialled?leg=1", DialCallStatus="busy") == f"dial {SITE_DESK}"
    assert ANA not in {leg.endpoint for leg in line.service.rows(Leg)}

"""Calls that would come back to us for ever are taken by voicemail; whoever else calls is not."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest

from callweave.domain.routing.decide import COMES_BACK
from callweave.domain.routing.explain import explain
from callweave.domain.routing.plans import MOST_ATTEMPTS, MOST_SECONDS
from callweave.domain.routing.records import decision_from_data
from callweave.simulator.dialling import RING_BUFFER
from callweave.simulator.forms import ring_form
from callweave.simulator.twiml import parse
from callweave.simulator.verbs import Dial
from callweave.storage.accounts import Site
from callweave.storage.calls import Leg
from callweave.storage.database import Database
from callweave.storage.plans import Agent
from service import CALLER, Line, Service, heard, service
from shops import ANA, DEV, FRONT_DESK, PLAN, shop, tracked

SITE_DESK = "+441614960199"
LONGEST_CIRCLE = 20
STRANGE_NUMBER = "+442079460555"


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    wanted = replace(shop(9), default_destination=SITE_DESK)
    with service(database, database_url, wanted) as here:
        yield here


def rings(line: Line, **more: str) -> str:
    return heard(line.send("ring", {**ring_form(line.party), **more}))


def why(here: Service, line: Line) -> str:
    return " ".join(explain(decision_from_data(here.call(line).decision)))


@pytest.mark.parametrize("number", [tracked(1)[0], STRANGE_NUMBER])
@pytest.mark.parametrize(
    ("caller", "seconds", "most", "whose"),
    [(CALLER, 3, 3, "of this caller"), ("anonymous", 1, 11, "from withheld numbers")],
)
def test_a_circle_ends_in_voicemail(
    database: Database,
    database_url: str,
    number: str,
    caller: str,
    seconds: int,
    most: int,
    whose: str,
) -> None:
    """Whoever is rung forwards at once to the number that was called, and hides it."""
    wanted = replace(shop(9), plan=None, default_destination=SITE_DESK)
    with service(database, database_url, wanted) as here:
        laps = [Line(here, number, caller)]
        while rings(laps[-1]) != "voicemail":
            assert len(laps) < LONGEST_CIRCLE
            here.clock.move(seconds=seconds)
            laps.append(Line(here, number, caller))
        assert len(laps) == most + 1
        assert f"{most} calls {whose} have begun to ring in 30 s" in why(here, laps[-1])


@pytest.mark.parametrize("number", [tracked(1)[0], STRANGE_NUMBER])
def test_a_circle_whose_every_lap_is_picked_up_ends_too(
    database: Database, database_url: str, number: str
) -> None:
    """A switchboard answers and then rings us, as somebody else's and with the caller's number."""
    wanted = replace(shop(9), plan=None, default_destination=SITE_DESK)
    with service(database, database_url, wanted) as here:
        laps = [Line(here, number)]
        while rings(laps[-1]) != "voicemail":
            assert len(laps) < 2 * LONGEST_CIRCLE
            laps[-1].whisper(1)
            here.clock.move(seconds=20)
            laps.append(Line(here, number))
        assert len(laps) == 27
        assert "26 calls of this caller have begun in 10 min and go on" in why(here, laps[-1])


@pytest.mark.parametrize("phone", [ANA, DEV, SITE_DESK, FRONT_DESK])
def test_what_a_phone_of_ours_forwards_is_not_sent_there_again(here: Service, phone: str) -> None:
    line = Line(here, here.shown())
    assert rings(line, ForwardedFrom=phone) == "voicemail"
    assert f"{phone}, which we ring ourselves, forwarded the call to us" in why(here, line)
    assert {agent.call_id for agent in here.rows(Agent)} == {None}


@pytest.mark.parametrize("phone", ["+442071838750", "anonymous", ""])
def test_what_somebody_else_forwards_is_a_call_like_others(here: Service, phone: str) -> None:
    line = Line(here, here.shown())
    assert rings(line, ForwardedFrom=phone) == f"dial {ANA}"


def test_a_person_who_rings_again_and_again_gets_a_person(here: Service) -> None:
    number = here.shown()
    for _ in range(6):
        line = Line(here, number)
        assert rings(line) == f"dial {ANA}"
        line.over("canceled", 0)


def test_a_switchboard_that_calls_twice_at_once_gets_two_people(here: Service) -> None:
    number = here.shown()
    lines = [Line(here, number, "+441614961000") for _ in range(2)]
    assert all(rings(line).startswith("dial") for line in lines)


def test_callers_who_withhold_their_number_are_not_one_caller(here: Service) -> None:
    heard = [rings(Line(here, STRANGE_NUMBER, "anonymous")) for _ in range(6)]
    assert heard == [f"dial {FRONT_DESK}"] * 6


def test_an_agent_who_was_given_a_number_of_ours_is_skipped(here: Service) -> None:
    with here.database.writing() as session:
        for agent in session.query(Agent).filter(Agent.name == "Ana"):
            agent.endpoint = tracked(2)[1]
    line = Line(here, here.shown())
    assert rings(line).startswith("dial +4416149601")
    assert f"Ana skipped: {COMES_BACK}." in why(here, line)
    assert {leg.name for leg in here.rows(Leg)} == {"Ben"}


def test_a_default_destination_that_is_ours_is_not_rung(here: Service) -> None:
    number = here.shown()
    with here.database.writing() as session:
        for site in session.query(Site):
            site.default_destination = tracked(2)[1]
    line = Line(here, number)
    line.ring()
    assert line.fallback() == "voicemail"


def test_the_installations_default_destination_is_not_rung_where_it_is_ours(
    database: Database, database_url: str
) -> None:
    ours = tracked(2)[1]
    with service(database, database_url, shop(9), default_destination=ours) as here:
        line = Line(here, STRANGE_NUMBER)
        assert rings(line) == "voicemail"
        assert f"{ours} {COMES_BACK}" in why(here, line)


@pytest.mark.parametrize("ring_seconds", [5, 15, 45])
def test_voicemail_comes_after_three_attempts_and_45_seconds_at_most(
    database: Database, database_url: str, ring_seconds: int
) -> None:
    """By what the carrier is told to do: how often it dials, and how long it lets it ring."""
    everybody = {"targets": [{"agents": ["Ana", "Ben", "Dev"]}, {"destination": SITE_DESK}]}
    plan = {**PLAN, "rules": [], "default": everybody, "ring_seconds": ring_seconds}
    with service(database, database_url, replace(shop(9), plan=plan)) as here:
        line = Line(here, here.shown())
        dials, answer = [], line.send("ring", ring_form(line.party))
        for leg in count(1):
            (verb, *_) = parse(answer.data, "https://calls.example/voice/ring").verbs
            if not isinstance(verb, Dial):
                break
            dials.append(verb.timeout)
            form = ring_form(line.party) | {"DialCallStatus": "no-answer"}
            answer = line.send(f"dialled?leg={leg}", form)
    assert heard(answer) == "voicemail"
    assert 1 <= len(dials) <= MOST_ATTEMPTS
    assert sum(seconds + RING_BUFFER for seconds in dials) <= MOST_SECONDS

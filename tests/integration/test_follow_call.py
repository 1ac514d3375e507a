"""The carrier reports: the next agent is rung, agents are freed, and the call's story is kept."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from callweave.storage.calls import Leg
from callweave.storage.database import Database
from callweave.storage.plans import Agent
from callweave.workflows.set_up_site import AgentSetUp
from service import Line, Service, at_once, service
from shops import ANA, BEN, DEV, NOON, PLAN, shop

SITE_DESK = "+441614960199"
ZOE = "+441614960108"


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    wanted = replace(shop(9), default_destination=SITE_DESK)
    with service(database, database_url, wanted) as here:
        yield here


@pytest.fixture
def twins(database: Database, database_url: str) -> Iterator[Service]:
    """Ana and Zoe know the Bahamas equally well."""
    agents = tuple(
        AgentSetUp(name, phone, {"bahamas": 9}, {}) for name, phone in [("Ana", ANA), ("Zoe", ZOE)]
    )
    with service(database, database_url, replace(shop(9), agents=agents)) as here:
        yield here


def ringing(here: Service) -> Line:
    """A new visitor who has read about the Bahamas, and whose call rings Ana or who is next."""
    line = Line(here, here.shown())
    line.ring()
    return line


def holders(here: Service) -> dict[str, str | None]:
    return {agent.name: agent.call_id for agent in here.rows(Agent)}


def everybody_is_free(here: Service) -> bool:
    return set(holders(here).values()) == {None}


def legs(here: Service) -> list[tuple[int, str, str, str | None]]:
    rows = sorted(here.rows(Leg), key=lambda leg: leg.position)
    return [(leg.position, leg.name, leg.state, leg.result) for leg in rows]


def talk_with_ana(line: Line) -> None:
    line.leg(1, "in-progress", 2)
    line.whisper(1)
    line.service.clock.move(seconds=60)
    line.leg(1, "completed", 3, 60)


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed"])
def test_who_does_not_answer_is_followed_by_the_next_and_then_by_voicemail(
    here: Service, status: str
) -> None:
    line = ringing(here)
    assert line.dialled(1, status) == f"dial {BEN}"
    assert line.dialled(2, status) == "voicemail"
    assert line.voicemail() == "goodbye"
    line.over()
    call = here.call(line)
    assert (call.state, call.result, call.voicemail_s) == ("ended", "voicemail", 12)
    result = status.replace("-", "_")
    assert legs(here) == [(1, "Ana", "ended", result), (2, "Ben", "ended", result)]
    assert everybody_is_free(here)


def test_a_caller_who_leaves_no_message_was_missed(here: Service) -> None:
    line = ringing(here)
    line.dialled(1, "no-answer")
    line.dialled(2, "no-answer")
    line.over(seconds=9)
    call = here.call(line)
    assert (call.state, call.result, call.voicemail_url) == ("ended", "missed", None)


def test_an_agent_who_hangs_up_during_the_whisper_is_followed_by_the_next(here: Service) -> None:
    line = ringing(here)
    line.leg(1, "in-progress", 2)
    line.whisper(1)
    assert here.call(line).state == "talking"  # presumed, until the dial says otherwise
    line.leg(1, "completed", 3, 2)
    assert line.dialled(1, "completed") == f"dial {BEN}"
    assert here.call(line).state == "ringing"
    assert legs(here)[0] == (1, "Ana", "ended", "not_joined")


def test_after_a_talk_the_line_is_hung_up_and_the_talk_is_kept(here: Service) -> None:
    line = ringing(here)
    talk_with_ana(line)
    assert line.dialled(1, "completed", 60) == "hang up"
    line.over(seconds=60)
    call = here.call(line)
    assert (call.state, call.result, call.answered_by) == ("ended", "answered", "Ana")
    assert (call.talk_s, call.duration_s, call.answered_at) == (60, 60, NOON)
    assert everybody_is_free(here)


def test_an_agent_takes_one_call_at_a_time(here: Service) -> None:
    assert Line(here, here.shown()).ring() == f"dial {ANA}"
    assert Line(here, here.shown()).ring() == f"dial {BEN}"
    assert Line(here, here.shown()).ring() == f"dial {DEV}"
    assert Line(here, here.shown()).ring() == "voicemail"


def test_an_agent_who_talks_stays_taken(here: Service) -> None:
    line = ringing(here)
    line.leg(1, "in-progress", 2)
    here.clock.move(minutes=25)
    assert Line(here, here.shown()).ring() == f"dial {BEN}"


def test_an_agent_of_whom_nothing_is_heard_can_be_rung_again(here: Service) -> None:
    ringing(here)
    here.clock.move(seconds=44)
    assert Line(here, here.shown()).ring() == f"dial {BEN}"
    here.clock.move(seconds=2)
    assert Line(here, here.shown()).ring() == f"dial {ANA}"


def test_a_caller_who_hangs_up_frees_the_agent_who_rings(here: Service) -> None:
    line = ringing(here)
    line.over("canceled", 0)
    call = here.call(line)
    assert (call.result, call.ended_by) == ("missed", "caller")
    assert legs(here) == [(1, "Ana", "ended", "canceled")]
    assert Line(here, here.shown()).ring() == f"dial {ANA}"


def test_an_agent_whom_another_call_took_in_the_meantime_is_skipped(here: Service) -> None:
    first, second = ringing(here), ringing(here)
    assert holders(here)["Ben"] == here.call(second).id
    assert first.dialled(1, "busy") == "voicemail"
    assert holders(here)["Ben"] == here.call(second).id


def test_a_late_report_does_not_free_the_agent_of_another_call(here: Service) -> None:
    first = ringing(here)
    here.clock.move(minutes=2)
    second = ringing(here)
    first.over("canceled", 0)
    assert holders(here)["Ana"] == here.call(second).id


def test_among_equals_who_has_been_idle_the_longest_is_rung(twins: Service) -> None:
    rung = []
    for _ in range(4):
        line = Line(twins, twins.shown())
        rung.append(line.ring())
        talk_with_ana(line)
        line.dialled(1, "completed", 60)
        line.over()
    assert rung == [f"dial {ANA}", f"dial {ZOE}"] * 2


def test_rings_at_once_never_reach_the_same_agent(here: Service) -> None:
    lines = [Line(here, here.shown()) for _ in range(6)]
    heard = at_once([line.ring for line in lines])
    assert sorted(heard) == sorted(
        [f"dial {ANA}", f"dial {BEN}", f"dial {DEV}"] + ["voicemail"] * 3
    )
    held = [call for call in holders(here).values() if call]
    assert len(set(held)) == 3


def test_calls_that_go_on_at_once_never_reach_the_same_agent(
    database: Database, database_url: str
) -> None:
    """Each rings somebody of its own first; then both want Ben."""
    rules = [
        {"name": topic, "when": {"interest": topic}, "targets": [{"agents": [first, "Ben"]}]}
        for topic, first in [("bahamas", "Ana"), ("norway", "Dev")]
    ]
    with service(database, database_url, replace(shop(), plan={**PLAN, "rules": rules})) as here:
        lines = [Line(here, here.shown(page)) for page in ("/bahamas", "/norway")]
        assert [line.ring() for line in lines] == [f"dial {ANA}", f"dial {DEV}"]
        following = at_once([partial(line.dialled, 1, "busy") for line in lines])
        assert sorted(following) == [f"dial {BEN}", "voicemail"]


def test_the_fallback_rings_the_sites_own_destination_and_is_told_apart(here: Service) -> None:
    line = ringing(here)
    assert line.fallback() == f"dial {SITE_DESK}"
    assert line.dialled(0, "completed", 30) == "hang up"
    call = here.call(line)
    assert (call.fell_back, call.result, call.answered_by) == (
        True,
        "answered",
        "default destination",
    )
    assert legs(here)[0] == (0, "default destination", "ended", "talked")


def test_a_call_that_was_answered_without_us_is_adopted_by_its_next_report(here: Service) -> None:
    line = Line(here, here.shown())
    assert line.dialled(0, "no-answer") == "voicemail"
    call = here.call(line)
    assert (call.match_status, call.visit_id is None, call.decision) == ("exclusive", False, None)
    assert legs(here) == [(0, "default destination", "ended", "no_answer")]


def test_a_legs_report_never_makes_a_call(here: Service) -> None:
    line = Line(here, here.shown())
    assert line.leg(1, "ringing", 1).status_code == 204
    assert line.whisper(1) == line.whisper(1) == "say A call from the website."
    assert here.calls() == []


def test_what_a_leg_reported_early_counts_once_the_call_is_there(here: Service) -> None:
    line = Line(here, here.shown())
    line.leg(1, "in-progress", 2)
    line.ring()
    line.leg(1, "completed", 3, 60)
    line.over()
    assert (here.call(line).result, here.call(line).answered_by) == ("answered", "Ana")

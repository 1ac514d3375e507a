"""A tracked number rings: whose call it is, who is rung, and what is kept of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callweave.domain.matching import in_words
from callweave.domain.outcomes import Disposition
from callweave.domain.routing.decisions import Dial
from callweave.domain.routing.records import decision_from_data
from callweave.simulator.forms import ring_form
from callweave.storage.calls import Call, Leg
from callweave.storage.database import Database
from callweave.storage.followed import lock_by_id
from callweave.storage.plans import Agent
from callweave.workflows.record_outcome import StatedOutcome, record_outcome
from service import Line, Service, service
from shops import ANA, BEN, DEV, FRONT_DESK, NOON, OVERFLOW, PLAN, open_shop, shop, tracked

SITE_DESK = "+441614960199"
NEVER_LENT = tracked(3)[2]
STRANGE_NUMBER = "+442079460555"


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    wanted = replace(shop(), default_destination=SITE_DESK)
    with service(database, database_url, wanted) as here:
        yield here


def with_plan(here: Service, *rules: dict[str, Any]) -> None:
    plan = {**PLAN, "rules": list(rules)}
    open_shop(here.database, replace(shop(), default_destination=SITE_DESK, plan=plan))


def state_outcome(here: Service, line: Line, disposition: Disposition) -> None:
    stated = StatedOutcome(disposition, None, "GBP", None, None, "Sam")
    with here.database.hot() as tx:
        call = lock_by_id(tx, here.call(line).id)
        assert call
        record_outcome(tx, here.parts.mint, call, stated, here.clock())


def candidate_reasons(call: Call) -> list[list[str]]:
    return [candidate["reasons"] for candidate in call.candidates]


def test_a_visitor_is_put_through_to_who_knows_the_subject(here: Service) -> None:
    line = Line(here, here.shown("/bahamas/hotels?utm_source=google&utm_medium=cpc"))
    assert line.ring() == f"dial {ANA}"
    call = here.call(line)
    assert (call.match_status, len(call.candidates)) == ("exclusive", 1)
    assert candidate_reasons(call) == [["was the only one shown this number when it rang"]]
    assert (call.visit_id, call.visitor_id) == (
        call.candidates[0]["visit"],
        call.candidates[0]["visitor"],
    )
    assert (call.channel, call.source) == ("Paid Search", "google")
    assert (call.rung_at, call.day, call.state) == (NOON, NOON.date(), "ringing")


def test_the_decision_is_kept_with_its_reasons(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    decision = decision_from_data(here.call(line).decision)
    assert isinstance(decision, Dial)
    assert [attempt.name for attempt in decision.attempts] == ["Ana", "Ben"]
    assert decision.trace.rules[0].findings[0].held
    assert here.call(line).plan_id


def test_the_first_leg_and_its_agents_hold_are_kept(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    (leg,) = here.rows(Leg)
    held = {agent.name: agent.call_id for agent in here.rows(Agent)}
    assert (leg.position, leg.name, leg.endpoint, leg.state) == (1, "Ana", ANA, "ringing")
    assert held == {"Ana": here.call(line).id, "Ben": None, "Dev": None}


def test_the_agent_hears_what_it_is_about_and_nothing_of_the_journey(here: Service) -> None:
    line = Line(here, here.shown("/bahamas?utm_source=spy&utm_campaign=secret-campaign"))
    line.ring()
    assert line.whisper(1) == "say Call about a holiday in the Bahamas. New caller."


def test_a_call_that_comes_after_its_lease_is_matched_by_history(here: Service) -> None:
    line = Line(here, here.shown())
    here.clock.move(minutes=50)
    assert line.ring() == f"dial {ANA}"
    call = here.call(line)
    assert call.match_status == "exclusive"
    assert candidate_reasons(call) == [
        [
            f"was the last one shown this number, until {in_words(timedelta(minutes=20))} before",
            "nobody has been lent the number since",
        ]
    ]


def test_a_late_call_belongs_to_who_was_lent_the_number_last(
    database: Database, database_url: str
) -> None:
    with service(database, database_url, shop(1)) as here:
        first, _ = here.shown("/bahamas"), here.clock.move(minutes=40)
        assert here.shown("/norway") == first
        line = Line(here, first)
        assert line.ring() == f"dial {DEV}"  # norway has no rule: the default
        assert candidate_reasons(here.call(line)) == [
            ["was the only one shown this number when it rang"]
        ]


def test_a_lease_of_last_season_proves_nothing(here: Service) -> None:
    line = Line(here, here.shown())
    here.clock.move(days=31)
    assert line.ring() == f"dial {DEV}"
    assert (here.call(line).match_status, here.call(line).candidates) == ("unknown", [])


def test_a_shared_number_names_everybody_who_saw_it_and_decides_for_nobody(
    database: Database, database_url: str
) -> None:
    with service(database, database_url, shop(1)) as here:
        here.shown()
        assert [here.shown(), here.shown(), here.shown()] == [OVERFLOW] * 3
        here.clock.move(minutes=35)
        assert here.shown("/norway") == tracked(1)[0]
        line = Line(here, OVERFLOW)
        assert line.ring() == f"dial {DEV}"
        call = here.call(line)
        assert (call.match_status, call.visit_id, call.channel) == ("shared", None, None)
        assert candidate_reasons(call) == [
            ["was shown this shared number until 5 min before"]
        ] * 3  # fmt: skip


def test_a_shared_number_that_one_visitor_saw_is_theirs(
    database: Database, database_url: str
) -> None:
    with service(database, database_url, shop(1)) as here:
        here.shown("/norway")
        assert here.shown("/bahamas") == OVERFLOW
        line = Line(here, OVERFLOW)
        assert line.ring() == f"dial {ANA}"
        assert here.call(line).match_status == "exclusive"


def test_who_was_held_back_for_a_crowd_is_a_candidate_like_all_who_share(
    database: Database, database_url: str
) -> None:
    with service(database, database_url, shop(20)) as here:
        for _ in range(12):
            here.announce(here.page("/norway"), X_Forwarded_For="198.51.100.7")
        here.clock.move(minutes=35)
        line = Line(here, OVERFLOW)
        assert line.ring() == f"dial {DEV}"
        call = here.call(line)
        assert call.match_status == "shared"
        assert candidate_reasons(call) == [["was shown this shared number until 5 min before"]] * 2
        assert {each["lease"]["assignment"] for each in call.candidates} == {"held_back"}


def test_a_number_that_nobody_was_shown_follows_the_plans_default(here: Service) -> None:
    line = Line(here, NEVER_LENT)
    assert line.ring() == f"dial {DEV}"
    assert (here.call(line).match_status, here.call(line).visit_id) == ("unknown", None)


def test_a_number_that_belongs_to_nobody_rings_the_default_destination(here: Service) -> None:
    line = Line(here, STRANGE_NUMBER)
    assert line.ring() == f"dial {FRONT_DESK}"
    call = here.call(line)
    assert (call.account_id, call.number_id, call.to_number) == (None, None, STRANGE_NUMBER)


def test_an_address_at_a_sip_domain_is_kept_in_full(here: Service) -> None:
    line = Line(here, "sip:bookings@farshore.sip.example")
    assert line.ring() == f"dial {FRONT_DESK}"
    assert here.call(line).to_number == "sip:bookings@farshore.sip.example"


def test_a_site_without_a_plan_rings_its_default_destination(
    database: Database, database_url: str
) -> None:
    wanted = replace(shop(), plan=None, default_destination=SITE_DESK)
    with service(database, database_url, wanted) as here:
        assert Line(here, here.shown()).ring() == f"dial {SITE_DESK}"


@pytest.mark.parametrize("caller", ["anonymous", "+266696687", "", "sip:bob@pbx.example"])
def test_who_withholds_their_number_is_connected_all_the_same(here: Service, caller: str) -> None:
    for number in (tracked(1)[0], STRANGE_NUMBER):
        line = Line(here, number, caller)
        answer = line.send("ring", {**ring_form(line.party), "FromCountry": "LS"})
        assert f'callerId="{number}"' in answer.text  # theirs would be refused
        assert (here.call(line).from_number, here.call(line).country) == (None, None)


def test_who_shows_their_number_is_shown_to_the_agent(here: Service) -> None:
    line = Line(here, here.shown())
    assert "callerId" not in line.send("ring", ring_form(line.party)).text


def test_the_outcome_of_an_earlier_call_reaches_the_rule(here: Service) -> None:
    wanted = {"earlier_outcome": "support"}
    with_plan(here, {"name": "Again", "when": wanted, "targets": [{"agents": ["Ben"]}]})
    first = Line(here, here.shown("/about"))
    assert first.ring() == f"dial {DEV}"
    first.over()
    state_outcome(here, first, Disposition.SUPPORT)
    here.clock.move(minutes=5)
    assert Line(here, NEVER_LENT).ring() == f"dial {BEN}"
    assert Line(here, NEVER_LENT, "+447700900999").ring() == f"dial {DEV}"


def test_a_visitor_is_known_again_from_another_phone(here: Service) -> None:
    with_plan(
        here, {"name": "Buyers", "when": {"customer": True}, "targets": [{"agents": ["Ben"]}]}
    )
    number = here.shown("/about")
    first = Line(here, number)
    first.ring()
    first.over()
    state_outcome(here, first, Disposition.WON)
    assert Line(here, number, "+447700900999").ring() == f"dial {BEN}"


def test_calls_of_one_account_are_nothing_to_another(here: Service) -> None:
    """Both know the caller's number; only one of them may know what became of the call."""
    wanted = {"called_before": True}
    with_plan(here, {"name": "Again", "when": wanted, "targets": [{"agents": ["Ben"]}]})
    Line(here, STRANGE_NUMBER).ring()
    assert Line(here, NEVER_LENT).ring() == f"dial {DEV}"


def test_the_newest_plan_counts_from_the_next_ring_on(here: Service) -> None:
    assert Line(here, NEVER_LENT).ring() == f"dial {DEV}"
    with_plan(here, {"name": "All", "when": {"country": "GB"}, "targets": [{"agents": ["Ben"]}]})
    assert Line(here, NEVER_LENT).ring() == f"dial {BEN}"

from datetime import timedelta

import pytest

from callweave.domain.routing.agents import Agent
from callweave.domain.routing.decide import NOBODY, decide
from callweave.domain.routing.decisions import Attempt, Dial, Skipped, Voicemail
from callweave.domain.routing.plans import Plan, default_plan
from callweave.domain.routing.profile import Profile
from routing_people import (
    NOBODY_KNOWN,
    NOON,
    OFFICE,
    READER_OF_BAHAMAS,
    a_plan,
    a_rule,
    an_agent,
)

BY_SKILL = a_plan(a_rule(), default=[{"destination": OFFICE}])


def rung(plan: Plan, *agents: Agent, profile: Profile = READER_OF_BAHAMAS) -> list[str]:
    decision = decide(plan, profile, agents, NOON)
    return [a.name for a in decision.attempts] if isinstance(decision, Dial) else []


def skipped(plan: Plan, *agents: Agent) -> list[Skipped]:
    trace = decide(plan, READER_OF_BAHAMAS, agents, NOON).trace
    return [skip for target in trace.rules[0].targets for skip in target.skipped]


def test_the_reader_of_bahamas_pages_reaches_the_bahamas_specialist() -> None:
    agents = [an_agent("Ben Cole", skills={"ski": 9}), an_agent("Ana Souza")]
    decision = decide(BY_SKILL, READER_OF_BAHAMAS, agents, NOON)
    assert isinstance(decision, Dial)
    assert decision.attempts == (Attempt("ag_ana_souza", "Ana Souza", "client:ana_souza", 15),)


def test_everyone_else_reaches_the_default() -> None:
    assert rung(BY_SKILL, an_agent(), profile=NOBODY_KNOWN) == [OFFICE]


def test_the_best_is_rung_first_and_among_equals_who_has_been_idle_the_longest() -> None:
    agents = [
        an_agent("Dan", idle_since=NOON - timedelta(hours=1)),
        an_agent("Cem", idle_since=NOON - timedelta(hours=2)),
        an_agent("Bo", skills={"bahamas": 9}, idle_since=NOON),
    ]
    assert rung(BY_SKILL, *agents) == ["Bo", "Cem", "Dan"]


def test_who_has_had_no_call_yet_has_been_idle_the_longest_and_names_settle_ties() -> None:
    agents = [an_agent("Cem", idle_since=NOON - timedelta(days=9)), an_agent("Bo"), an_agent("Al")]
    assert rung(BY_SKILL, *agents) == ["Al", "Bo", "Cem"]


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        (an_agent(busy=True), "on another call"),
        (an_agent(available=False), "not available"),
        (an_agent(hours={"time_zone": "UTC", "sun": "10:00-14:00"}), "outside working hours"),
    ],
)
def test_who_cannot_be_rung_is_skipped_with_the_reason(agent: Agent, reason: str) -> None:
    assert skipped(BY_SKILL, agent, an_agent("Ben Cole")) == [Skipped("Ana Souza", reason)]
    assert rung(BY_SKILL, agent, an_agent("Ben Cole")) == ["Ben Cole"]


def test_who_knows_too_little_is_skipped_with_their_level() -> None:
    plan = a_plan(a_rule(targets=[{"skill": "bahamas", "level": 3}]))
    novice, expert = an_agent("Cem", skills={"bahamas": 2}), an_agent(skills={"bahamas": 3})
    assert rung(plan, novice, expert) == ["Ana Souza"]
    assert skipped(plan, novice, expert) == [
        Skipped("Cem", "bahamas at level 2, 3 or better wanted")
    ]


def test_named_agents_are_rung_in_the_order_of_the_plan_by_name_or_id() -> None:
    plan = a_plan(a_rule(targets=[{"agents": ["ben cole", "ag_ana_souza", "Zoe"]}]))
    agents = [an_agent("Ana Souza"), an_agent("Ben Cole", skills={})]
    assert rung(plan, *agents) == ["Ben Cole", "Ana Souza"]
    assert skipped(plan, *agents) == [Skipped("Zoe", "no such agent")]


def test_targets_are_rung_in_their_order() -> None:
    targets = [{"destination": OFFICE}, {"skill": "bahamas"}]
    assert rung(a_plan(a_rule(targets=targets)), an_agent()) == [OFFICE, "Ana Souza"]


def test_nobody_is_rung_twice() -> None:
    targets = ({"skill": "bahamas"}, {"agents": "Ana Souza"}, {"destination": OFFICE})
    plan = a_plan(a_rule(targets=targets))
    assert rung(plan, an_agent(endpoint=OFFICE)) == ["Ana Souza"]
    assert skipped(plan, an_agent(endpoint=OFFICE)) == [
        Skipped("Ana Souza", "is rung already"),
        Skipped(OFFICE, "has the phone of Ana Souza"),
    ]


def test_after_three_attempts_the_caller_is_not_kept_ringing() -> None:
    agents = [an_agent(name) for name in ("Al", "Bo", "Cem", "Dan")]
    assert rung(BY_SKILL, *agents) == ["Al", "Bo", "Cem"]
    assert skipped(BY_SKILL, *agents) == [
        Skipped("Dan", "3 attempts are the most before voicemail")
    ]


@pytest.mark.parametrize(("ring_seconds", "attempts"), [(5, 3), (15, 3), (16, 2), (23, 1), (45, 1)])
def test_the_phone_rings_for_no_more_than_45_seconds(ring_seconds: int, attempts: int) -> None:
    plan = a_plan(a_rule(), ring_seconds=ring_seconds)
    agents = [an_agent(name) for name in ("Al", "Bo", "Cem", "Dan")]
    assert len(rung(plan, *agents)) == attempts
    assert len(skipped(plan, *agents)) == 4 - attempts


def test_the_first_rule_that_holds_decides() -> None:
    plan = a_plan(
        a_rule("Ski", when={"interest": "ski"}, targets=[{"agents": "Cem"}]),
        a_rule("Bahamas", targets=[{"agents": "Bo"}]),
        a_rule("Later", targets=[{"agents": "Al"}]),
    )
    decision = decide(plan, READER_OF_BAHAMAS, [an_agent(n) for n in ("Al", "Bo", "Cem")], NOON)
    assert [(rule.name, rule.held) for rule in decision.trace.rules] == [
        ("Ski", False),
        ("Bahamas", True),
    ]
    assert decision.trace.default is None


def test_a_rule_that_finds_nobody_is_passed_over() -> None:
    plan = a_plan(a_rule("Busy", targets=[{"agents": "Bo"}]), a_rule("Free"))
    assert rung(plan, an_agent("Bo", busy=True, skills={}), an_agent()) == ["Ana Souza"]


def test_with_nobody_left_the_caller_can_leave_a_message() -> None:
    decision = decide(a_plan(a_rule(), default=[{"skill": "ski"}]), NOBODY_KNOWN, [], NOON)
    assert isinstance(decision, Voicemail)
    assert decision.reason == NOBODY
    assert decision.trace.default is not None


def test_a_site_without_a_plan_rings_its_destination() -> None:
    assert rung(default_plan(OFFICE), an_agent()) == [OFFICE]


def test_a_dial_cannot_be_empty() -> None:
    trace = decide(BY_SKILL, NOBODY_KNOWN, [], NOON).trace
    with pytest.raises(ValueError, match="silence"):
        Dial((), "", trace)


@pytest.mark.parametrize(
    ("about", "profile", "told"),
    [
        ("a holiday in the sun", READER_OF_BAHAMAS, "a holiday in the sun"),
        (None, READER_OF_BAHAMAS, "the Bahamas"),
        (None, NOBODY_KNOWN, ""),
    ],
)
def test_the_agent_is_told_what_the_rule_says_or_else_the_strongest_interest(
    about: str | None, profile: Profile, told: str
) -> None:
    plan = a_plan(a_rule(about=about))
    names = {"bahamas": "the Bahamas", "cruises": "a cruise"}
    decision = decide(plan, profile, [an_agent()], NOON, topic_names=names)
    assert isinstance(decision, Dial)
    assert decision.about == told


def test_times_are_judged_in_the_zone_of_the_plan() -> None:
    plan = a_plan(a_rule(when={"time": {"hours": "13:00-14:00"}}))
    summer_noon = NOON.replace(month=7)
    assert decide(plan, NOBODY_KNOWN, [an_agent()], summer_noon).trace.rules[0].held
    assert not decide(plan, NOBODY_KNOWN, [an_agent()], NOON).trace.rules[0].held

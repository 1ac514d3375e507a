import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.reading import Problem
from callweave.domain.routing.agents import Agent
from callweave.domain.routing.conditions.caller import DISPOSITIONS
from callweave.domain.routing.conditions.kinds import KINDS
from callweave.domain.routing.decide import decide
from callweave.domain.routing.decisions import Dial, Voicemail
from callweave.domain.routing.endpoints import Endpoint
from callweave.domain.routing.explain import explain
from callweave.domain.routing.hours import DAYS, InvalidHours, WeeklyHours
from callweave.domain.routing.plans import MOST_SECONDS, InvalidPlan, Plan, parse_plan
from callweave.domain.routing.profile import Profile
from callweave.domain.routing.records import decision_from_data, decision_to_data
from callweave.domain.routing.whisper import ADDRESS, LONGEST_WHISPER, whisper_text
from callweave.domain.visits.channels import Channel
from routing_people import a_rule, plan_data

NAMES = ["Ana Souza", "Ben Cole", "Cem Ak", "Dora"]
TOPICS = ["bahamas", "ski", "cruises"]
ADDRESSES = ["+442079460000", "+442079460001", "client:ana", "sip:ben@pbx.example"]
DESTINATIONS = ADDRESSES[:3]
HOURS = ["00:00-24:00", "09:00-17:30", "22:00-02:00"]


def one_or_more(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return values | st.lists(values, min_size=1, max_size=3)


TOPIC = st.sampled_from(TOPICS)
LEAST = st.floats(0.1, 9)
TIME = st.fixed_dictionaries(
    {"hours": one_or_more(st.sampled_from(HOURS))},
    optional={"days": one_or_more(st.sampled_from([*DAYS, "mon-fri", "sat-mon"]))},
)
PLAIN_CONDITIONS: dict[str, st.SearchStrategy[object]] = {
    "interest": one_or_more(TOPIC | st.fixed_dictionaries({"topic": TOPIC, "at_least": LEAST})),
    "channel": one_or_more(st.sampled_from([str(channel) for channel in Channel])),
    "source": one_or_more(st.sampled_from(["google", "*"])),
    "campaign": one_or_more(st.sampled_from(["summer*", "*brand*"])),
    "landing_page": one_or_more(st.sampled_from(["/", "/islands/*"])),
    "customer": st.booleans(),
    "called_before": st.booleans(),
    "earlier_outcome": one_or_more(st.sampled_from(DISPOSITIONS)),
    "country": one_or_more(st.sampled_from(["GB", "DE"])),
    "time": one_or_more(TIME),
}


def test_the_plans_made_here_use_every_kind_of_condition() -> None:
    assert PLAIN_CONDITIONS.keys() == KINDS.keys()


def conditions(depth: int) -> st.SearchStrategy[dict[str, object]]:
    kinds = dict(PLAIN_CONDITIONS)
    if depth > 1:
        kinds |= {"not": conditions(depth - 1)}
        kinds |= {"any": st.lists(conditions(depth - 1), min_size=1, max_size=2)}
    return st.sampled_from(sorted(kinds)).flatmap(
        lambda kind: st.fixed_dictionaries({kind: kinds[kind]})
    )


TARGETS = st.lists(
    st.fixed_dictionaries({"skill": TOPIC}, optional={"level": st.integers(1, 10)})
    | st.fixed_dictionaries({"agents": one_or_more(st.sampled_from(NAMES))})
    | st.fixed_dictionaries({"destination": st.sampled_from(DESTINATIONS)}),
    min_size=1,
    max_size=4,
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    rules = [
        a_rule(f"rule {number}", when=when, targets=targets)
        for number, (when, targets) in enumerate(
            draw(st.lists(st.tuples(conditions(4), TARGETS), max_size=4))
        )
    ]
    seconds = draw(st.integers(5, 45))
    return parse_plan(plan_data(*rules, default=draw(TARGETS), ring_seconds=seconds))


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- the strategy adds the zone

PROFILES = st.builds(
    Profile,
    interests=st.dictionaries(
        TOPIC | st.just("a\x00\ud800") | st.text(), st.floats(0, allow_infinity=False)
    ),
    channel=st.none() | st.sampled_from(Channel),
    source=st.none() | st.text(),
    campaign=st.none() | st.text(),
    landing_page=st.none() | st.text().map("https://shop.example/{}".format),
    customer=st.booleans(),
    earlier_calls=st.none() | st.integers(0, 9),
    earlier_outcome=st.none() | st.sampled_from(DISPOSITIONS),
    country=st.none() | st.sampled_from(["GB", "DE"]),
)

AGENTS = st.builds(
    Agent,
    id=st.uuids().map(lambda uuid: f"ag_{uuid}"),
    name=st.sampled_from(NAMES),
    endpoint=st.sampled_from(ADDRESSES).map(Endpoint.parse),
    skills=st.dictionaries(TOPIC, st.integers(1, 10)),
    hours=st.sampled_from(
        [WeeklyHours.always(), WeeklyHours.parse({"time_zone": "UTC", "tue": HOURS})]
    ),
    available=st.booleans(),
    busy=st.booleans(),
    idle_since=st.none() | MOMENTS,
)
STAFF = st.lists(AGENTS, max_size=6)


@given(plans(), PROFILES, STAFF, MOMENTS)
def test_a_plan_always_decides(
    plan: Plan, profile: Profile, agents: list[Agent], now: datetime
) -> None:
    decision = decide(plan, profile, agents, now)
    assert explain(decision)
    if isinstance(decision, Voicemail):
        assert all(not target.rung for target in decision.trace.default or ())
        return
    present = {agent.id for agent in agents if agent.absence(now) is None}
    assert decision.attempts
    assert {a.agent_id for a in decision.attempts} <= present | {None}
    assert len({a.endpoint for a in decision.attempts}) == len(decision.attempts) <= 3
    assert sum(a.ring_seconds for a in decision.attempts) <= MOST_SECONDS


@given(plans(), PROFILES, STAFF, MOMENTS)
def test_everyone_in_the_trace_is_rung_or_has_a_reason(
    plan: Plan, profile: Profile, agents: list[Agent], now: datetime
) -> None:
    decision = decide(plan, profile, agents, now)
    deciding = decision.trace.default
    if deciding is None:
        deciding = decision.trace.rules[-1].targets
    rung = [name for target in deciding for name in target.rung]
    attempts = decision.attempts if isinstance(decision, Dial) else ()
    assert rung == [attempt.name for attempt in attempts]
    assert all(skip.reason for target in deciding for skip in target.skipped)


@given(plans(), PROFILES, STAFF, AGENTS, MOMENTS)
def test_who_is_busy_never_changes_whom_we_ring(
    plan: Plan, profile: Profile, agents: list[Agent], more: Agent, now: datetime
) -> None:
    def attempts(staff: list[Agent]) -> object:
        decision = decide(plan, profile, staff, now)
        return decision.attempts if isinstance(decision, Dial) else None

    assert attempts(agents) == attempts([*agents, replace(more, busy=True)])


@given(plans(), PROFILES, STAFF, MOMENTS)
def test_the_order_in_which_agents_are_listed_makes_no_difference(
    plan: Plan, profile: Profile, agents: list[Agent], now: datetime
) -> None:
    shuffled = sorted(agents, key=lambda agent: agent.id)
    assert decide(plan, profile, shuffled, now) == decide(plan, profile, agents, now)


@given(plans(), PROFILES, STAFF, MOMENTS)
def test_a_decision_survives_storage(
    plan: Plan, profile: Profile, agents: list[Agent], now: datetime
) -> None:
    decision = decide(plan, profile, agents, now)
    stored = json.dumps(decision_to_data(decision))
    assert decision_from_data(json.loads(stored)) == decision
    assert "\\u0000" not in stored  # which PostgreSQL would refuse


PLAN_KEYS = ["time_zone", "ring_seconds", "rules", "default", "name", "when", "targets", "about"]
RULE_KEYS = ["skill", "level", "agents", "destination", "topic", "at_least", "days", "hours"]
VALUES = ["any", "not", "Europe/London", "mon-fri", "09:00-17:00"]
WORDS = st.sampled_from([*PLAN_KEYS, *RULE_KEYS, *VALUES, *KINDS, *DAYS])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(), inner, max_size=6)
    ),
    max_leaves=30,
)


def problems_of(data: object) -> tuple[Problem, ...]:
    try:
        parse_plan(data)
    except InvalidPlan as error:
        return error.problems
    return ()


@given(JSON)
def test_any_json_is_a_plan_or_is_refused_in_words(data: object) -> None:
    rule = {"name": "x", "when": data, "targets": data}
    for attempt in (data, plan_data() | {"rules": data}, plan_data(rule)):
        assert all(str(problem).isprintable() for problem in problems_of(attempt))


@given(JSON, st.dictionaries(st.sampled_from([*DAYS, "time_zone"]), JSON), MOMENTS)
def test_any_json_is_working_hours_or_is_refused(
    data: object, week: dict[str, object], now: datetime
) -> None:
    for attempt in (data, week, week | {"time_zone": "Europe/London"}):
        with contextlib.suppress(InvalidHours):
            WeeklyHours.parse(attempt).open_at(now)


@given(st.text() | st.text(alphabet="ab ./:w", min_size=150), PROFILES)
def test_a_whisper_is_short_speakable_and_without_addresses(about: str, profile: Profile) -> None:
    heard = whisper_text(about, profile)
    assert 0 < len(heard) <= LONGEST_WHISPER
    assert heard.isprintable()
    assert not ADDRESS.search(heard)

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from callweave.domain.outcomes.outcome import Disposition
from callweave.domain.routing.conditions.caller import DISPOSITIONS
from callweave.domain.routing.conditions.facts import Facts
from callweave.domain.routing.conditions.kinds import KINDS
from callweave.domain.routing.decisions import Finding
from callweave.domain.routing.plans import InvalidPlan, parse_plan
from callweave.domain.routing.profile import Profile
from callweave.domain.visits.channels import Channel
from routing_people import NOBODY_KNOWN, NOON, READER_OF_BAHAMAS, a_rule, plan_data

LONDON = ZoneInfo("Europe/London")
NEW = replace(NOBODY_KNOWN, earlier_calls=0)
REGULAR = replace(NOBODY_KNOWN, earlier_calls=2, customer=True, earlier_outcome="support")
PAID = replace(
    NOBODY_KNOWN,
    channel=Channel.PAID_SEARCH,
    source="google",
    campaign="[Brand] Summer 2026",
    landing_page="https://shop.example/Islands/Bahamas/?mail=ana@example.com",
    country="GB",
)


def finding(when: dict[str, object], profile: Profile, now: datetime = NOON) -> Finding:
    plan = parse_plan(plan_data(a_rule(when=when)))
    return plan.rules[0].when.holds(Facts(profile, now.astimezone(plan.zone)))


@pytest.mark.parametrize(
    ("when", "profile", "held", "why"),
    [
        (
            {"interest": {"topic": "bahamas", "at_least": 1}},
            READER_OF_BAHAMAS,
            True,
            "interest in bahamas is 2.4, at least 1 wanted",
        ),
        (
            {"interest": {"topic": "Cruises", "at_least": 1}},
            READER_OF_BAHAMAS,
            False,
            "interest in Cruises is 0.5, at least 1 wanted",
        ),
        (
            {"interest": {"topic": "ski", "at_least": 0.1}},
            READER_OF_BAHAMAS,
            False,
            "interest in ski is 0, at least 0.1 wanted",
        ),
        (
            {"interest": "Bahamas"},
            READER_OF_BAHAMAS,
            True,
            "the strongest interest is bahamas (2.4), Bahamas wanted",
        ),
        (
            {"interest": "cruises"},
            READER_OF_BAHAMAS,
            False,
            "the strongest interest is bahamas (2.4), cruises wanted",
        ),
        ({"interest": "ski"}, NEW, False, "no interest is known, ski wanted"),
        (
            {"channel": "paid search"},
            PAID,
            True,
            'the channel is "Paid Search", "Paid Search" wanted',
        ),
        ({"channel": "Email"}, PAID, False, 'the channel is "Paid Search", "Email" wanted'),
        ({"channel": "Email"}, NEW, False, 'the channel is not known, "Email" wanted'),
        ({"source": "goo*"}, PAID, True, 'the source is "google", "goo*" wanted'),
        ({"source": "bing"}, PAID, False, 'the source is "google", "bing" wanted'),
        (
            {"campaign": "[brand]*"},
            PAID,
            True,
            'the campaign is "[Brand] Summer 2026", "[brand]*" wanted',
        ),
        ({"campaign": "summer"}, PAID, False, None),
        ({"campaign": "*"}, NEW, False, 'the campaign is not known, "*" wanted'),
        (
            {"landing_page": "/islands/*"},
            PAID,
            True,
            'the landing page is "/Islands/Bahamas/", "/islands/*" wanted',
        ),
        ({"landing_page": "/islands"}, PAID, False, None),
        ({"customer": True}, REGULAR, True, "the caller is known as a customer, a customer wanted"),
        (
            {"customer": True},
            NEW,
            False,
            "the caller is not known as a customer, a customer wanted",
        ),
        ({"customer": False}, NEW, True, None),
        ({"called_before": True}, REGULAR, True, "earlier calls: 2, an earlier call wanted"),
        ({"called_before": False}, REGULAR, False, "earlier calls: 2, no earlier call wanted"),
        ({"called_before": False}, NEW, True, None),
        ({"called_before": False}, NOBODY_KNOWN, False, None),
        ({"called_before": True}, NOBODY_KNOWN, False, None),
        (
            {"earlier_outcome": "support"},
            REGULAR,
            True,
            'the earlier outcome is "support", "support" wanted',
        ),
        ({"earlier_outcome": "won"}, REGULAR, False, None),
        ({"country": "gb"}, PAID, True, 'the caller\'s country is "GB", "GB" wanted'),
        ({"country": "GB"}, NEW, False, 'the caller\'s country is not known, "GB" wanted'),
        (
            {"time": {"days": "mon-wed", "hours": "12:00-13:00"}},
            NEW,
            True,
            "it is tue 12:00 in Europe/London, mon tue wed 12:00-13:00 wanted",
        ),
    ],
)
def test_a_condition_says_whether_it_holds_and_why(
    when: dict[str, object], profile: Profile, *, held: bool, why: str | None
) -> None:
    found = finding(when, profile)
    assert found.held is held
    assert why is None or found.why == why


@pytest.mark.parametrize(
    ("page", "pattern", "held"),
    [
        ("https://shop.example/", "/", True),
        ("https://shop.example", "/", True),
        ("https://shop.example/bahamas", "/", False),
        ("https://shop.example/bahamas", "/bahamas/", True),
        ("https://shop.example/bahamas/", "/bahamas", True),
        ("https://shop.example/islands", "/islands/*", True),
        ("https://shop.example/islands/cuba", "*/bahamas", False),
        ("https://shop.example/islands/Bahamas", "*/bahamas", True),
        ("https://shop.example/caf%C3%A9/menu", "/café*", True),
        ("https://shop.example/café/menu", "/caf%C3%A9*", True),
        ("https://[", "*", False),
        ("", "*", False),
    ],
)
def test_landing_pages_are_compared_by_their_path(page: str, pattern: str, *, held: bool) -> None:
    profile = replace(NOBODY_KNOWN, landing_page=page)
    assert finding({"landing_page": pattern}, profile).held is held


@pytest.mark.parametrize(
    ("pattern", "text", "held"),
    [
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*b*c*", "abcd", True),
        ("*c*b*", "abcd", False),
        ("ab*ba", "aba", False),
        ("*x*x", "ax", False),
        ("a**b", "ab", True),
        ("a?c", "abc", False),
        ("straße*", "STRASSE 1", True),
    ],
)
def test_a_star_stands_for_anything_and_all_else_for_itself(
    pattern: str, text: str, *, held: bool
) -> None:
    assert finding({"campaign": pattern}, replace(NOBODY_KNOWN, campaign=text)).held is held


def test_of_a_list_of_values_any_will_do_and_the_reason_names_them_all() -> None:
    found = finding({"channel": ["Email", "Paid Search"]}, PAID)
    assert found == Finding(
        held=True, fact='the channel is "Paid Search"', wanted='"Email" or "Paid Search"'
    )


def test_different_facts_of_a_list_are_told_one_by_one() -> None:
    wanted = [{"topic": topic, "at_least": 1} for topic in ("ski", "bahamas")]
    found = finding({"interest": wanted}, READER_OF_BAHAMAS)
    assert found.held
    assert found.fact == (
        "interest in ski is 0, at least 1 wanted; interest in bahamas is 2.4, at least 1 wanted"
    )


def test_all_conditions_of_a_rule_must_hold() -> None:
    assert finding({"customer": False, "interest": "bahamas"}, READER_OF_BAHAMAS).held
    assert not finding({"customer": True, "interest": "bahamas"}, READER_OF_BAHAMAS).held


@pytest.mark.parametrize(
    ("when", "held"),
    [
        ({"any": [{"customer": True}, {"interest": "bahamas"}]}, True),
        ({"any": [{"customer": True}, {"interest": "cruises"}]}, False),
        ({"any": [{"customer": True, "interest": "bahamas"}]}, False),
        ({"not": {"customer": True}}, True),
        ({"not": {"interest": "bahamas"}}, False),
        ({"not": {"interest": "bahamas", "customer": True}}, True),
        ({"not": {"any": [{"customer": True}, {"not": {"interest": "bahamas"}}]}}, True),
    ],
)
def test_any_and_not_combine_conditions(when: dict[str, object], *, held: bool) -> None:
    assert finding(when, READER_OF_BAHAMAS).held is held


def test_a_refused_condition_says_what_it_did_not_want() -> None:
    found = finding({"not": {"customer": True}}, REGULAR)
    assert found.why == "the caller is known as a customer, not a customer wanted"


@pytest.mark.parametrize(
    ("time", "local", "held"),
    [
        ({"days": ["mon-fri"], "hours": "09:00-17:30"}, "2026-11-24T09:00", True),
        ({"days": ["mon-fri"], "hours": "09:00-17:30"}, "2026-11-24T17:30", False),
        ({"days": ["mon-fri"], "hours": "09:00-17:30"}, "2026-11-28T12:00", False),
        ({"days": "Friday", "hours": "22:00-02:00"}, "2026-11-28T01:59", True),
        ({"days": "fri", "hours": "22:00-02:00"}, "2026-11-27T01:59", False),
        ({"days": "sun", "hours": "22:00-02:00"}, "2026-11-30T00:00", True),
        ({"days": "sat - mon"}, "2026-11-29T23:59", True),
        ({"days": "sat-mon"}, "2026-11-24T00:00", False),
        ({"hours": ["07:00-08:00", "9:00 - 10:00"]}, "2026-11-29T09:30", True),
    ],
)
def test_times_are_those_of_the_wall_clock(
    time: dict[str, object], local: str, *, held: bool
) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=LONDON).astimezone(UTC)
    assert finding({"time": time}, NEW, now).held is held


def test_times_are_told_in_the_zone_of_the_plan() -> None:
    summer = datetime(2026, 7, 1, 16, 45, tzinfo=UTC)
    assert finding({"time": {"hours": "09:00-17:30"}}, NEW, summer).fact == (
        "it is wed 17:45 in Europe/London"
    )


def nested(word: str, depth: int) -> dict[str, object]:
    return {word: nested(word, depth - 1)} if depth > 1 else {"customer": False}


@pytest.mark.parametrize("word", ["any", "not"])
def test_conditions_nest_as_deep_as_people_can_follow(word: str) -> None:
    finding(nested(word, 4), NEW)
    with pytest.raises(InvalidPlan, match=rf"when(\.{word}){{4}}: is nested too deeply"):
        finding(nested(word, 5), NEW)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({"interest": 3}, "when.interest: must be an object"),
        ({"interest": {"topic": "x"}}, "when.interest.at_least: is missing"),
        ({"interest": {"topic": "x", "at_least": 0}}, "must be a number above 0"),
        ({"interest": {"topic": "x", "at_least": float("nan")}}, "must be a number above 0"),
        ({"interest": {"topic": "x", "at_least": 10**400}}, "must be a number above 0"),
        ({"interest": {"topic": "x", "at_least": True}}, "must be a number above 0, not true"),
        ({"channel": []}, "when.channel: the list is empty"),
        ({"channel": ["Email", "Fax"]}, 'when.channel[1]: there is no channel "Fax"'),
        ({"customer": "yes"}, "when.customer: must be true or false, not text"),
        ({"earlier_outcome": "spamm"}, 'did you mean "spam"?'),
        ({"country": "UK"}, 'did you mean "GB"?'),
        ({"country": "England"}, '"ENGLAND" is no country code'),
        ({"landing_page": "https://shop.example/x?y"}, "write the path alone"),
        ({"landing_page": "bahamas"}, 'a path starts with "/"'),
        ({"time": {}}, 'must name "days", "hours" or both'),
        ({"time": {"days": "monkey"}}, '"monkey" is no day'),
        ({"time": {"days": "mon-fri-sun"}}, '"mon-fri-sun" is no day'),
        ({"time": {"hours": "9-17"}}, '"9-17" is no range of hours'),
        ({"not": {}}, "when.not: needs at least one condition"),
        ({"any": {"cusomer": True}}, 'when.any.cusomer: there is no condition "cusomer"'),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused_in_words(
    when: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidPlan) as caught:
        finding(when, NEW)
    assert message in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_condition_refuses_what_it_cannot_read(kind: str) -> None:
    with pytest.raises(InvalidPlan, match=rf"rules\[0\]\.when\.{kind}"):
        parse_plan(plan_data(a_rule(when={kind: None})))


def test_earlier_outcomes_are_the_words_that_outcomes_use() -> None:
    assert set(DISPOSITIONS) == set(Disposition)

import json
from dataclasses import replace

import pytest

from callweave.domain.routing.decide import decide
from callweave.domain.routing.explain import explain
from callweave.domain.routing.profile import Profile
from callweave.domain.routing.records import decision_from_data, decision_to_data
from callweave.domain.routing.whisper import LONGEST_WHISPER, whisper_text
from routing_people import NOBODY_KNOWN, NOON, OFFICE, READER_OF_BAHAMAS, a_plan, a_rule, an_agent

NEW = replace(NOBODY_KNOWN, earlier_calls=0)
PLAN = a_plan(
    a_rule("Ski", when={"interest": "ski", "customer": False}),
    a_rule("Islands", targets=[{"agents": ["Bo"]}]),
    a_rule("Bahamas", targets=[{"skill": "bahamas"}, {"destination": OFFICE}]),
    default=[{"skill": "sales", "level": 2}],
)
AGENTS = [an_agent("Bo", busy=True), an_agent("Ana Souza")]


def test_a_decision_is_told_in_plain_sentences() -> None:
    assert explain(decide(PLAN, READER_OF_BAHAMAS, AGENTS, NOON)) == [
        'Rule "Ski" did not hold: the strongest interest is bahamas (2.4), ski wanted.',
        'Rule "Islands" held: the strongest interest is bahamas (2.4), bahamas wanted.',
        "Looked for Bo: nobody.",
        "Bo skipped: on another call.",
        'Rule "Islands" found nobody to ring.',
        'Rule "Bahamas" held: the strongest interest is bahamas (2.4), bahamas wanted.',
        "Looked for skill bahamas, level 1 or better: Ana Souza.",
        "Bo skipped: on another call.",
        f"Looked for destination {OFFICE}: {OFFICE}.",
        f"Rings Ana Souza (15 s), then {OFFICE} (15 s).",
    ]


def test_a_call_that_found_nobody_is_told_as_such() -> None:
    assert explain(decide(PLAN, NEW, AGENTS, NOON))[-3:] == [
        "No rule decided, so the default applied.",
        "Looked for skill sales, level 2 or better: nobody.",
        "Voicemail: nobody whom the plan names can be rung now.",
    ]


@pytest.mark.parametrize("profile", [READER_OF_BAHAMAS, NOBODY_KNOWN])
def test_a_decision_is_the_same_after_it_was_stored(profile: Profile) -> None:
    decision = decide(PLAN, profile, AGENTS, NOON)
    data = decision_to_data(decision)
    assert json.loads(json.dumps(data)) == data
    assert decision_from_data(data) == decision


STORED = decision_to_data(decide(PLAN, READER_OF_BAHAMAS, AGENTS, NOON))


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        STORED | {"kind": "enqueue"},
        STORED | {"attempts": []},
        STORED | {"attempts": [{"name": "Ana"}]},
        STORED | {"trace": {"rules": []}},
        STORED | {"trace": {"rules": [{}], "default": None}},
        STORED | {"trace": {"rules": [], "default": [{}]}},
    ],
)
def test_what_was_never_a_decision_is_not_read_as_one(data: object) -> None:
    with pytest.raises(ValueError, match=r"this is no|without attempts"):
        decision_from_data(data)


@pytest.mark.parametrize(
    ("about", "profile", "heard"),
    [
        ("the Bahamas", NEW, "Call about the Bahamas. New caller."),
        (
            "the Bahamas.",
            replace(NEW, earlier_calls=3),
            "Call about the Bahamas. Has called before.",
        ),
        ("", replace(NEW, customer=True), "Existing customer."),
        ("the Bahamas", NOBODY_KNOWN, "Call about the Bahamas."),
        ("", NOBODY_KNOWN, "Incoming call."),
        ("https://shop.example/bahamas", NEW, "New caller."),
        ("the page www.shop.example now", NEW, "Call about the page now. New caller."),
        ("islands\x00shop.example/bahamas?utm_source=x", NEW, "Call about islands. New caller."),
    ],
)
def test_the_agent_hears_what_the_call_is_about_and_no_more(
    about: str, profile: Profile, heard: str
) -> None:
    assert whisper_text(about, profile) == heard


@pytest.mark.parametrize("about", ["sun and sea " * 40, "x" * 400])
def test_a_whisper_is_short_and_still_says_who_calls(about: str) -> None:
    heard = whisper_text(about, NEW)
    assert LONGEST_WHISPER - 12 <= len(heard) <= LONGEST_WHISPER
    assert heard.endswith(". New caller.")


def test_a_whisper_keeps_to_itself_where_the_caller_came_from() -> None:
    clicker = replace(
        READER_OF_BAHAMAS,
        source="google",
        campaign="brand",
        landing_page="https://shop.example/bahamas",
        country="GB",
    )
    assert whisper_text("", clicker) == "Incoming call."

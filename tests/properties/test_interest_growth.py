from datetime import UTC, datetime
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.interests import (
    CEILING,
    Interest,
    InvalidTopics,
    Topic,
    decayed,
    earned,
    grown,
    parse_topics,
    strongest,
)
from callweave.domain.interests.patterns import Glob
from callweave.domain.visits.touches import read_touch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis adds the zone
WEIGHTS = st.floats(0, CEILING)
GAINS = st.floats(0, 60)
INTERESTS = st.builds(Interest, st.sampled_from("abc"), WEIGHTS, MOMENTS)
ANYTHING = st.text(st.characters(), max_size=40)


@given(INTERESTS, MOMENTS, MOMENTS)
def test_an_interest_only_fades_with_time(interest: Interest, one: datetime, two: datetime) -> None:
    sooner, later = sorted((one, two))
    assert 0 <= decayed(interest, later) <= decayed(interest, sooner) <= interest.weight


@given(st.none() | INTERESTS, GAINS, MOMENTS)
def test_an_interest_grows_and_never_above_the_ceiling(
    known: Interest | None, gain: float, now: datetime
) -> None:
    weight = grown(known, topic="a", earned=gain, now=now).weight
    before = decayed(known, now) if known else 0.0
    assert before <= weight + 1e-9
    assert weight <= CEILING


@given(INTERESTS, GAINS, GAINS, MOMENTS)
def test_the_order_of_gains_makes_no_difference(
    known: Interest, one: float, two: float, now: datetime
) -> None:
    def after(*gains: float) -> float:
        interest = known
        for gain in gains:
            interest = grown(interest, topic="a", earned=gain, now=now)
        return interest.weight

    assert after(one, two) == pytest.approx(after(two, one))
    assert after(one, two) == pytest.approx(after(one + two))


@given(st.lists(INTERESTS).flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_the_strongest_come_first_in_whatever_order_they_are_told(
    orders: tuple[list[Interest], list[Interest]],
) -> None:
    told, shuffled = orders
    weights = [each.weight for each in strongest(told, NOW)]
    assert weights == sorted((decayed(each, NOW) for each in told), reverse=True)
    assert strongest(shuffled, NOW) == strongest(told, NOW)


@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
def test_a_star_stands_for_any_text_and_nothing_else_is_special(pattern: str, text: str) -> None:
    assert Glob.of(pattern).matches(text) is fnmatchcase(text, pattern)


TOPICS = parse_topics(
    [{"topic": "t", "url": ["/a*b*", "*c"], "title": ["a b"], "search": ["a"], "campaign": ["*a"]}]
)


@given(ANYTHING, ANYTHING, st.booleans())
def test_any_page_earns_something_or_nothing_and_never_fails(
    url: str,
    title: str,
    opens: bool,  # noqa: FBT001 -- hypothesis fills it
) -> None:
    touch = read_touch(url=url, referrer=url, at=NOW, own_hosts=()) if opens else None
    assert all(0 < gain <= 6 for gain in earned(TOPICS, url=url, title=title, touch=touch).values())


TOPIC_KEYS = st.sampled_from(["topic", "name", "url", "title", "search", "campaign", "weight"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TOPIC_KEYS, inner, max_size=5),
    max_leaves=12,
)


def reading(data: object) -> tuple[Topic | str, ...]:
    try:
        return parse_topics(data)
    except InvalidTopics as refused:
        return tuple(map(str, refused.problems))


@given(JSON)
def test_any_topic_list_is_read_or_refused_with_the_places_of_its_problems(data: object) -> None:
    told = reading(data)
    assert (told == ()) is (data == [])
    problems = [each for each in told if isinstance(each, str)]
    assert len(problems) in {0, len(told)}
    assert all(each.topic for each in told if isinstance(each, Topic))
    assert all(problem.startswith("topics") and ": " in problem for problem in problems)

from datetime import UTC, datetime, timedelta

import pytest

from callweave.domain.interests import CEILING, HALF_LIFE, Interest, decayed, grown, strongest

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOME = Interest("bahamas", 2.0, NOW)


@pytest.mark.parametrize(("half_lives", "left"), [(0, 2.0), (1, 1.0), (2, 0.5), (0.5, 2**0.5)])
def test_half_of_an_interest_is_left_after_each_fortnight(half_lives: float, left: float) -> None:
    assert timedelta(days=14) == HALF_LIFE
    assert decayed(SOME, NOW + half_lives * HALF_LIFE) == pytest.approx(left)


def test_a_clock_that_ran_backwards_adds_nothing() -> None:
    assert decayed(SOME, NOW - HALF_LIFE) == 2.0
    again = grown(SOME, topic="bahamas", earned=1.0, now=NOW - HALF_LIFE)
    assert again.at == NOW
    assert 2.0 < again.weight < 3.0


def test_a_first_page_counts_nearly_in_full() -> None:
    first = grown(None, topic="bahamas", earned=1.0, now=NOW)
    assert (first.topic, first.at) == ("bahamas", NOW)
    assert first.weight == pytest.approx(0.906, abs=0.001)


def test_an_interest_decays_before_it_grows() -> None:
    later = NOW + HALF_LIFE
    fresh = Interest("bahamas", 1.0, later)
    grew = grown(SOME, topic="bahamas", earned=1.0, now=later)
    assert grew == grown(fresh, topic="bahamas", earned=1.0, now=later)


def test_a_page_seen_a_thousand_times_is_overtaken_by_what_is_done_the_next_month() -> None:
    stuck: Interest | None = None
    for _ in range(1000):
        stuck = grown(stuck, topic="alps", earned=1.0, now=NOW)
    assert stuck
    assert stuck.weight == pytest.approx(CEILING)
    later = NOW + timedelta(days=30)
    fresh = grown(None, topic="bahamas", earned=3.0, now=later)
    assert [each.topic for each in strongest([stuck, fresh], later)] == ["bahamas", "alps"]


def test_interests_come_strongest_first_as_they_weigh_now() -> None:
    old = Interest("alps", 3.0, NOW - 2 * HALF_LIFE)
    assert strongest([old, SOME], NOW) == (SOME, Interest("alps", 0.75, NOW))


def test_equal_interests_come_by_the_alphabet() -> None:
    names = ["c", "a", "b"]
    ordered = strongest([Interest(name, 1.0, NOW) for name in names], NOW)
    assert [each.topic for each in ordered] == ["a", "b", "c"]

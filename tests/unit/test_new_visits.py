"""How many new visits a network may begin, and what remembering that costs."""

from datetime import timedelta

import pytest

from callweave.web.networks import EVERY_HALF_HOUR, MOST_NETWORKS, NewVisits
from shops import NOON

NET = "198.51.100.0/24"


def taken(visits: NewVisits, tries: int, seconds: float = 0) -> int:
    """How many of so many tries, that long apart, are allowed."""
    found = 0
    for nth in range(tries):
        now = NOON + timedelta(seconds=nth * seconds)
        if visits.allows(NET, now):
            visits.count(NET, now)
            found += 1
    return found


@pytest.mark.parametrize("a_minute", [1, 7, 59, 120, 1_000, 999_999])
def test_a_minutes_worth_may_come_at_once(a_minute: int) -> None:
    visits = NewVisits(a_minute)
    assert taken(visits, min(a_minute + 5, 2_000)) == min(a_minute, 2_000)


@pytest.mark.parametrize("a_minute", [1, 7, 60])
def test_in_an_hour_there_are_no_more_than_an_hours_worth_and_one_minutes(a_minute: int) -> None:
    assert taken(NewVisits(a_minute), 36_000, 0.1) in {61 * a_minute, 61 * a_minute - 1}


def test_nobody_is_limited_where_the_network_is_not_known() -> None:
    visits = NewVisits(1)
    for _ in range(3):
        assert visits.allows(None, NOON)
        visits.count(None, NOON)


def test_a_flood_of_networks_costs_a_bounded_memory_and_forgets_the_quietest() -> None:
    visits = NewVisits(2)
    visits.count(NET, NOON)
    visits.count("first", NOON)
    for nth in range(MOST_NETWORKS - 2):
        visits.count(f"network {nth}", NOON)
    visits.count(NET, NOON)
    visits.count("one more", NOON)
    assert len(visits._at_all._paid_at) == MOST_NETWORKS
    assert "first" not in visits._at_all._paid_at
    assert not visits.allows(NET, NOON)


def test_who_comes_one_by_one_is_no_crowd_and_becomes_one_beyond_its_share() -> None:
    visits = NewVisits(120)
    came = []
    for _ in range(EVERY_HALF_HOUR + 1):
        came.append(visits.are_a_crowd(NET, NOON))
        visits.count(NET, NOON)
    assert came == [False] * EVERY_HALF_HOUR + [True]
    assert not visits.are_a_crowd("203.0.113.0/24", NOON)
    assert not visits.are_a_crowd(None, NOON)


def test_a_crowd_that_stays_is_none_again_once_it_has_stayed_away() -> None:
    visits = NewVisits(120)
    for nth in range(600):
        visits.count(NET, NOON + timedelta(seconds=3 * nth))
    ended = NOON + timedelta(seconds=1800)
    assert visits.are_a_crowd(NET, ended)
    assert not visits.are_a_crowd(NET, ended + timedelta(minutes=4))

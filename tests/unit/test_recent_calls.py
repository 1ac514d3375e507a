"""What a process knows of calls by itself: which go round in a circle, and how long they ring."""

from datetime import timedelta

import pytest

from callweave.domain.routing.circles import Laps
from callweave.web.recent import MOST_CALLS, RecentCalls
from shops import NOON

CALLER, NUMBER = "+447700900123", "+442079460101"
OTHER = "+447700900999"


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def sent_round(laps: int) -> RecentCalls:
    recent = RecentCalls()
    for lap in range(laps):
        recent.send_on(f"CA{lap}", CALLER, NUMBER, NOON + seconds(lap))
    return recent


def test_other_calls_of_the_caller_to_the_number_are_counted_and_the_call_itself_is_not() -> None:
    recent = sent_round(3)
    assert recent.on_their_way("CA9", CALLER, NUMBER, NOON) == Laps(3, 3)
    assert recent.on_their_way("CA0", CALLER, NUMBER, NOON) == Laps(2, 2)
    assert recent.on_their_way("CA9", OTHER, NUMBER, NOON) == Laps(0, 0)
    assert recent.on_their_way("CA9", CALLER, OTHER, NOON) == Laps(0, 0)


def test_all_who_withhold_their_numbers_are_counted_as_one() -> None:
    recent = RecentCalls()
    recent.send_on("CA1", None, NUMBER, NOON)
    assert recent.on_their_way("CA2", None, NUMBER, NOON) == Laps(1, 1)
    assert recent.on_their_way("CA2", None, OTHER, NOON) == Laps(0, 0)
    assert recent.on_their_way("CA2", CALLER, NUMBER, NOON) == Laps(0, 0)


def test_what_rang_long_ago_or_has_ended_is_not_on_its_way() -> None:
    recent = sent_round(3)
    assert recent.on_their_way("CA9", CALLER, NUMBER, NOON + seconds(30.5)) == Laps(2, 3)
    assert recent.on_their_way("CA9", CALLER, NUMBER, NOON + seconds(600.5)) == Laps(0, 2)
    recent.ended("CA2")
    recent.ended("CA of which nobody knows")
    assert recent.on_their_way("CA9", CALLER, NUMBER, NOON) == Laps(2, 2)


def test_a_call_that_rings_elsewhere_is_not_on_its_way() -> None:
    recent = RecentCalls()
    recent.rang("CA1", CALLER, NUMBER, NOON)
    assert recent.on_their_way("CA2", CALLER, NUMBER, NOON) == Laps(0, 0)
    recent.send_on("CA1", CALLER, NUMBER, NOON)
    assert recent.on_their_way("CA2", CALLER, NUMBER, NOON) == Laps(1, 1)


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    recent = sent_round(MOST_CALLS + 5)
    assert len(recent._rings) == MOST_CALLS
    assert "CA4" not in recent._rings


@pytest.mark.parametrize(
    ("leg", "after_s", "left"),
    [(0, 0, 45), (1, 15, 30), (1, 35, 10), (1, 36, 0), (2, 44.6, 0), (3, 0, 0), (1, 3600, 30)],
)
def test_somebody_is_rung_for_what_is_left_of_45_seconds_and_three_attempts(
    leg: int, after_s: float, left: int
) -> None:
    recent = RecentCalls()
    recent.rang("CA1", CALLER, NUMBER, NOON)
    recent.rang("CA1", CALLER, NUMBER, NOON + seconds(1))  # the carrier asked again
    assert recent.ringing_left("CA1", leg, NOON + seconds(after_s)) == left


@pytest.mark.parametrize(("leg", "left"), [(0, 45), (1, 30), (2, 15), (3, 0)])
def test_a_call_that_rang_at_another_process_has_rung_as_long_as_is_usual(
    leg: int, left: int
) -> None:
    assert RecentCalls().ringing_left("CA1", leg, NOON) == left

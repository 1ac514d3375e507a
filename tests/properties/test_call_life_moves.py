"""However reports come, one by one, a call and its legs make no move outside the tables."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.calls import (
    CALL_MOVES,
    FALLBACK_LEG,
    LEG_MOVES,
    FellBack,
    LegResult,
    LegState,
    Life,
    Report,
    Result,
    State,
    follow,
    may_move,
    may_move_leg,
)
from drawn_reports import any_report, any_reports


def lives(reports: list[Report]) -> list[Life]:
    """What was known after each of them."""
    return [follow(reports[:known]) for known in range(len(reports) + 1)]


@given(any_reports)
def test_a_call_moves_only_as_the_table_says(reports: list[Report]) -> None:
    for before, after in pairwise(lives(reports)):
        assert may_move(before.state, after.state)


@given(any_reports)
def test_a_leg_moves_only_as_the_table_says(reports: list[Report]) -> None:
    for before, after in pairwise(lives(reports)):
        states = {leg.leg: leg.state for leg in after.legs}
        assert all(may_move_leg(leg.state, states[leg.leg]) for leg in before.legs)


@given(any_reports)
def test_an_ended_call_has_only_ended_legs(reports: list[Report]) -> None:
    life = follow(reports)
    if life.state is State.ENDED:
        assert {leg.state for leg in life.legs} <= {LegState.ENDED}


@given(any_reports)
def test_a_call_was_answered_exactly_when_a_leg_talked(reports: list[Report]) -> None:
    life = follow(reports)
    talked = any(leg.result is LegResult.TALKED for leg in life.legs)
    if life.state is State.ENDED:
        assert talked == (life.result is Result.ANSWERED)


@given(any_reports)
def test_a_call_fell_back_when_it_says_so_or_rang_where_only_the_fallback_rings(
    reports: list[Report],
) -> None:
    asked = any(isinstance(report, FellBack) for report in reports)
    life = follow(reports)
    assert life.fell_back == (asked or any(leg.leg == FALLBACK_LEG for leg in life.legs))


@given(any_report, st.lists(any_report, max_size=12), st.integers(0, 12))
def test_what_is_missing_may_come_whenever_it_likes(
    late: Report, others: list[Report], place: int
) -> None:
    assert follow([*others, late]) == follow([*others[:place], late, *others[place:]])


def test_every_state_has_its_moves_and_only_the_end_has_none() -> None:
    assert set(CALL_MOVES) == set(State)
    assert set(LEG_MOVES) == set(LegState)
    assert [state for state in State if not CALL_MOVES[state]] == [State.ENDED]
    assert [state for state in LegState if not LEG_MOVES[state]] == [LegState.ENDED]

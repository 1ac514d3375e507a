"""Which visit a ring belongs to: by the lease book, with reasons, never by a guess."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.matching import (
    LATEST_CALL,
    MOST_CANDIDATES,
    SHARED_CALL,
    Assignment,
    Holding,
    Match,
    MatchStatus,
    in_words,
    match_ring,
)

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
EXCLUSIVE, SHARED = Assignment.EXCLUSIVE, Assignment.SHARED
WHEN_IT_RANG = "was the only one shown this number when it rang"


def held(
    visit: str,
    since_min: float,
    until_min: float,
    assignment: Assignment = EXCLUSIVE,
    visitor: str | None = None,
) -> Holding:
    """Minutes from noon, which is when it rings."""
    begun, ends = NOON + timedelta(minutes=since_min), NOON + timedelta(minutes=until_min)
    return Holding(visit, visitor or f"visitor of {visit}", assignment, begun, ends)


def visits(match: Match) -> list[str]:
    return [candidate.holding.visit for candidate in match.candidates]


def test_who_holds_the_number_is_who_calls() -> None:
    match = match_ring([held("a", -5, 25)], NOON)
    assert (match.status, visits(match)) == (MatchStatus.EXCLUSIVE, ["a"])
    assert match.candidates[0].reasons == (WHEN_IT_RANG,)
    assert match.holding == held("a", -5, 25)


def test_who_held_it_last_is_who_calls_late() -> None:
    match = match_ring([held("a", -300, -270), held("b", -60, -12)], NOON)
    assert visits(match) == ["b"]
    assert match.candidates[0].reasons == (
        "was the last one shown this number, until 12 min before",
        "nobody has been lent the number since",
    )


@pytest.mark.parametrize(
    ("ended_before", "status"),
    [
        (timedelta(0), MatchStatus.EXCLUSIVE),
        (LATEST_CALL, MatchStatus.EXCLUSIVE),
        (LATEST_CALL + timedelta(seconds=1), MatchStatus.UNKNOWN),
    ],
)
def test_a_call_can_be_a_month_late(ended_before: timedelta, status: MatchStatus) -> None:
    gone = Holding("a", "v", EXCLUSIVE, NOON - timedelta(days=60), NOON - ended_before)
    assert match_ring([gone], NOON).status is status


def test_a_lease_that_began_after_the_ring_does_not_count() -> None:
    assert match_ring([held("a", 1, 31)], NOON).status is MatchStatus.UNKNOWN
    assert visits(match_ring([held("a", -60, -30), held("b", 1, 31)], NOON)) == ["a"]


def test_nobody_was_shown_the_number() -> None:
    match = match_ring([], NOON)
    assert (match.status, match.candidates, match.holding) == (MatchStatus.UNKNOWN, (), None)


def test_several_who_saw_a_shared_number_stay_several() -> None:
    book = [held("a", -90, -60, SHARED), held("b", -5, 25, SHARED), held("c", -40, -10, SHARED)]
    match = match_ring(book, NOON)
    assert (match.status, visits(match), match.holding) == (
        MatchStatus.SHARED,
        ["b", "c", "a"],
        None,
    )
    assert [candidate.reasons for candidate in match.candidates] == [
        ("was shown this shared number when it rang",),
        ("was shown this shared number until 10 min before",),
        ("was shown this shared number until 60 min before",),
    ]


def test_one_visitor_who_saw_a_shared_number_twice_is_one_candidate() -> None:
    book = [held("a", -90, -60, SHARED, "v"), held("b", -20, 10, SHARED, "v")]
    match = match_ring(book, NOON)
    assert (match.status, visits(match)) == (MatchStatus.EXCLUSIVE, ["b"])


@pytest.mark.parametrize(("over_s", "expected"), [(0, ["a"]), (1, [])])
def test_who_saw_a_shared_number_long_ago_is_not_considered(
    over_s: int, expected: list[str]
) -> None:
    ended = NOON - SHARED_CALL - timedelta(seconds=over_s)
    book = [Holding("a", "v", SHARED, ended - timedelta(hours=1), ended)]
    assert visits(match_ring(book, NOON)) == expected


def test_a_number_of_ones_own_outweighs_having_shared_it_before() -> None:
    book = [held("a", -90, -60, SHARED), held("b", -80, -50, SHARED), held("c", -5, 25)]
    assert visits(match_ring(book, NOON)) == ["c"]
    later = [held("c", -300, -270), held("a", -90, -60, SHARED), held("b", -80, -50, SHARED)]
    assert match_ring(later, NOON).status is MatchStatus.SHARED


def test_a_crowd_is_cut_to_the_latest_and_still_a_crowd() -> None:
    book = [held(f"v{nth:03}", -nth, 30, SHARED) for nth in range(60)]
    match = match_ring(book, NOON)
    assert (match.status, len(match.candidates)) == (MatchStatus.SHARED, MOST_CANDIDATES)
    assert visits(match)[0] == "v000"


holdings = st.builds(
    Holding,
    st.sampled_from("abcd"),
    st.sampled_from("vwx"),
    st.sampled_from(Assignment),
    st.datetimes(datetime(2026, 10, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis adds the zone
    st.datetimes(datetime(2026, 10, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001  as above
)


@given(st.lists(holdings, max_size=8).flatmap(lambda b: st.tuples(st.just(b), st.permutations(b))))
def test_the_order_of_the_book_means_nothing(books: tuple[list[Holding], list[Holding]]) -> None:
    first, second = (match_ring(book, NOON) for book in books)
    assert first.status is second.status
    assert len(first.candidates) == len(second.candidates)


@given(st.lists(holdings, max_size=8))
def test_only_a_single_candidate_is_ever_taken_for_the_caller(book: list[Holding]) -> None:
    match = match_ring(book, NOON)
    many = {MatchStatus.EXCLUSIVE: 1, MatchStatus.UNKNOWN: 0}.get(match.status)
    assert many is None or len(match.candidates) == many
    assert (match.holding is not None) == (match.status is MatchStatus.EXCLUSIVE)
    assert all(candidate.reasons for candidate in match.candidates)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7_199, "119 min"),
        (7_200, "2 h"),
        (172_799, "47 h"),
        (172_800, "2 days"),
        (2_592_000, "30 days"),
    ],
)
def test_spans_are_told_in_words(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


def test_a_candidate_says_how_long_ago_and_how_often_the_number_was_shown_since() -> None:
    book = [held("a", -90, -60, SHARED), held("b", -5, 25, SHARED), held("c", -40, -10, SHARED)]
    found = match_ring(book, NOON).candidates
    assert [(c.ended_ago, c.shown_since) for c in found] == [
        (timedelta(), 0),
        (timedelta(minutes=10), 1),
        (timedelta(minutes=60), 2),
    ]


def test_who_held_a_number_last_was_followed_by_nobody() -> None:
    late = match_ring([held("a", -90, -60), held("b", -50, -20)], NOON).candidates
    assert [(c.ended_ago, c.shown_since) for c in late] == [(timedelta(minutes=20), 0)]

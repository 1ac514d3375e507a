"""What defines each model, for any journey within the look-back."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from callweave.domain.attribution import Model, TouchPoint, share_credit

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)

ages = st.integers(0, 89 * 86_400).map(lambda s: timedelta(seconds=s))
journeys = st.lists(
    st.tuples(ages, st.booleans()), min_size=1, max_size=40, unique_by=lambda x: x[0]
)


def told(journey: list[tuple[timedelta, bool]]) -> list[TouchPoint]:
    """Oldest first."""
    oldest_first = sorted(journey, reverse=True)
    return [TouchPoint(f"tc_{i:02}", NOW - age, d) for i, (age, d) in enumerate(oldest_first)]


def shares(model: Model, touches: list[TouchPoint]) -> list[int]:
    given_ = {c.touch_id: c.share_millionths for c in share_credit(model, touches, NOW, 0)}
    return [given_.get(touch.touch_id, 0) for touch in touches]


@given(journeys)
def test_first_and_last_touch_credit_one_end_alone(journey: list[tuple[timedelta, bool]]) -> None:
    touches = told(journey)
    others = [0] * (len(touches) - 1)
    assert shares(Model.FIRST_TOUCH, touches) == [1_000_000, *others]
    assert shares(Model.LAST_TOUCH, touches) == [*others, 1_000_000]


@given(journeys)
def test_last_non_direct_passes_over_the_direct_visits_at_the_end(
    journey: list[tuple[timedelta, bool]],
) -> None:
    touches = told(journey)
    assume(not all(touch.direct for touch in touches))
    while touches[-1].direct:
        touches.pop()
    assert shares(Model.LAST_NON_DIRECT, told(journey))[len(touches) - 1] == 1_000_000


@given(journeys)
def test_linear_treats_all_alike(journey: list[tuple[timedelta, bool]]) -> None:
    given_ = shares(Model.LINEAR, told(journey))
    assert max(given_) - min(given_) <= 1


@given(journeys)
def test_position_based_gives_a_fifth_to_all_between_the_ends(
    journey: list[tuple[timedelta, bool]],
) -> None:
    assume(len(journey) > 2)
    first, *between, last = shares(Model.POSITION_BASED, told(journey))
    assert (first, last) == (400_000, 400_000)
    assert max(between) - min(between) <= 1


@given(journeys)
def test_time_decay_never_gives_the_older_touch_more(
    journey: list[tuple[timedelta, bool]],
) -> None:
    given_ = shares(Model.TIME_DECAY, told(journey))
    assert given_ == sorted(given_)


@given(st.integers(0, 60 * 86_400), st.integers(0, 5))
def test_time_decay_gives_half_for_every_week_of_age(newest_s: int, weeks: int) -> None:
    newest = timedelta(seconds=newest_s)
    pair = told([(newest, False), (newest + weeks * WEEK, False)])
    assume(newest + weeks * WEEK < timedelta(days=90))
    older, newer = shares(Model.TIME_DECAY, pair)
    assert abs(older * 2**weeks - newer) <= 2**weeks


@given(journeys, ages)
def test_time_decay_depends_on_the_gaps_and_not_on_how_long_ago_they_were(
    journey: list[tuple[timedelta, bool]], shift: timedelta
) -> None:
    touches = told(journey)
    moved = [TouchPoint(t.touch_id, t.at + shift, t.direct) for t in touches]
    later = share_credit(Model.TIME_DECAY, moved, NOW + shift, 997)
    assert later == share_credit(Model.TIME_DECAY, touches, NOW, 997)

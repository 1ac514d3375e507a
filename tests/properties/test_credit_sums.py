from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.attribution import LOOKBACK, MILLION, Model, TouchPoint, share_credit

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

models = st.sampled_from(Model)
values = st.integers(0, 10**12)
# past both ends of the look-back, and often in the same second
ages = st.integers(-100, 9_000_000) | st.integers(-1, 2)
moments = ages.map(lambda s: NOW - timedelta(seconds=s))


@st.composite
def journeys(draw: st.DrawFn, least: int = 0, most: int = 200) -> list[TouchPoint]:
    times = draw(st.lists(moments, min_size=least, max_size=most))
    directs = draw(st.lists(st.booleans(), min_size=len(times), max_size=len(times)))
    return [
        TouchPoint(f"tc_{place:03}", at, direct)
        for place, (at, direct) in enumerate(zip(times, directs, strict=True))
    ]


def counting(touches: Sequence[TouchPoint]) -> list[TouchPoint]:
    in_time = [touch for touch in touches if NOW - LOOKBACK <= touch.at <= NOW]
    return sorted(in_time, key=lambda touch: (touch.at, touch.touch_id))


@given(models, journeys(), values)
def test_credits_add_up_to_the_conversion_exactly(
    model: Model, touches: list[TouchPoint], value: int
) -> None:
    credits_ = share_credit(model, touches, NOW, value)
    assert sum(credit.value for credit in credits_) == value
    assert sum(credit.share_millionths for credit in credits_) == MILLION
    assert all(credit.value >= 0 and credit.share_millionths >= 0 for credit in credits_)


@given(models, journeys(most=30), values, st.randoms())
def test_the_order_in_which_touches_are_read_does_not_matter(
    model: Model, touches: list[TouchPoint], value: int, chance: Random
) -> None:
    shuffled = list(touches)
    chance.shuffle(shuffled)
    assert share_credit(model, shuffled, NOW, value) == share_credit(model, touches, NOW, value)


@given(models, journeys(), values)
def test_only_touches_that_count_are_credited_each_once_and_in_order(
    model: Model, touches: list[TouchPoint], value: int
) -> None:
    credited = [credit.touch_id for credit in share_credit(model, touches, NOW, value)]
    allowed = [touch.touch_id for touch in counting(touches)]
    assert credited == ([t for t in allowed if t in credited] if allowed else [None])


@given(models, journeys(least=1), values)
def test_no_part_is_more_than_one_away_from_its_exact_size(
    model: Model, touches: list[TouchPoint], value: int
) -> None:
    credits_ = share_credit(model, touches, NOW, value)
    weights = [w for w in model.weigh(counting(touches) or touches[:1]) if w]
    for credit, weight in zip(credits_, weights, strict=True):
        share = Fraction(weight, sum(weights))
        assert abs(credit.value - value * share) < 1
        assert abs(credit.share_millionths - MILLION * share) < 1

from datetime import UTC, datetime, timedelta

import pytest

from callweave.domain.attribution import LOOKBACK, Credit, Model, TouchPoint, share_credit

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def touch(name: str, days_ago: float, *, direct: bool = False) -> TouchPoint:
    return TouchPoint(name, NOW - timedelta(days=days_ago), direct)


JOURNEY = [
    touch("search", 21),
    touch("social", 14),
    touch("email", 7),
    touch("typed", 0, direct=True),
]

# A row for each model: what the four touches of the journey get of 100.01, in minor units.
EXPECTED = {
    Model.FIRST_TOUCH: {"search": 10_001},
    Model.LAST_TOUCH: {"typed": 10_001},
    Model.LAST_NON_DIRECT: {"email": 10_001},
    Model.LINEAR: {"search": 2_501, "social": 2_500, "email": 2_500, "typed": 2_500},
    Model.POSITION_BASED: {"search": 4_001, "social": 1_000, "email": 1_000, "typed": 4_000},
    Model.TIME_DECAY: {"search": 667, "social": 1_333, "email": 2_667, "typed": 5_334},
}

ONE_WINNER = [Model.FIRST_TOUCH, Model.LAST_TOUCH, Model.LAST_NON_DIRECT]


def values(given: tuple[Credit, ...]) -> dict[str | None, int]:
    return {credit.touch_id: credit.value for credit in given}


def shares(given: tuple[Credit, ...]) -> dict[str | None, int]:
    return {credit.touch_id: credit.share_millionths for credit in given}


@pytest.mark.parametrize("model", Model)
def test_each_model_shares_a_journey_as_it_is_defined(model: Model) -> None:
    assert values(share_credit(model, JOURNEY, NOW, 10_001)) == EXPECTED[model]


@pytest.mark.parametrize("model", Model)
def test_a_touch_alone_gets_everything(model: Model) -> None:
    assert share_credit(model, [touch("only", 3)], NOW, 500) == (Credit("only", 1_000_000, 500),)


@pytest.mark.parametrize("model", Model)
@pytest.mark.parametrize("touches", [[], [touch("late", -1)], [touch("old", 91)]])
def test_without_a_touch_that_counts_the_whole_is_nobodys(
    model: Model, touches: list[TouchPoint]
) -> None:
    assert share_credit(model, touches, NOW, 500) == (Credit(None, 1_000_000, 500),)


@pytest.mark.parametrize("model", Model)
def test_a_call_worth_nothing_still_has_its_shares(model: Model) -> None:
    given = share_credit(model, JOURNEY, NOW, 0)
    assert {credit.value for credit in given} == {0}
    assert sum(shares(given).values()) == 1_000_000


def test_touches_count_from_the_first_to_the_last_moment_of_the_look_back() -> None:
    moment = timedelta(microseconds=1)
    touches = [
        TouchPoint("too old", NOW - LOOKBACK - moment, direct=False),
        TouchPoint("just in", NOW - LOOKBACK, direct=False),
        TouchPoint("just now", NOW, direct=False),
        TouchPoint("too late", NOW + moment, direct=False),
    ]
    assert set(shares(share_credit(Model.LINEAR, touches, NOW, 1))) == {"just in", "just now"}


def test_a_shorter_look_back_leaves_older_touches_out() -> None:
    given = share_credit(Model.FIRST_TOUCH, JOURNEY, NOW, 1, lookback=timedelta(days=10))
    assert [credit.touch_id for credit in given] == ["email"]


@pytest.mark.parametrize("model", ONE_WINNER)
def test_touches_of_the_same_moment_come_in_the_order_of_their_ids(model: Model) -> None:
    same = [touch("b", 1), touch("c", 1), touch("a", 1)]
    winner = "a" if model is Model.FIRST_TOUCH else "c"
    assert shares(share_credit(model, same, NOW, 9)) == {winner: 1_000_000}


def test_a_direct_visit_counts_for_last_non_direct_when_all_were_direct() -> None:
    touches = [touch("monday", 2, direct=True), touch("tuesday", 1, direct=True)]
    assert values(share_credit(Model.LAST_NON_DIRECT, touches, NOW, 9)) == {"tuesday": 9}


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (2, [500_000, 500_000]),
        (3, [400_000, 200_000, 400_000]),
        (5, [400_000, 66_667, 66_667, 66_666, 400_000]),
    ],
)
def test_position_based_gives_the_ends_forty_percent_each(count: int, expected: list[int]) -> None:
    touches = [touch(str(place), 9 - place) for place in range(count)]
    assert list(shares(share_credit(Model.POSITION_BASED, touches, NOW, 1)).values()) == expected


def test_time_decay_halves_with_every_week_however_long_ago_the_call_was() -> None:
    pair = [touch("older", 17), touch("newer", 10)]
    assert shares(share_credit(Model.TIME_DECAY, pair, NOW, 1)) == {
        "older": 333_333,
        "newer": 666_667,
    }


@pytest.mark.parametrize(
    ("newer", "expected"), [(299_999, {"ancient": 48, "newer": 52}), (1, {"newer": 100})]
)
def test_time_decay_survives_a_gap_of_centuries(newer: int, expected: dict[str, int]) -> None:
    pair = [touch("ancient", 300_000), touch("newer", newer)]
    given = share_credit(Model.TIME_DECAY, pair, NOW, 100, lookback=timedelta(days=400_000))
    assert values(given) == expected


def test_what_rounding_leaves_over_goes_to_the_earlier_of_equal_touches() -> None:
    touches = [touch("a", 3), touch("b", 2), touch("c", 1)]
    assert values(share_credit(Model.LINEAR, touches, NOW, 5)) == {"a": 2, "b": 2, "c": 1}


def test_every_model_has_a_name_for_people() -> None:
    assert len({model.display_name for model in Model}) == len(Model)
    assert Model("time_decay").display_name == "Time decay (7-day half-life)"

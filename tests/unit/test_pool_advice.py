"""What is advised of a pool, and how the figures that are typed in for it are read."""

from random import Random

import pytest

from callweave.domain.leases.advice import Advice, advise
from callweave.domain.leases.expected import (
    ExpectedError,
    read_held,
    read_visits,
    refuse_too_many,
)
from callweave.domain.leases.planning import Arrivals, PoolSize

A_RUSH = Arrivals((1, 1, 1, 1, 1, 1, 1, 1, 80, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1))
HALF_AN_HOUR = [1800.0]


def advised(
    arrivals: Arrivals, today: int | None = None, most_played: float = 10_000, share: float = 0.9
) -> Advice:
    luck = Random(1).random
    found = advise(arrivals, HALF_AN_HOUR, share, luck, today=today, most_played=most_played)
    assert found
    return found


def test_a_rush_takes_more_than_the_formula_and_is_advised_for_the_share_that_was_asked() -> None:
    advice = advised(A_RUSH)
    assert advice.is_played
    assert advice.numbers > advice.plan.size.numbers
    assert advice.size == PoolSize(advice.numbers, 0.9)


def test_where_more_visits_come_than_are_to_be_played_the_formula_speaks_alone() -> None:
    advice = advised(A_RUSH, most_played=102)
    assert not advice.is_played
    assert advice.size == advice.plan.size
    assert advised(A_RUSH, most_played=103).is_played


def test_a_number_is_nobody_elses_for_longer_the_more_there_are() -> None:
    advice = advised(Arrivals((100,)), today=50, share=0.99)
    assert advice.again_s == pytest.approx(64 / 100 * 3600)
    assert advice.again_today_s == pytest.approx(1800)
    assert advised(Arrivals((100,)), today=0).again_today_s is None


def test_nobody_comes_and_nothing_is_advised() -> None:
    assert advise(Arrivals((0,)), HALF_AN_HOUR, 0.99, Random(1).random) is None


@pytest.mark.parametrize("between", [",", ", ", ";", " ", "\n", "\r\n", "\t"])
def test_the_hours_of_a_day_may_stand_apart_as_a_spreadsheet_has_them(between: str) -> None:
    typed = f" {between.join(str(hour / 2) for hour in range(24))}{between}"
    assert read_visits(typed) == Arrivals(tuple(hour / 2 for hour in range(24)))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "how many visits begin"),
        (" ,, ", "how many visits begin"),
        ("100 a day", "“a” is no number"),
        ("1" * 30, "0 to 20,000 an hour, and not 1"),
        ("x" * 30, f"“{'x' * 20}...” is no number"),
        ("-1", "0 to 20,000 an hour, and not -1"),
        ("inf", "0 to 20,000"),
        ("0 " * 24, "at least one hour"),
        ("8 " * 25, "or of a week. Here are 25."),
        ("1,000", "Here are 2. A thousand is 1000, without a comma."),
    ],
)
def test_visits_that_are_none_are_refused_in_words(typed: str, told: str) -> None:
    with pytest.raises(ExpectedError) as refused:
        read_visits(typed)
    assert told in str(refused.value)


def test_figures_that_are_too_few_are_not_taken_for_thousands() -> None:
    with pytest.raises(ExpectedError, match=r"Here are 3\.$"):
        read_visits("100,200,300")


@pytest.mark.parametrize("typed", ["1800s", "30 min", "30m", " 0.5h "])
def test_a_time_is_read_in_its_unit(typed: str) -> None:
    assert read_held(typed) == 1800


@pytest.mark.parametrize(
    ("visits", "held_s"), [((20_000,), 5.1 * 3600), ((20_000,) * 168, 7 * 86_400)]
)
def test_more_numbers_than_anybody_has_are_a_slip(visits: tuple[float, ...], held_s: float) -> None:
    with pytest.raises(ExpectedError, match="numbers at once"):
        refuse_too_many(Arrivals(visits), held_s)


@pytest.mark.parametrize(
    ("visits", "held_s"),
    [
        ((20_000,), 5 * 3600),
        ((20_000, *[0] * 23), 86_400),
        ((20_000, *[0] * 167), 7 * 86_400),
    ],
)
def test_one_great_hour_is_no_slip(visits: tuple[float, ...], held_s: float) -> None:
    refuse_too_many(Arrivals(visits), held_s)

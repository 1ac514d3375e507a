"""The planner's formula, and what it recommends, against pools that are played with other luck."""

from random import Random

import pytest

from callweave.domain.leases.planning import Arrivals, numbers_for, offered
from callweave.domain.leases.playing import Luck, numbers_that_hold, played_share
from erlangs import exclusive_share

SHOP = (2, 1, 1, 1, 1, 2, 6, 14, 30, 60, 80, 90, 80, 70, 70, 75, 80, 70, 60, 50, 40, 25, 12, 5)
RUSH = (1, 1, 1, 1, 1, 1, 1, 1, 200, 5, 5, 5, 5, 5, 5, 5, 5, 5, 150, 5, 1, 1, 1, 1)
ONE_LEASE, MANY_PAGES = [1800.0], [1350.0, 1800.0, 2400.0, 7200.0]


def luck() -> Luck:
    return Random(1).random


@pytest.mark.parametrize("held_s", [ONE_LEASE, MANY_PAGES])
@pytest.mark.parametrize("share", [0.9, 0.99])
def test_on_a_shops_day_the_formula_is_what_happens(held_s: list[float], share: float) -> None:
    arrivals = Arrivals(SHOP)
    loads = offered(arrivals, held_s)
    numbers = numbers_for(loads, share)
    played = played_share(arrivals, held_s, numbers, Random(numbers).random)
    assert played == pytest.approx(exclusive_share(loads, numbers), abs=0.01)


@pytest.mark.parametrize("per_hour", [SHOP, RUSH])
@pytest.mark.parametrize("held_s", [ONE_LEASE, MANY_PAGES])
@pytest.mark.parametrize("share", [0.9, 0.99])
def test_what_is_recommended_holds_with_other_luck(
    per_hour: tuple[float, ...], held_s: list[float], share: float
) -> None:
    arrivals = Arrivals(per_hour)
    numbers = numbers_that_hold(arrivals, held_s, offered(arrivals, held_s), share, luck())
    bad_luck = 0.003 + (1 - share) / 10
    played = played_share(arrivals, held_s, numbers, Random(2).random)
    assert share - bad_luck <= played < share + 0.03


def test_a_sudden_rush_takes_more_numbers_than_the_formula_says() -> None:
    arrivals = Arrivals(RUSH)
    loads = offered(arrivals, ONE_LEASE)
    assert numbers_that_hold(arrivals, ONE_LEASE, loads, 0.9, luck()) > numbers_for(loads, 0.9) + 3


@pytest.mark.parametrize("per_hour", [5, 60])
@pytest.mark.parametrize("share", [0.9, 0.99])
def test_a_load_that_stays_takes_what_the_formula_says(per_hour: float, share: float) -> None:
    arrivals = Arrivals((per_hour,))
    loads = offered(arrivals, ONE_LEASE)
    assert numbers_that_hold(arrivals, ONE_LEASE, loads, share, luck()) == numbers_for(loads, share)


def test_where_nobody_comes_nothing_is_played() -> None:
    assert played_share(Arrivals((0,)), ONE_LEASE, 0, luck()) == 1
    assert numbers_that_hold(Arrivals((0,)), ONE_LEASE, [], 0.99, luck()) == 0

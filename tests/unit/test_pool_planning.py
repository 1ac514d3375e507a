from itertools import islice, pairwise

import pytest

from callweave.domain.leases.planning import (
    Arrivals,
    gathered,
    numbers_for,
    offered,
    shown_again_after_s,
    sizes,
)
from erlangs import exclusive_share

DAY = (2, 1, 1, 1, 1, 2, 6, 14, 30, 60, 80, 90, 80, 70, 70, 75, 80, 70, 60, 50, 40, 25, 12, 5)


@pytest.mark.parametrize(
    ("per_hour", "minutes", "share", "numbers"),
    [
        (20, 5, 0.95, 5),
        (20, 20, 0.99, 14),
        (50, 30, 0.999, 41),
        (100, 20, 0.99, 45),
        (100, 60, 0.95, 105),
        (200, 60, 0.999, 238),
        (1000, 5, 0.99, 100),
        (1000, 60, 0.999, 1072),
    ],
)
def test_a_steady_load_needs_what_erlangs_table_says(
    per_hour: float, minutes: float, share: float, numbers: int
) -> None:
    assert numbers_for(offered(Arrivals((per_hour,)), [minutes * 60]), share) == numbers


def test_ten_numbers_for_ten_erlangs_lose_more_than_a_fifth() -> None:
    loads = offered(Arrivals((200,)), [180])
    assert 1 - exclusive_share(loads, 10) == pytest.approx(0.215, abs=0.0005)


def test_it_does_not_matter_how_the_time_held_is_spread() -> None:
    same = offered(Arrivals((100,)), [1200])
    spread = offered(Arrivals((100,)), [60, 240, 600, 1500, 3600])
    assert exclusive_share(spread, 40) == pytest.approx(exclusive_share(same, 40))


def test_a_pool_without_numbers_lends_none_and_each_more_helps() -> None:
    first = list(islice(sizes(offered(Arrivals(DAY), [1800])), 60))
    assert first[0].numbers == 0
    assert first[0].exclusive == pytest.approx(0)
    assert all(a.exclusive < b.exclusive for a, b in pairwise(first))


def test_quiet_hours_cost_no_numbers_but_busy_ones_weigh_more() -> None:
    by_day, by_peak = offered(Arrivals(DAY), [1800]), offered(Arrivals((max(DAY),)), [1800])
    by_mean = offered(Arrivals((sum(DAY) / 24,)), [1800])
    assert numbers_for(by_mean, 0.99) < numbers_for(by_day, 0.99) < numbers_for(by_peak, 0.99)


def test_the_load_follows_the_arrivals_by_as_long_as_numbers_are_held() -> None:
    """An hour's rush, held for two: its load is highest at its end and stays for an hour."""
    rush = offered(Arrivals((60, 1e-9, 1e-9, 1e-9)), [7200])
    loads = [load.erlangs for load in rush]
    assert [loads[11], loads[23], loads[35]] == pytest.approx([60, 60, 0], abs=1e-6)
    assert loads[5] == pytest.approx(30, rel=1e-6)


def test_numbers_held_longer_than_the_arrivals_repeat_add_up() -> None:
    assert offered(Arrivals((6, 6)), [86_400])[0].erlangs == pytest.approx(144)


def test_nobody_comes_and_no_number_is_needed() -> None:
    assert offered(Arrivals((0, 0)), [1800]) == []


def test_how_long_a_number_is_nobody_elses() -> None:
    assert shown_again_after_s(Arrivals((100, 10)), [600], 45) == pytest.approx(27 * 60)
    assert shown_again_after_s(Arrivals((0,)), [600], 45) is None


def test_a_number_that_is_held_is_nobody_elses_however_many_come() -> None:
    assert shown_again_after_s(Arrivals((100,)), [1200, 2400], 3) == 1800


@pytest.mark.parametrize("times", [1, 30])
def test_moments_that_are_alike_are_reckoned_as_one_and_the_answer_stays(times: int) -> None:
    loads = offered(Arrivals(tuple(times * visits for visits in DAY)), [1350, 1800, 5400])
    few = gathered(loads)
    assert len(few) < len(loads)
    assert sum(load.weight for load in few) == pytest.approx(1)
    for share in (0.8, 0.99, 0.999):
        numbers = numbers_for(loads, share)
        exact = exclusive_share(loads, numbers)
        assert exclusive_share(few, numbers) == pytest.approx(exact, abs=0.0005)


def test_where_nobody_comes_there_is_nothing_to_gather() -> None:
    assert gathered([]) == []


@pytest.mark.parametrize("per_hour", [(), (1, -1)])
def test_arrivals_that_cannot_be_are_refused(per_hour: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="not negative"):
        Arrivals(per_hour)


@pytest.mark.parametrize("share", [1, 1.5, -0.1])
def test_a_share_that_cannot_be_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="without end"):
        numbers_for(offered(Arrivals((1,)), [60]), share)

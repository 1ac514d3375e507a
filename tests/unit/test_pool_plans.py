"""What is said of a pool: sizes worth a row, the curve as a picture, and words that hold."""

from datetime import UTC, date, datetime, timedelta

import pytest

from callweave.domain.leases.advice import Advice
from callweave.domain.leases.planning import Arrivals, PoolSize
from callweave.domain.leases.pool_plans import PoolPlan, plan_pool
from callweave.storage.reports.past_sizes import PastSize
from callweave.storage.reports.pool_use import PoolUse
from callweave.storage.reports.pools import Got
from callweave.web.pages import curve
from callweave.web.pages.pool_question import read_question
from callweave.web.pages.pool_words import about, asked, percent, really, reservations, shown_again

STEADY, HALF_AN_HOUR = Arrivals((100,)), [1800.0]
END = datetime(2026, 11, 18, tzinfo=UTC)


def a_plan(today: int | None = 45, share: float = 0.99) -> PoolPlan:
    plan = plan_pool(STEADY, HALF_AN_HOUR, share, today)
    assert plan
    return plan


def an_advice(today: int, numbers: int = 64) -> Advice:
    return Advice(a_plan(today), numbers, is_played=True, again_s=None, again_today_s=None)


def test_the_smallest_pool_for_the_share_is_named() -> None:
    plan = a_plan()
    assert plan.size.numbers == 64
    assert plan.curve[63].exclusive < 0.99 <= plan.size.exclusive


def test_rows_have_each_usual_share_the_chosen_one_and_today() -> None:
    rows = a_plan(45, share=0.97).landmarks()
    assert [row.numbers for row in rows] == [26, 44, 45, 51, 56, 59, 61, 64, 66, 71]
    assert next(row.numbers for row in rows if row.exclusive >= 0.97) == 59


@pytest.mark.parametrize("today", [0, 1, 64, 71, 5000])
def test_the_curve_reaches_today_and_the_highest_usual_share(today: int) -> None:
    plan = a_plan(today)
    assert plan.today
    assert plan.today.numbers == today
    assert [size.numbers for size in plan.curve] == list(range(len(plan.curve)))
    assert plan.curve[-1].numbers == max(71, today)


def test_a_pool_that_does_not_exist_yet_has_no_today() -> None:
    assert a_plan(None).today is None


def test_nobody_comes_and_nothing_is_planned() -> None:
    assert plan_pool(Arrivals((0,)), HALF_AN_HOUR, 0.99) is None


def test_a_share_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="without end"):
        a_plan(share=1.5)


def test_the_picture_puts_more_numbers_to_the_right_and_more_visitors_up() -> None:
    drawn = curve.drawn(an_advice(45), really=PoolSize(45, 0.5))
    today, really = drawn.today, drawn.really
    assert today
    assert really
    points = [tuple(map(float, pair.split(","))) for pair in drawn.line.split()]
    assert list(points[0]) == [drawn.left, drawn.bottom]
    assert points == sorted(points, key=lambda spot: (spot[0], -spot[1]))
    assert today.x == really.x < drawn.chosen.x
    assert really.y > today.y > drawn.chosen.y


@pytest.mark.parametrize("numbers", [70, 200])
def test_what_a_rush_takes_is_drawn_below_what_the_formula_promises(numbers: int) -> None:
    calm, rushed = curve.drawn(an_advice(45)), curve.drawn(an_advice(45, numbers))
    assert rushed.chosen.y == pytest.approx(calm.chosen.y, abs=2)
    assert rushed.chosen.y > min(float(pair.split(",")[1]) for pair in rushed.line.split())
    assert rushed.chosen.x <= rushed.right
    assert rushed.today
    assert rushed.chosen.x - rushed.left == pytest.approx(
        (rushed.today.x - rushed.left) / 45 * numbers, abs=1
    )


@pytest.mark.parametrize("then", [6, 200])
def test_what_really_happened_is_drawn_at_the_size_that_it_belongs_to(then: int) -> None:
    drawn = curve.drawn(an_advice(45), really=PoolSize(then, 0.5))
    points = [tuple(map(float, pair.split(","))) for pair in drawn.line.split()]
    assert drawn.today
    assert drawn.really
    assert (drawn.really.x < drawn.today.x) == (then < 45)
    assert drawn.really.x <= points[-1][0] == drawn.right


@pytest.mark.parametrize("numbers", [1, 7, 64, 2000, 9999])
def test_the_axis_has_few_round_marks_and_the_line_few_points(numbers: int) -> None:
    drawn = curve.drawn(an_advice(numbers))
    assert 2 <= len(drawn.across) <= 8
    assert len(drawn.line.split()) < 300
    assert drawn.really is None


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "\N{EN DASH}"),
        (1, "100 %"),
        (0.99999, "99.9 %"),
        (0.99, "99 %"),
        (0.8415, "84.1 %"),
        (0, "0 %"),
    ],
)
def test_a_share_is_never_rounded_up(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize("share", ["99.99", "99", "1", "97.25", "33.3333", "95.5"])
def test_a_share_that_was_asked_for_is_told_as_it_was_typed(share: str) -> None:
    assert asked(float(share) / 100) == f"{share} %"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 second"), (59, "59 seconds"), (60, "1 minute"), (1620, "27 minutes"),
     (7199, "120 minutes"), (7200, "2 hours"), (200_000, "2 days")],
)  # fmt: skip
def test_times_are_told_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert about(seconds) == text


def test_supervisors_are_told_when_a_number_is_shown_again() -> None:
    told = shown_again(45, 1620)
    assert told == (
        "With 45 numbers, at your busiest hour a number is shown to somebody else after about "
        "27 minutes."
    )
    assert shown_again(0, 1620) == shown_again(45, None) == ""


AS_TODAY = PastSize(45, 1.0, 45)


def a_use(
    visits: int, days: float, away: int = 0, held_back: int = 0, size: PastSize = AS_TODAY
) -> PoolUse:
    got = ((date(2026, 11, 18), Got(visits, 0, away, held_back=held_back)),)
    return PoolUse("UTC", END - timedelta(days), END, STEADY, (1800.0,), got, size)


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (a_use(200, 7), []),
        (a_use(199, 28), ["little data"]),
        (a_use(9000, 6.9), ["little data"]),
        (a_use(9000, 28, away=1), ["1 page of this site found no number"]),
        (a_use(9000, 28, held_back=20), ["20 visits came from networks that ask for many"]),
        (a_use(9000, 28, size=PastSize(6, 0.9, 46)), ["had 6 numbers for most of this time"]),
        (a_use(9000, 28, size=PastSize(6, 0.4, 46)), ["is not comparable with 46"]),
        (a_use(9000, 28, size=PastSize(46, 0.6, 46)), ["its 46 numbers for no more than 60 %"]),
        (a_use(9000, 28, size=PastSize(46, 0.95, 46)), []),
    ],
)
def test_what_the_figures_lack_is_said(use: PoolUse, told: list[str]) -> None:
    found = list(reservations(use))
    assert len(found) == len(told)
    assert all(part in whole for part, whole in zip(told, found, strict=True))


def test_a_share_that_pages_lower_is_called_a_least_one() -> None:
    assert really(Got(9, 1)) == "90 %"
    assert really(Got(9, 0, turned_away=1)) == "at least 90 %"


@pytest.mark.parametrize(
    ("args", "share", "price", "wrong"),
    [
        ({}, 0.99, None, []),
        ({"share": "95.5 %", "price": "£1.15"}, 0.955, 115, []),
        ({"share": "100"}, 0.99, None, ["share"]),
        ({"share": "0"}, 0.99, None, ["share"]),
        ({"share": "99.995"}, 0.99, None, ["share"]),
        ({"share": "٩٩"}, 0.99, None, ["share"]),
        ({"price": "-1"}, 0.99, None, ["price"]),
        ({"price": "1.15", "currency": "xyz"}, 0.99, None, ["currency"]),
        ({"price": "100", "currency": "jpy"}, 0.99, 100, []),
    ],
)
def test_a_question_is_read_or_what_is_wrong_with_it(
    args: dict[str, str], share: float, price: int | None, wrong: list[str]
) -> None:
    question = read_question(args, "GBP")
    assert question.share == pytest.approx(share)
    assert (question.price and question.price.minor) == price
    assert list(question.problems) == wrong

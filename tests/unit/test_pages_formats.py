"""How pages write numbers, times and addresses."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.attribution import MILLION
from callweave.web.pages import formats

NIGHT = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)


def test_a_moment_is_told_in_its_zone_and_with_it() -> None:
    assert formats.moment(NIGHT, "Europe/London") == "Thu 2 Jul 2026, 00:30 BST"
    assert formats.local_day(NIGHT, "America/New_York") == "Wed 1 Jul 2026"
    assert formats.clock(NIGHT, "Asia/Kolkata") == "05:00"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(None, "\N{EN DASH}"), (0, "0:00"), (7, "0:07"), (750, "12:30"), (3729, "1:02:09")],
)
def test_a_duration_is_short(seconds: int | None, written: str) -> None:
    assert formats.duration(seconds) == written


@pytest.mark.parametrize(
    ("number", "written", "masked"),
    [
        ("+442079460123", "+44 20 7946 0123", "Number ...23"),
        ("+13105550142", "+1 310-555-0142", "Number ...42"),
        ("sip:ana@pbx.example", "sip:ana@pbx.example", "Number withheld"),
        (None, "Withheld", "Withheld"),
    ],
)
def test_a_number_is_written_as_people_read_it(
    number: str | None, written: str, masked: str
) -> None:
    assert formats.phone(number) == written
    assert formats.masked_phone(number) == masked


@pytest.mark.parametrize(
    ("millionths", "written"),
    [(0, "0"), (MILLION, "1"), (3_330_000, "3.33"), (1_234_500_000, "1,234.50"), (9_999, "0")],
)
def test_part_calls_have_two_digits_and_whole_ones_none(millionths: int, written: str) -> None:
    assert formats.of_one(millionths) == written


@given(st.lists(st.integers(0, 10**9)))
def test_a_rounded_column_adds_up_to_the_rounded_sum(column: list[int]) -> None:
    shown = formats.evened(column)
    assert sum(shown) == sum(column) // formats.HUNDREDTHS * formats.HUNDREDTHS
    for exact, rounded in zip(column, shown, strict=True):
        assert abs(exact - rounded) < formats.HUNDREDTHS


def test_what_is_left_over_goes_to_the_largest_remainders() -> None:
    assert formats.evened([333_333, 333_333, 333_334]) == [330_000, 330_000, 340_000]


@pytest.mark.parametrize(
    ("millionths", "written"),
    [(MILLION, "100 %"), (66_667, "6.67 %"), (500_000, "50 %"), (49, "0 %"), (50, "0.01 %")],
)
def test_shares_are_percentages(millionths: int, written: str) -> None:
    assert formats.percentage(millionths) == written


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        (149_900, "GBP", Decimal("1499.00")),
        (700, "JPY", Decimal(700)),
        (1, "KWD", Decimal("0.001")),
        (None, "GBP", None),
        (5, None, None),
    ],
)
def test_amounts_for_spreadsheets_have_the_currencys_decimals(
    value: int | None, currency: str | None, written: Decimal | None
) -> None:
    assert formats.major(value, currency) == written


def test_the_sites_own_currency_comes_first_and_nothing_earned_is_left_out() -> None:
    found = formats.sums({"EUR": 5, "GBP": 7, "USD": 0}, "GBP")
    assert [(sum_.value, sum_.currency) for sum_ in found] == [(7, "GBP"), (5, "EUR")]


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://shop.example/bahamas", "/bahamas"),
        ("https://shop.example", "/"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://[", "/"),
        ("https://shop.example/a?b#c", "/a"),
        ("", ""),
    ],
)
def test_a_page_is_told_by_its_path(address: str, path: str) -> None:
    assert formats.page_path(address) == path


@pytest.mark.parametrize(
    ("told", "written"),
    [
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        ("gold", "gold"),
        (None, "null"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_what_a_site_says_of_its_visitor_is_written_plainly(told: object, written: str) -> None:
    assert formats.trait(told) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+442079460123", "+44 20 7946 0123"),
        ("<b>", "<b>"),
        (None, "on the page"),
        (5, "on the page"),
    ],
)
def test_a_tapped_number_is_told_as_the_browser_said_it(number: object, written: str) -> None:
    assert formats.tapped(number) == written

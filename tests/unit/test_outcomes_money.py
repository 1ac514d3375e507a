import pytest
from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.outcomes import (
    DECIMALS,
    MAX_AMOUNT,
    MoneyError,
    format_money,
    parse_money,
)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("GBP", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("ISK", 0), ("KWD", 3), ("TND", 3)],
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    assert DECIMALS[currency] == decimals


def test_every_currency_code_is_three_capitals_and_stands_once() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in DECIMALS)
    assert len(DECIMALS) == 165


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (149_900, "GBP", "£1,499.00"),
        (5, "GBP", "£0.05"),
        (0, "EUR", "€0.00"),
        (123_456_789, "USD", "$1,234,567.89"),
        (149_900, "CAD", "CA$1,499.00"),
        (149_900, "JPY", "¥149,900"),
        (1_499_000, "KWD", "1,499.000 KWD"),
        (149_900, "CHF", "1,499.00 CHF"),
        (14_990_000, "CLF", "1,499.0000 CLF"),
        (149_900, "BGN", "1,499.00 BGN"),
        (-149_905, "GBP", "-£1,499.05"),
        (-5, "SEK", "-0.05 SEK"),
    ],
)
def test_an_amount_is_shown_as_people_write_it(minor: int, currency: str, shown: str) -> None:
    assert format_money(minor, currency) == shown


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1,499", "GBP", 149_900),
        ("1499.00", "GBP", 149_900),
        ("£1 499.5", "GBP", 149_950),
        ("  1499  ", "GBP", 149_900),
        ("0", "GBP", 0),
        ("007", "GBP", 700),
        ("12,345,678.90", "GBP", 1_234_567_890),
        ("1\u00a0499.00", "EUR", 149_900),
        ("1\u202f499.00", "EUR", 149_900),
        ("1'499.50 CHF", "CHF", 149_950),
        ("1\u2019499.50", "CHF", 149_950),
        ("gbp 1,499", "GBP", 149_900),
        ("1,499.00 GBP", "GBP", 149_900),
        ("1,499 €", "EUR", 149_900),
        ("CA$1,499", "CAD", 149_900),
        ("$1,499", "CAD", 149_900),
        ("¥1,499", "JPY", 1_499),
        ("1.499", "KWD", 1_499),
        ("1,499", "KWD", 1_499_000),
    ],
)
def test_an_amount_is_read_as_people_type_it(text: str, currency: str, minor: int) -> None:
    assert parse_money(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "1.499,00",
        "1499,50",
        "1,49",
        "1,4990",
        "14,99,000",
        "1499,000",
        "1,499 000",
        ",499",
        "1499.",
        ".50",
        "1.4.9",
        "1e3",
        "0x10",
        "١٤٩٩",
        "nan",
        "about 1499",
        "$1,499",
        "1499 P",
        "£",
        "££1499",
        "1\n499",
        "9" * 41,
    ],
)
def test_what_could_be_read_in_two_ways_or_in_none_is_refused(text: str) -> None:
    with pytest.raises(MoneyError, match=r"is not an amount in GBP: write it like £1,499\.00\.$"):
        parse_money(text, "GBP")


@pytest.mark.parametrize(
    ("text", "currency", "message"),
    [
        ("1.499", "GBP", "GBP has 2 decimals: write £1,499.00."),
        ("1499.00", "JPY", "JPY has no decimals: write ¥1,499."),
        ("1.4999", "KWD", "KWD has 3 decimals: write 1,499.000 KWD."),
        ("", "GBP", "An amount is missing: write it like £1,499.00."),
        (" ", "GBP", "An amount is missing: write it like £1,499.00."),
        ("-5", "GBP", "An amount cannot be below zero."),
        ("\N{MINUS SIGN}5", "GBP", "An amount cannot be below zero."),
        ("10000000000.01", "GBP", "At most £10,000,000,000.00 can be recorded."),
        ("1499", "XYZ", "XYZ is not a currency code of ISO 4217."),
    ],
)
def test_a_refused_amount_says_why(text: str, currency: str, message: str) -> None:
    with pytest.raises(MoneyError) as refused:
        parse_money(text, currency)
    assert str(refused.value) == message


def test_a_refusal_repeats_no_more_than_it_must() -> None:
    with pytest.raises(MoneyError) as refused:
        parse_money("x" * 100_000, "GBP")
    assert len(str(refused.value)) < 120


@given(st.integers(0, MAX_AMOUNT), st.sampled_from(sorted(DECIMALS)))
def test_every_amount_shown_is_read_back_as_the_same(minor: int, currency: str) -> None:
    assert parse_money(format_money(minor, currency), currency) == minor


@given(
    st.text() | st.text("0123456789., '£¥GBPF-", max_size=44),
    st.sampled_from(["GBP", "JPY", "KWD", "CHF"]),
)
def test_any_text_is_an_amount_within_bounds_or_a_refusal(text: str, currency: str) -> None:
    try:
        minor = parse_money(text, currency)
    except MoneyError:
        return
    assert 0 <= minor <= MAX_AMOUNT

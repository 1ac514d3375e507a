from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callweave.domain.outcomes import (
    MAX_AMOUNT,
    Conversion,
    Disposition,
    Outcome,
    conversion,
    problems,
    standing,
)

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
WON = Outcome(
    disposition=Disposition.WON,
    value=149_900,
    currency="GBP",
    order_id="A-17",
    note="Bahamas, two weeks",
    recorded_by="anna@shop.example",
    at=NOW,
)
LOST = replace(WON, disposition=Disposition.LOST, value=None)


@pytest.mark.parametrize(("value", "counted"), [(149_900, 149_900), (0, 0), (None, 0)])
def test_a_won_call_is_a_conversion_whatever_it_was_worth(value: int | None, counted: int) -> None:
    assert conversion(replace(WON, value=value)) == Conversion(counted, "GBP")


@pytest.mark.parametrize("disposition", [d for d in Disposition if d is not Disposition.WON])
def test_no_other_disposition_is_a_conversion(disposition: Disposition) -> None:
    assert conversion(replace(LOST, disposition=disposition)) is None


def test_a_call_without_an_outcome_is_no_conversion() -> None:
    assert conversion(None) is None


@pytest.mark.parametrize("value", [None, 0, 1, MAX_AMOUNT])
def test_a_sound_outcome_has_no_problems(value: int | None) -> None:
    assert problems(replace(WON, value=value)) == ()


def test_texts_may_be_as_long_as_their_limits() -> None:
    wordy = replace(WON, order_id="o" * 255, note="n" * 2_000, recorded_by="r" * 255)
    assert problems(wordy) == ()


@pytest.mark.parametrize("value", [None, 0])
def test_a_lost_call_may_say_that_it_brought_nothing(value: int | None) -> None:
    assert problems(replace(LOST, value=value)) == ()


@pytest.mark.parametrize(
    ("outcome", "field", "message"),
    [
        (replace(WON, value=-1), "value", "A value cannot be below zero."),
        (
            replace(WON, value=MAX_AMOUNT + 1),
            "value",
            "A value is at most 1,000,000,000,000 minor units.",
        ),
        (
            replace(WON, disposition=Disposition.CALLBACK),
            "value",
            "Only a won call has a value; this one is callback.",
        ),
        (
            replace(WON, currency="gbp"),
            "currency",
            "Use a currency code of ISO 4217 in capitals, such as GBP.",
        ),
        (replace(WON, order_id="x" * 256), "order_id", "At most 255 characters; this has 256."),
        (replace(WON, note="x" * 2001), "note", "At most 2,000 characters; this has 2,001."),
        (
            replace(WON, recorded_by="x" * 256),
            "recorded_by",
            "At most 255 characters; this has 256.",
        ),
        (replace(WON, recorded_by=" "), "recorded_by", "Say who recorded it."),
    ],
)
def test_an_unsound_outcome_is_told_what_is_wrong(
    outcome: Outcome, field: str, message: str
) -> None:
    assert [(p.field, p.message) for p in problems(outcome)] == [(field, message)]


@pytest.mark.parametrize("currency", ["", "XXX", "XAU", "BGN", "£"])
def test_an_outcome_needs_a_currency_that_is_counted_in(currency: str) -> None:
    assert [p.field for p in problems(replace(WON, currency=currency))] == ["currency"]


def test_all_problems_are_named_at_once() -> None:
    hopeless = Outcome(Disposition.SPAM, MAX_AMOUNT + 1, "?", "o" * 999, "n" * 9999, "", NOW)
    assert [p.field for p in problems(hopeless)] == [
        "currency",
        "value",
        "value",
        "order_id",
        "note",
        "recorded_by",
    ]


def test_a_call_nobody_judged_has_no_standing_outcome() -> None:
    assert standing([]) is None


def test_a_correction_replaces_what_was_recorded_before() -> None:
    corrected = replace(LOST, at=NOW + timedelta(days=2))
    assert standing([WON, corrected]) == corrected


def test_the_latest_stands_even_if_it_is_read_first() -> None:
    corrected = replace(LOST, at=NOW + timedelta(days=2))
    assert standing([corrected, WON]) == corrected


def test_of_two_in_the_same_moment_the_one_recorded_last_stands() -> None:
    assert standing([WON, LOST]) == LOST
    assert standing([LOST, WON]) == WON

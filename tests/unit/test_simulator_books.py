from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callweave.simulator.books import (
    BookedCall,
    BookedOutcome,
    Figures,
    Outcome,
    Owed,
    balance,
)
from callweave.simulator.ledger import Breach, HungUp, LedgerCall, Reached
from callweave.simulator.people import Side

ANA, BEN = "+441614960001", "+441614960002"
CALL = LedgerCall(
    "CA1",
    "+447700900123",
    "+442079460123",
    datetime(2026, 11, 22, tzinfo=UTC),
    status="completed",
    over=True,
    duration=60,
    reached=Reached.PERSON,
    answered_by=ANA,
)
ROW = BookedCall("CA1", over=True, duration_s=60, answered_by=ANA)
WON = Outcome("won", 149900, "GBP")
LOST = Outcome("lost")
OWED = Owed("CA1", WON)
KEPT = BookedOutcome("CA1", WON)
FIGURES = Figures(
    (ROW,), (KEPT,), {"GBP": 149900}, {"linear": {"GBP": 149900}, "first_touch": {"GBP": 149900}}
)


def told(call: LedgerCall = CALL, figures: Figures = FIGURES) -> list[str]:
    return [each.what for each in balance([call], [OWED], figures)]


def test_books_that_agree_balance() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ((), "0 rows in the database, not 1"),
        ((ROW, ROW), "2 rows in the database, not 1"),
        ((replace(ROW, over=False),), "still open, though the carrier says completed"),
        ((replace(ROW, duration_s=61),), "61 s long, 60 s at the carrier"),
        ((replace(ROW, duration_s=None),), "None s long, 60 s at the carrier"),
        (
            (replace(ROW, answered_by=BEN),),
            f"answered by {BEN}, at the carrier by {ANA}",
        ),
        (
            (ROW, replace(ROW, sid="CA2")),
            "in the database, but the carrier knows of no such call",
        ),
    ],
)
def test_a_call_that_differs_is_named(rows: tuple[BookedCall, ...], what: str) -> None:
    assert told(figures=replace(FIGURES, calls=rows)) == [what]


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ((), "nothing"),
        ((KEPT, KEPT), "won 149900 GBP, won 149900 GBP"),
        ((replace(KEPT, outcome=Outcome("won", 149901, "GBP")),), "won 149901 GBP"),
        ((replace(KEPT, outcome=Outcome("lost")),), "lost"),
    ],
)
def test_an_acknowledged_outcome_is_owed_exactly_once(
    stored: tuple[BookedOutcome, ...], said: str
) -> None:
    figures = replace(FIGURES, outcomes=stored)
    assert told(figures=figures) == [f"owed won 149900 GBP, stored {said}"]


def test_an_outcome_that_was_not_acknowledged_may_be_stored_or_not() -> None:
    assert balance([CALL], [], FIGURES) == []


@pytest.mark.parametrize(("sums", "given"), [({"GBP": 149899}, 149899), ({}, 0)])
def test_credits_that_do_not_sum_to_the_conversions_are_named(
    sums: dict[str, int], given: int
) -> None:
    figures = replace(FIGURES, credits={"linear": sums})
    assert told(figures=figures) == [f"credits of {given} for 149900 GBP"]


def test_credits_in_another_currency_are_too_much() -> None:
    sums = {"linear": {"GBP": 149900, "EUR": 5}}
    assert told(figures=replace(FIGURES, credits=sums)) == ["credits of 5 for 0 EUR"]


def test_a_breach_of_the_carriers_rules_is_named() -> None:
    assert told(replace(CALL, breaches=(Breach(1.0, "silence"),))) == ["silence"]


def test_a_caller_who_reached_nobody_is_named() -> None:
    call = replace(CALL, reached=Reached.NOBODY, answered_by=None)
    figures = replace(FIGURES, calls=(replace(ROW, answered_by=None),))
    assert told(call, figures) == ["the caller reached nobody"]
    gave_up = replace(call, entries=(HungUp(9.0, Side.CALLER),))
    assert told(gave_up, figures) == []


def test_a_call_that_still_goes_on_is_named() -> None:
    assert "the carrier has not ended this call yet" in told(replace(CALL, over=False))


@pytest.mark.parametrize(
    ("said", "stored", "wrong"),
    [
        ((WON, WON), (WON,), None),
        ((WON, LOST), (WON, LOST), None),
        ((WON, LOST, WON), (WON, LOST, WON), None),
        ((WON, LOST), (LOST,), "owed won 149900 GBP, lost, stored lost"),
        ((WON, WON), (WON, WON), "owed won 149900 GBP, stored won 149900 GBP, won 149900 GBP"),
    ],
    ids=["again", "corrected", "back again", "correction alone", "doubled"],
)
def test_corrections_follow_what_they_correct(
    said: tuple[Outcome, ...], stored: tuple[Outcome, ...], wrong: str | None
) -> None:
    books = replace(FIGURES, outcomes=[BookedOutcome("CA1", each) for each in stored])
    found = balance([CALL], [Owed("CA1", each) for each in said], books)
    assert [each.what for each in found] == ([wrong] if wrong else [])

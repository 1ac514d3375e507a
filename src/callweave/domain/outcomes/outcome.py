from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callweave.domain.outcomes.money import DECIMALS, MAX_AMOUNT

MAX_ORDER_ID = 255
MAX_NOTE = 2_000
MAX_RECORDED_BY = 255


class Disposition(StrEnum):
    WON = "won"
    LOST = "lost"
    CALLBACK = "callback"
    SUPPORT = "support"
    SPAM = "spam"
    WRONG_NUMBER = "wrong_number"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended for the business. `value` in minor units of `currency`."""

    disposition: Disposition
    value: int | None
    currency: str
    order_id: str | None
    note: str | None
    recorded_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Conversion:
    """An outcome that counts, and for how much, in minor units of `currency`."""

    value: int
    currency: str


@dataclass(frozen=True, slots=True)
class Problem:
    field: str
    message: str


def conversion(outcome: Outcome | None) -> Conversion | None:
    """A call that was won counts, even while nobody has said what it was worth."""
    if outcome is None or outcome.disposition is not Disposition.WON:
        return None
    return Conversion(value=outcome.value or 0, currency=outcome.currency)


def standing(recorded: Iterable[Outcome]) -> Outcome | None:
    """The outcome that holds: the latest of those recorded, in the order of recording; of two at
    the same moment the one recorded last. Nothing is changed or taken back, only followed.
    """
    latest = None
    for outcome in recorded:
        if latest is None or outcome.at >= latest.at:
            latest = outcome
    return latest


def problems(outcome: Outcome) -> tuple[Problem, ...]:
    """Everything that keeps this outcome from being recorded, at once; none: it may be."""
    return (
        *_problems_of_value(outcome),
        *_too_long("order_id", outcome.order_id, MAX_ORDER_ID),
        *_too_long("note", outcome.note, MAX_NOTE),
        *_too_long("recorded_by", outcome.recorded_by, MAX_RECORDED_BY),
        *([] if outcome.recorded_by.strip() else [Problem("recorded_by", "Say who recorded it.")]),
    )


def _problems_of_value(outcome: Outcome) -> Iterable[Problem]:
    if outcome.currency not in DECIMALS:
        yield Problem("currency", "Use a currency code of ISO 4217 in capitals, such as GBP.")
    if not outcome.value:
        return
    # A value on any other outcome would stand in the books and be counted nowhere.
    if outcome.disposition is not Disposition.WON:
        yield Problem("value", f"Only a won call has a value; this one is {outcome.disposition}.")
    if outcome.value < 0:
        yield Problem("value", "A value cannot be below zero.")
    elif outcome.value > MAX_AMOUNT:
        yield Problem("value", f"A value is at most {MAX_AMOUNT:,} minor units.")


def _too_long(field: str, text: str | None, limit: int) -> Iterable[Problem]:
    if text is not None and len(text) > limit:
        yield Problem(field, f"At most {limit:,} characters; this has {len(text):,}.")

"""What somebody expects of a pool and types into the page of numbers, and what is said to it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import TypeVar

from callweave.domain.leases.advice import Advice
from callweave.domain.leases.expected import (
    USUAL_HELD_S,
    ExpectedError,
    read_held,
    read_visits,
    refuse_too_many,
)
from callweave.domain.leases.planning import Arrivals
from callweave.storage.reports.pool_use import PoolUse
from callweave.web.pages.curve import Curve, drawn
from callweave.web.pages.pool_question import PoolQuestion, advised

T = TypeVar("T")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours"}
_USUAL_UNIT = "min"
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Typed:
    """Visits of an hour, and for how long a number is held, as they were typed."""

    visits: str = ""
    held: str = f"{USUAL_HELD_S / 60:g}"
    unit: str = _USUAL_UNIT


@dataclass(frozen=True, slots=True)
class Answer:
    """``arrivals`` and ``held_s``: as the figures were read."""

    advice: Advice
    curve: Curve
    arrivals: Arrivals
    held_s: float


@dataclass(frozen=True, slots=True)
class Expected:
    """``problems``: by field, what is wrong with it; then there is no answer. ``is_asked``: whether
    the form was sent at all.
    """

    typed: Typed
    question: PoolQuestion
    is_asked: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)
    answer: Answer | None = None


def read_expected(args: Mapping[str, str], question: PoolQuestion) -> Expected:
    if "visits" not in args:
        return Expected(Typed(), question)
    unit = args.get("unit", "")
    typed = Typed(
        _legible(args["visits"]),
        _legible(args.get("held", "")),
        unit if unit in UNITS else _USUAL_UNIT,
    )
    problems: dict[str, str] = {}
    arrivals = _or_told(problems, "visits", lambda: read_visits(typed.visits))
    held_s = _or_told(problems, "held", lambda: _held(typed))
    if arrivals and held_s:
        _or_told(problems, "visits", lambda: refuse_too_many(arrivals, held_s))
    problems.update(question.problems)
    answer = None
    if arrivals and held_s and not problems:
        advice = advised(arrivals, (held_s,), question.share)
        answer = Answer(advice, drawn(advice), arrivals, held_s) if advice else None
    return Expected(typed, question, is_asked=True, problems=problems, answer=answer)


def as_typed(use: PoolUse) -> Typed:
    """What came to a pool, to begin with and change."""
    visits = ", ".join(f"{per_hour:.3g}" for per_hour in use.arrivals.per_hour)
    return Typed(visits, f"{fmean(use.held_s) / 60:.3g}", "min")


def _held(typed: Typed) -> float:
    if not _NUMBER.fullmatch(typed.held):
        raise ExpectedError("Write a number alone, such as 30 or 1.5: its unit stands beside it.")
    return read_held(f"{typed.held}{typed.unit}")


def _or_told(problems: dict[str, str], name: str, read: Callable[[], T]) -> T | None:
    try:
        return read()
    except ExpectedError as error:
        problems[name] = str(error)
        return None


def _legible(text: str) -> str:
    lines = text.replace("\r\n", "\n")
    return "".join(c for c in lines if c in "\n\t" or c.isprintable()).strip()

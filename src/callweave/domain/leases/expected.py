"""What somebody expects of a pool that has no visits yet to plan it from, as it is typed."""

import re
from math import ceil

from callweave.domain.leases.planning import Arrivals

MOST_VISITS = 20_000
MOST_NUMBERS = 100_000
USUAL_HELD_S = 1800.0
_COUNTS = (1, 24, 168)
_LONGEST_S = 7 * 86_400
_APART = re.compile(r"[,;\s]+")
_THOUSAND = re.compile(r"[0-9],[0-9]{3}(?![0-9])")
_TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(s|m|min|h|)")
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600}


class ExpectedError(ValueError):
    """Text that is none of it; the message is for the person who typed it."""


def read_visits(typed: str) -> Arrivals:
    """New visits in every hour alike, in each hour of a day (24), or in each of a week from Monday
    on (168), with commas, semicolons, spaces or lines between them. Raises ExpectedError.
    """
    parts = [part for part in _APART.split(typed) if part]
    if not parts:
        raise ExpectedError("Write how many visits begin in an hour, such as 100.")
    visits = tuple(_number(part) for part in parts)
    if len(visits) not in _COUNTS:
        raise ExpectedError(
            "Write 1, 24 or 168 numbers: for any hour, for the hours of a day, or of a week. "
            f"Here are {len(visits)}.{_of_thousands(typed, len(visits))}"
        )
    if not any(visits):
        raise ExpectedError("Nobody comes: at least one hour has visits.")
    return Arrivals(visits)


def _of_thousands(typed: str, count: int) -> str:
    is_one = count / 2 in _COUNTS and _THOUSAND.search(typed)
    return " A thousand is 1000, without a comma." if is_one else ""


def _number(part: str) -> float:
    try:
        visits = float(part)
    except ValueError:
        shown = part if len(part) <= 20 else f"{part[:20]}..."  # noqa: PLR2004  of a line of text
        raise ExpectedError(
            f"“{shown}” is no number. Write 1, 24 or 168 numbers with commas between them."
        ) from None
    if not 0 <= visits <= MOST_VISITS:  # which no infinity is, nor what is no number
        raise ExpectedError(f"Visits are 0 to {MOST_VISITS:,} an hour, and not {part[:20]}.")
    return visits


def read_held(typed: str) -> float:
    """In seconds, for how long a visitor has a number: 90s, 30min, 1.5h. Raises ExpectedError."""
    found = _TIME.fullmatch(typed.strip())
    if found and not found[2]:
        number = found[1]
        raise ExpectedError(
            f"{number} of what? Write {number}s for seconds, {number}min for minutes, "
            f"{number}h for hours."
        )
    if not found:
        raise ExpectedError("Write a time such as 30min, 90s or 1h.")
    seconds = float(found[1]) * _UNITS[found[2]]
    if not 0 < seconds <= _LONGEST_S:
        raise ExpectedError("A number is held for some time, and at most a week.")
    return seconds


def refuse_too_many(arrivals: Arrivals, held_s: float) -> None:
    """What would take minutes to reckon is a slip of the keyboard. Raises ExpectedError."""
    step_h = arrivals.step_s / 3600
    rounds = ceil(held_s / (len(arrivals.per_hour) * arrivals.step_s))
    at_once = min(arrivals.busiest * held_s / 3600, sum(arrivals.per_hour) * step_h * rounds)
    if at_once > MOST_NUMBERS:
        raise ExpectedError(
            f"So many visits, each with a number for so long, would have some {at_once:,.0f} "
            f"numbers at once. This reckons with {MOST_NUMBERS:,} at most."
        )

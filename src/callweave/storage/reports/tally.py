"""Counts of calls and what they brought."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, case, func

from callweave.domain.calls.story import Result
from callweave.storage.calls import Call


@dataclass(frozen=True, slots=True)
class Money:
    """Minor units of an ISO 4217 currency."""

    value: int
    currency: str


@dataclass(frozen=True, slots=True)
class Tally:
    """``value`` has one sum for each currency: pounds and euros are never added up.

    Calls that still ring or talk are in ``calls`` and in none of the three results.
    """

    calls: int = 0
    answered: int = 0
    missed: int = 0
    voicemail: int = 0
    conversions: int = 0
    value: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.calls + other.calls,
            self.answered + other.answered,
            self.missed + other.missed,
            self.voicemail + other.voicemail,
            self.conversions + other.conversions,
            add_up((self.value, other.value)),
        )

    @property
    def still_open(self) -> int:
        return self.calls - self.answered - self.missed - self.voicemail

    @property
    def amounts(self) -> tuple[Money, ...]:
        return amounts(self.value)


def add_up(values: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for value in values:
        total.update(value)
    return dict(total)


def amounts(value: Mapping[str, int]) -> tuple[Money, ...]:
    """By currency code; a currency in which nothing was earned is left out."""
    return tuple(Money(value[currency], currency) for currency in sorted(value) if value[currency])


def counts() -> list[ColumnElement[int]]:
    results = (Result.ANSWERED, Result.MISSED, Result.VOICEMAIL)
    one = (func.sum(case((Call.result == result.value, 1), else_=0)) for result in results)
    return [func.count(), *one]


def counted(numbers: Sequence[int]) -> Tally:
    """From the columns of ``counts``; PostgreSQL sums whole numbers to decimals."""
    calls, answered, missed, voicemail = map(int, numbers)
    return Tally(calls, answered, missed, voicemail)

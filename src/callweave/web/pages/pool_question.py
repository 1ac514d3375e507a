"""What the page of numbers is asked: which share, and what a number costs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from callweave.domain.leases.advice import Advice, advise
from callweave.domain.leases.planning import Arrivals
from callweave.domain.leases.playing import Luck
from callweave.domain.leases.pool_plans import HIGHEST_SHARE
from callweave.domain.outcomes import DECIMALS, MoneyError, format_money, parse_money

USUAL_SHARE = 0.99
_LONGEST = 40
# Visits of a day or a week: playing so many takes a third of a second, while others wait.
_MOST_PLAYED = 200_000
_SHARE = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,4})?) ?%?")


@dataclass(frozen=True, slots=True)
class Price:
    """Of one number a month, in minor units."""

    minor: int
    currency: str

    def of(self, numbers: int) -> str:
        return format_money(self.minor * numbers, self.currency)


@dataclass(frozen=True, slots=True)
class PoolQuestion:
    """``share`` of 1, ``price`` if one was given; beside them what was typed, and by field what is
    wrong with it. What is wrong is not reckoned with.
    """

    share: float
    price: Price | None
    typed_share: str
    typed_price: str
    currency: str
    problems: Mapping[str, str] = field(default_factory=dict)

    def cost(self, numbers: int) -> str:
        """A month, or nothing where no price is known."""
        return self.price.of(numbers) if self.price else ""


def advised(
    arrivals: Arrivals, held_s: Sequence[float], share: float, today: int | None = None
) -> Advice | None:
    """As the command advises, unless playing it would take a page more than a blink."""
    luck = same_luck()
    return advise(arrivals, held_s, share, luck, today=today, most_played=_MOST_PLAYED)


def same_luck() -> Luck:
    """For a pool that is played: always the same, so that the same question has one answer."""
    return Random(1).random  # noqa: S311  nobody gains by guessing it


def read_question(args: Mapping[str, str], currency: str) -> PoolQuestion:
    typed_share, typed_price = _legible(args.get("share", "")), _legible(args.get("price", ""))
    in_currency = _legible(args.get("currency", "")).upper() or currency
    problems: dict[str, str] = {}
    share, price = _share(typed_share or f"{100 * USUAL_SHARE:g}"), None
    if share is None:
        problems["share"] = f"Write a share from 1 to {100 * HIGHEST_SHARE:g} per cent, like 99."
    if in_currency not in DECIMALS:
        problems["currency"] = f"“{in_currency}” is no currency of ISO 4217, such as USD or GBP."
    elif typed_price:
        try:
            price = Price(parse_money(typed_price, in_currency), in_currency)
        except MoneyError as error:
            problems["price"] = str(error)
    return PoolQuestion(
        share or USUAL_SHARE,
        price,
        typed_share or f"{100 * USUAL_SHARE:g}",
        typed_price,
        in_currency,
        problems,
    )


def _share(typed: str) -> float | None:
    found = _SHARE.fullmatch(typed)
    share = float(found[1]) / 100 if found else 0.0
    return share if 0.01 <= share <= HIGHEST_SHARE else None  # noqa: PLR2004  one per cent


def _legible(text: str) -> str:
    return "".join(filter(str.isprintable, text)).strip()[:_LONGEST]

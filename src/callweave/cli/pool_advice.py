"""What `callweave numbers plan` says, in words and as data."""

from dataclasses import dataclass
from enum import Enum
from statistics import fmean
from typing import assert_never

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table

from callweave.cli.context import console
from callweave.domain.leases.advice import Advice, advise
from callweave.domain.leases.planning import Arrivals
from callweave.storage.reports.pool_use import PoolUse
from callweave.storage.reports.pools import Got, PoolLine
from callweave.web.pages.pool_question import Price, same_luck
from callweave.web.pages.pool_words import (
    LATER,
    asked,
    counted,
    exactly,
    percent,
    really,
    really_with,
    reservations,
    rush,
    shown_again,
    stands_on,
)


class HeldFrom(Enum):
    """Where it comes from for how long numbers are held."""

    TYPED = "typed"
    ASSUMED = "assumed"
    VISITS = "visits"
    LEASE = "lease"


@dataclass(frozen=True, slots=True)
class Figures:
    """``pool`` and ``use`` are None where the figures were typed in."""

    arrivals: Arrivals
    held_s: tuple[float, ...]
    currency: str
    pool: PoolLine | None = None
    use: PoolUse | None = None
    held_from: HeldFrom = HeldFrom.ASSUMED


@dataclass(frozen=True, slots=True)
class Answer:
    figures: Figures
    advice: Advice
    price: Price | None


def answered(figures: Figures, share: float, price: Price | None) -> Answer:
    today = figures.pool.numbers if figures.pool else None
    advice = advise(figures.arrivals, figures.held_s, share, same_luck(), today=today)
    if advice is None:
        raise click.ClickException("nobody comes, so no number is needed")
    return Answer(figures, advice, price)


def print_answer(answer: Answer) -> None:
    figures, price, advice = answer.figures, answer.price, answer.advice
    whose = f"Pool {figures.pool.name} of {figures.pool.site.name}" if figures.pool else "A pool"
    needs = counted(advice.numbers, "number") + (
        f", {price.of(advice.numbers)} a month" if price else ""
    )
    for line in (
        f"{whose}: {needs}, so that {asked(advice.plan.share)} of visitors get their own.",
        _held(figures),
        *_today(answer),
        *rush(advice),
        f"{shown_again(advice.numbers, advice.again_s)} {LATER}",
    ):
        console.print(line, markup=False)
    console.print(_curve(answer))
    if figures.use:
        for line in (stands_on(figures.use), *reservations(figures.use)):
            console.print(line, markup=False)


def _held(figures: Figures) -> str:
    match figures.held_from:
        case HeldFrom.TYPED:
            how = "as it was typed in"
        case HeldFrom.ASSUMED:
            how = "which is only assumed: --held says otherwise"
        case HeldFrom.VISITS:
            how = "on average of the site's own visits"
        case HeldFrom.LEASE:
            how = "the pool's lease time: no visit of the four weeks had a number of its own"
        case _:
            assert_never(figures.held_from)
    return f"Reckoned with: a number is held for {exactly(fmean(figures.held_s))}, {how}."


def _today(answer: Answer) -> list[str]:
    use, today, price = answer.figures.use, answer.advice.plan.today, answer.price
    if not use or not today:
        return []
    cost = f" for {price.of(today.numbers)} a month" if price else ""
    then = really_with(use)
    told = f"really {really(use.got)} got their own{f' {then}' if then else ''}"
    model = f"by the model {percent(today.exclusive)}{f' with {today.numbers:,}' if then else ''}"
    return [f"Today: {counted(today.numbers, 'number')}{cost}; {told}, {model}."]


def _curve(answer: Answer) -> Table:
    plan, price = answer.advice.plan, answer.price
    table = Table(box=SIMPLE_HEAD)
    table.add_column("Numbers", justify="right")
    table.add_column("Number of their own", justify="right")
    if price:
        table.add_column("A month", justify="right")
    table.add_column()
    for size in plan.landmarks():
        cells = [f"{size.numbers:,}", percent(size.exclusive)]
        cells += [price.of(size.numbers)] if price else []
        table.add_row(*cells, "today" if size == plan.today else "")
    return table


def as_data(answer: Answer) -> dict[str, object]:
    """Shares of 1; times in seconds; amounts a month in minor units."""
    figures, price, advice = answer.figures, answer.price, answer.advice
    plan = advice.plan
    return {
        **_whose(figures),
        "share": plan.share,
        "numbers": advice.numbers,
        "numbers_by_formula": plan.size.numbers,
        "shown_again_after_s": advice.again_s and round(advice.again_s),
        "price": price and {"minor": price.minor, "currency": price.currency},
        "cost": price and price.minor * advice.numbers,
        "curve": [
            {"numbers": size.numbers, "exclusive": round(size.exclusive, 6)}
            for size in plan.landmarks()
        ],
        "held_s": round(fmean(figures.held_s), 1),
        "held_from": figures.held_from.value,
        "visits_per_hour": [round(rate, 4) for rate in figures.arrivals.per_hour],
    }


def _whose(figures: Figures) -> dict[str, object]:
    pool, use = figures.pool, figures.use
    if pool is None or use is None:
        return {"site": None, "pool": None, "today": None, "stands_on": None}
    got = use.got
    return {
        "site": pool.site.name,
        "pool": pool.name,
        "today": {
            "numbers": pool.numbers,
            "numbers_most_of_the_time": use.size.mostly,
            **got_data(got),
        },
        "stands_on": {
            "since": use.since.isoformat(),
            "until": use.until.isoformat(),
            "reservations": list(reservations(use)),
        },
    }


def got_data(got: Got) -> dict[str, object]:
    return {
        "visits": got.visits,
        "exclusive": got.exclusive,
        "shared": got.shared,
        "turned_away_pages": got.turned_away,
        "without_cool_down": got.without_cool_down,
        "stand_in": got.stand_in,
        "held_back": got.held_back,
        "share": got.share if got.share is None else round(got.share, 6),
    }

"""How many numbers a pool needs: from what visitors did, or from figures that are typed in."""

import json
from dataclasses import replace

import click
from sqlalchemy import select

from callweave.cli.context import database, now, one
from callweave.cli.pool_advice import (
    Figures,
    HeldFrom,
    answered,
    as_data,
    print_answer,
)
from callweave.domain.leases.expected import (
    USUAL_HELD_S,
    ExpectedError,
    read_held,
    read_visits,
    refuse_too_many,
)
from callweave.domain.leases.pool_plans import HIGHEST_SHARE
from callweave.domain.outcomes import MoneyError, parse_money
from callweave.storage.accounts import Site
from callweave.storage.reports.pool_use import pool_use
from callweave.storage.reports.pools import PoolLine, pool_lines
from callweave.web.pages.pool_question import Price


@click.command(name="plan")
@click.option("--site", help="Needed when there is more than one.")
@click.option("--pool", help="Needed when the site has more than one.")
@click.option(
    "--visits-per-hour",
    metavar="N,N,...",
    help="Instead of the site's own: new visits in each hour of a day (24) or of a week, from "
    "Monday on (168), or one for a steady load.",
)
@click.option(
    "--held",
    metavar="TIME",
    help="For how long a number is held, with its unit (s, min, h): 30min, 90s. "
    "If left out: as long as the site's own were, or 30min for figures that are typed in.",
)
@click.option(
    "--share",
    type=click.FloatRange(1, 100 * HIGHEST_SHARE),
    default=99,
    show_default=True,
    help="Per cent of visitors who are to get a number of their own.",
)
@click.option("--price", help="Of one number a month, such as 1.15.")
@click.option("--currency", help="Of the price; the site's own if left out.")
@click.option("--json", "as_json", is_flag=True)
def pool_plan(
    site: str | None,
    pool: str | None,
    visits_per_hour: str | None,
    held: str | None,
    share: float,
    price: str | None,
    currency: str | None,
    as_json: bool,  # noqa: FBT001  click hands it over by name
) -> None:
    """How many numbers a pool needs for a share of visitors to get one of their own.

    From the visits of the last four weeks, or from figures typed in:
    callweave numbers plan --visits-per-hour 100 --held 30min --share 99
    """
    if visits_per_hour is not None and (site or pool):
        raise click.UsageError("either --visits-per-hour or a --site and --pool, not both")
    held_s = None if held is None else (_held(held),)
    if visits_per_hour is None:
        figures = _of_site(site, pool, held_s)
    else:
        figures = _typed(visits_per_hour, held_s or (USUAL_HELD_S,))
    if held_s:
        figures = replace(figures, held_from=HeldFrom.TYPED)
    answer = answered(figures, share / 100, _price(price, currency or figures.currency))
    if as_json:
        click.echo(json.dumps(as_data(answer), indent=2))
    else:
        print_answer(answer)


def _of_site(site: str | None, pool: str | None, held_s: tuple[float, ...] | None) -> Figures:
    with database() as opened, opened.reading() as session:
        owner = one(list(session.scalars(select(Site))), "site", site)
        lending = [line for line in pool_lines(session, [owner], now()) if line.lends]
        found: PoolLine = one(lending, "pool", pool)
        use = pool_use(session, found, now())
    if use is None:
        raise click.ClickException(
            f"pool {found.name!r} has not lent a number in the last four weeks: type in what you "
            "expect with --visits-per-hour"
        )
    times = held_s or use.held_s
    held_from = HeldFrom.LEASE if use.held_is_assumed else HeldFrom.VISITS
    return Figures(use.arrivals, times, owner.currency, found, use, held_from)


def _typed(visits: str, held_s: tuple[float]) -> Figures:
    try:
        arrivals = read_visits(visits)
        refuse_too_many(arrivals, *held_s)
    except ExpectedError as error:
        raise _wrong(str(error), "--visits-per-hour") from None
    return Figures(arrivals, held_s, "USD")


def _held(typed: str) -> float:
    try:
        return read_held(typed)
    except ExpectedError as error:
        raise _wrong(str(error), "--held") from None


def _price(typed: str | None, currency: str) -> Price | None:
    if typed is None:
        return None
    try:
        return Price(parse_money(typed, currency.upper()), currency.upper())
    except MoneyError as error:
        raise _wrong(str(error), "--price") from None


def _wrong(what: str, where: str) -> click.BadParameter:
    return click.BadParameter(what, param_hint=where)

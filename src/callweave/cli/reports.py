import json
import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import click
from sqlalchemy import select

from callweave.cli.attribution_table import attribution_table
from callweave.cli.context import console, database, now, one
from callweave.cli.pool_table import print_pools
from callweave.domain.attribution import Model
from callweave.storage.accounts import Account, sites_of
from callweave.storage.reports.attribution import (
    AttributionReport,
    Credited,
    Dimension,
    attribution,
)
from callweave.storage.reports.pools import pool_lines
from callweave.web.pages.comparison import csv_table
from callweave.web.pages.pool_words import csv_table as pool_rows
from callweave.web.tables import csv_lines

DAYS = 30


@click.group()
def report() -> None:
    """The reports that the pages have."""


@report.command(name="attribution")
@click.option(
    "--by",
    type=click.Choice([each.value for each in Dimension]),
    default=Dimension.CHANNEL.value,
    show_default=True,
)
@click.option("--site", help="All of the account's when left out.")
@click.option("--account", help="Needed when there is more than one.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), help="First day; 30 days ago if left out."
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day; today if left out.")
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table")
@click.option("--json", "format_", flag_value="json", help="The same as --format json.")
def attribution_(
    by: str,
    site: str | None,
    account: str | None,
    since: datetime | None,
    until: datetime | None,
    format_: str,
) -> None:
    """What each channel, source, campaign, keyword or landing page earned, under each model.

    Calls count on the day on which they rang, in their site's time zone.
    """
    last = until.date() if until else now().date()
    first = since.date() if since else last - timedelta(days=DAYS - 1)
    if first > last:
        raise click.BadParameter(f"{first} lies after {last}", param_hint="--since")
    with database() as found, found.reading() as session:
        owner = one(list(session.scalars(select(Account))), "account", account)
        chosen = one(sites_of(session, owner.id), "site", site) if site else None
        made = attribution(
            session,
            owner.id,
            site_id=chosen.id if chosen else None,
            since=first,
            until=last,
            dimension=Dimension(by),
        )
    match format_:
        case "csv":
            header, rows = csv_table(made)
            sys.stdout.writelines(csv_lines(header, rows))
        case "json":
            click.echo(json.dumps(_as_data(made, first, last), indent=2))
        case _:
            console.print(attribution_table(made))


@report.command(name="pools")
@click.option("--site", help="All of the account's when left out.")
@click.option("--account", help="Needed when there is more than one.")
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table")
@click.option("--json", "format_", flag_value="json", help="The same as --format json.")
def pools(site: str | None, account: str | None, format_: str) -> None:
    """Each pool: its numbers, and who got a number of their own in the last four weeks.

    How many numbers it would take: callweave numbers plan.
    """
    with database() as found, found.reading() as session:
        owner = one(list(session.scalars(select(Account))), "account", account)
        sites = sites_of(session, owner.id)
        lines = pool_lines(session, [one(sites, "site", site)] if site else sites, now())
    header, rows = pool_rows(lines)
    match format_:
        case "csv":
            sys.stdout.writelines(csv_lines(header, rows))
        case "json":
            data = [dict(zip(header, row, strict=True)) for row in rows]
            click.echo(json.dumps({"report": "pools", "rows": data}, indent=2, default=float))
        case _:
            print_pools(lines)


def _as_data(report: AttributionReport, since: date, until: date) -> dict[str, object]:
    """Shares of calls in millionths, values in minor units: whole numbers that add up."""
    return {
        "report": "attribution",
        "by": report.dimension.value,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "calls": report.calls,
        "rows": [
            {"name": row.name, "touch_known": row.known, "models": _models(row.by_model)}
            for row in report.rows
        ],
        "totals": _models(report.totals),
    }


def _models(by_model: Mapping[Model, Credited]) -> dict[str, object]:
    return {
        model.value: {
            "calls_millionths": credited.calls,
            "conversions_millionths": credited.conversions,
            "value": dict(credited.value),
        }
        for model, credited in by_model.items()
    }

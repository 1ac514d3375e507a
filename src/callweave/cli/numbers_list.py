"""callweave numbers list: our numbers, and what became of them."""

import json
from datetime import datetime

import click
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select

from callweave.cli.context import console, database, now, one
from callweave.storage.accounts import Site
from callweave.storage.numbers import Pool
from callweave.storage.reports.standing import Standing, standings


@click.command(name="list")
@click.option("--site", help="All of them when left out.")
@click.option("--pool", help="All of the site's when left out.")
@click.option("--json", "as_json", is_flag=True)
def list_(site: str | None, pool: str | None, as_json: bool) -> None:  # noqa: FBT001  click hands it over by name
    """Where each of our numbers stands.

    Pool, role, whether one is lent now, and when it was lent and rung last.
    """
    found, at = standing_numbers(site, pool), now()
    if as_json:
        click.echo(json.dumps([_data(number, at) for number in found], indent=2))
    else:
        console.print(_table(found, at))


def standing_numbers(site: str | None, pool: str | None) -> list[Standing]:
    with database() as opened, opened.reading() as session:
        sites = list(session.scalars(select(Site)))
        chosen = sites if site is None and pool is None else [one(sites, "site", site)]
        ids = [each.id for each in chosen]
        pools = list(session.scalars(select(Pool).where(Pool.site_id.in_(ids))))
        return standings(session, ids, one(pools, "pool", pool).id if pool else None)


def _state(number: Standing, at: datetime) -> str:
    if number.role == "retired":
        return "released"
    if number.role != "pooled":
        return "shared"
    return "lent" if number.is_lent(at) else "free"


def _data(number: Standing, at: datetime) -> dict[str, str | None]:
    """Times in ISO 8601, UTC."""
    return {
        "number": number.e164,
        "site": number.site,
        "pool": number.pool,
        "role": number.role,
        "state": _state(number, at),
        "last_lent": number.last_lent.isoformat() if number.last_lent else None,
        "last_rung": number.last_rung.isoformat() if number.last_rung else None,
    }


def _table(found: list[Standing], at: datetime) -> Table:
    table = Table(box=SIMPLE_HEAD, caption="Times are UTC.", caption_justify="left")
    for heading in ("Number", "Site", "Pool", "Role", "State", "Last lent", "Last rung"):
        table.add_column(heading, overflow="fold", no_wrap=heading not in {"Site", "Pool"})
    for number in found:
        moments = (number.last_lent, number.last_rung)
        times = (f"{each:%Y-%m-%d %H:%M}" if each else "never" for each in moments)
        names = escape(number.site), escape(number.pool)
        table.add_row(number.e164, *names, number.role, _state(number, at), *times)
    return table

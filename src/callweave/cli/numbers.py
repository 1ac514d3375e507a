import csv
from pathlib import Path

import click
from sqlalchemy import select

from callweave.cli.configure import configure
from callweave.cli.context import console, database, mint, now, one
from callweave.cli.pool_plan import pool_plan
from callweave.cli.site_file import read_number
from callweave.domain.routing.reading import Invalid, Node
from callweave.storage.accounts import Site
from callweave.storage.numbers import Pool
from callweave.workflows.set_up_site import (
    CircleError,
    NumberTakenError,
    add_numbers,
    refuse_circles,
)


@click.group()
def numbers() -> None:
    """Tracking numbers."""


numbers.add_command(configure)
numbers.add_command(pool_plan)


@numbers.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--site", help="Needed when there is more than one.")
@click.option("--pool", help="Needed when the site has more than one.")
def import_(file: Path, site: str | None, pool: str | None) -> None:
    """Add the numbers in FILE (CSV with a column "number") to a pool.

    They have to be yours at the carrier already; `callweave numbers configure` then points them
    here. All are added, or none.
    """
    found = _read(file)
    with database() as opened, opened.writing() as session:
        owner = one(list(session.scalars(select(Site))), "site", site)
        pools = list(session.scalars(select(Pool).where(Pool.site_id == owner.id)))
        try:
            added = add_numbers(session, mint, one(pools, "pool", pool), found, now())
            refuse_circles(session)
        except (NumberTakenError, CircleError) as error:
            raise click.ClickException(str(error)) from None
    console.print(f"{added} added, {len(found) - added} were there already.")


def _read(file: Path) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if not rows or "number" not in rows[0]:
        raise click.ClickException(f'{file} has no column "number"')
    document = Node([row["number"] for row in rows])
    found = [
        read_number(Node(row["number"], f"line {line}", problems=document.problems))
        for line, row in enumerate(rows, start=2)
    ]
    try:
        document.settle(Invalid)
    except Invalid as error:
        raise click.ClickException(f"nothing was added:\n{error}") from None
    return list(dict.fromkeys(found))

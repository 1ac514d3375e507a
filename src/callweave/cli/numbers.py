import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.cli.configure import configure
from callweave.cli.context import console, database, mint, now, one
from callweave.cli.numbers_buying import buy
from callweave.cli.numbers_check import check
from callweave.cli.numbers_list import list_
from callweave.cli.numbers_offered import search
from callweave.cli.numbers_release import release
from callweave.cli.pool_plan import pool_plan
from callweave.cli.site_file import read_number
from callweave.domain.reading import Invalid, Node
from callweave.storage.accounts import Site
from callweave.storage.numbers import Pool
from callweave.workflows.buy_numbers import role_in
from callweave.workflows.set_up_site import (
    CircleError,
    NumberTakenError,
    add_numbers,
    refuse_circles,
)


@click.group()
def numbers() -> None:
    """Tracking numbers."""


for _command in (pool_plan, search, buy, configure, check, list_, release):
    numbers.add_command(_command)


@numbers.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--site", help="Needed when there is more than one.")
@click.option("--pool", help="Needed when the site has more than one, and FILE does not name it.")
@click.option("--again", is_flag=True, help="Take back those that were released.")
def import_(file: Path, site: str | None, pool: str | None, again: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Add the numbers in FILE to a pool.

    CSV with a column "number", and "pool" where they differ. They have to be yours at the
    carrier already; `callweave numbers configure` then points them here. All are added, or
    none. Safe to repeat.
    """
    found = _read(file)
    with database() as opened, opened.writing() as session:
        owner = one(list(session.scalars(select(Site))), "site", site)
        try:
            added = _add(session, owner, found, pool, again=again)
            refuse_circles(session)
        except (NumberTakenError, CircleError) as error:
            raise click.ClickException(f"nothing was added: {error}") from None
    console.print(f"{added} added, {len(found) - added} were there already.")


def _add(
    session: Session, site: Site, found: Mapping[str, str], pool: str | None, *, again: bool
) -> int:
    pools = list(session.scalars(select(Pool).where(Pool.site_id == site.id)))
    added = 0
    for name in dict.fromkeys(found.values()):
        into = one(pools, "pool", name or pool)
        of_pool = [number for number, wanted in found.items() if wanted == name]
        added += add_numbers(session, mint, into, of_pool, now(), role_in(into), again=again)
    return added


def _read(file: Path) -> Mapping[str, str]:
    """Numbers with the names of their pools, which may be empty."""
    document, found = Node(None), dict[str, str]()
    for line, row in _rows(file):
        node = Node(row["number"] or "", f"line {line}", problems=document.problems)
        pool = (row.get("pool") or "").strip()
        if found.setdefault(number := read_number(node), pool) != pool and number:
            node.refuse(f"{number} is in pool {found[number]!r} on a line above")
    try:
        document.settle(Invalid)
    except Invalid as error:
        raise click.ClickException(f"nothing was added:\n{error}") from None
    return found


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """By the line on which each ends. Spreadsheets of some countries part columns by semicolons."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        try:
            first = lines.readline()
            lines.seek(0)
            rows = csv.DictReader(lines, delimiter=";" if ";" in first else ",")
            if "number" not in (rows.fieldnames or []):
                raise click.ClickException(f'{file} has no column "number"')
            for row in rows:
                yield rows.line_num, row
        except (UnicodeDecodeError, csv.Error) as error:
            raise click.ClickException(f"{file} is no CSV in UTF-8: {error}") from None

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from callweave.domain.reading import Node
from callweave.storage.accounts import Site
from callweave.storage.numbers import Pool
from callweave.workflows.buy_numbers import role_in
from callweave.workflows.set_up_site import add_numbers, obstacles


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
    entries = list(_read(file))
    with database() as opened, opened.writing() as session:
        owner = one(list(session.scalars(select(Site))), "site", site)
        added = _add(session, owner, entries, pool, again=again)
    count = len({entry.number for entry in entries})
    console.print(f"{added} added, {count - added} were there already.")


@dataclass(frozen=True, slots=True)
class _Entry:
    """``pool``: its name, which may be empty. What is wrong with the line goes to ``node``."""

    node: Node
    number: str
    pool: str


def _add(
    session: Session, site: Site, entries: Sequence[_Entry], pool: str | None, *, again: bool
) -> int:
    """All of them. Raises ClickException with all that is wrong, and then none."""
    pools = list(session.scalars(select(Pool).where(Pool.site_id == site.id)))
    by_pool = defaultdict[Pool, list[_Entry]](list)
    for entry in entries:
        if into := _pool(pools, entry, pool):
            by_pool[into].append(entry)
    for into, group in by_pool.items():
        wanted = [entry.number for entry in group if entry.number]
        problems = obstacles(session, into, wanted, role_in(into), again=again)
        for entry in group:
            if why := problems.get(entry.number):
                entry.node.refuse(f"{entry.number} {why}")
    _settle(entries)
    return sum(
        add_numbers(
            session,
            mint,
            into,
            [entry.number for entry in group],
            now(),
            role_in(into),
            again=again,
        )
        for into, group in by_pool.items()
    )


def _pool(pools: list[Pool], entry: _Entry, usual: str | None) -> Pool | None:
    """None, and a word on the line, where there is none of that name."""
    try:
        found: Pool = one(pools, "pool", entry.pool or usual)
    except click.ClickException as error:
        if not entry.pool:
            raise
        entry.node.refuse(error.message)
        return None
    return found


def _settle(entries: Sequence[_Entry]) -> None:
    told = [f"{p.path}: {p.message}" for entry in entries for p in entry.node.problems]
    if told:
        raise click.ClickException("\n".join(["nothing was added:", *told]))


def _read(file: Path) -> Iterator[_Entry]:
    pools = dict[str, str]()
    for line, row in _rows(file):
        node = Node(row["number"] or "", f"line {line}")
        entry = _Entry(node, read_number(node), (row.get("pool") or "").strip())
        if entry.number and pools.setdefault(entry.number, entry.pool) != entry.pool:
            node.refuse(f"{entry.number} is in pool {pools[entry.number]!r} on a line above")
        yield entry


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """By the line on which each ends. Spreadsheets of some countries part columns by semicolons."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        try:
            first = lines.readline()
            lines.seek(0)
            rows = csv.DictReader(lines, delimiter=";" if ";" in first else ",", strict=True)
            rows.fieldnames = names = [name.strip().lower() for name in rows.fieldnames or []]
            for name in ("number", "pool"):
                if names.count(name) > 1:
                    raise click.ClickException(f'{file} has two columns "{name}"')
            if "number" not in names:
                raise click.ClickException(f'{file} has no column "number"')
            for row in rows:
                yield rows.line_num, row
        except (UnicodeDecodeError, csv.Error) as error:
            raise click.ClickException(f"{file} is no CSV in UTF-8: {error}") from None

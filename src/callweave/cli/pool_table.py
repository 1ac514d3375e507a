"""The report of pools for a terminal of 80 columns."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from callweave.cli.context import console
from callweave.storage.accounts import Site
from callweave.storage.reports.pools import Got, PoolLine
from callweave.web.pages.pool_words import KIND, NONE, really


@dataclass(frozen=True, slots=True)
class _Rare:
    """A column that takes room from the names only where it has something to tell."""

    heading: str
    count: Callable[[Got], int]
    means: str


_RARE = (
    _Rare(
        "Not\nrested",
        lambda got: got.without_cool_down,
        "Not rested: got a number of their own sooner after another visitor than the pool asks.",
    ),
    _Rare(
        "Held\nback",
        lambda got: got.held_back,
        "Held back: came from networks that ask for many numbers, so free ones were kept from "
        "them. They are in none of the other figures.",
    ),
)


def print_pools(lines: Sequence[PoolLine]) -> None:
    if not lines:
        console.print("There is no pool yet: the site's file has them (callweave sites apply).")
    for site, pools in groupby(lines, key=lambda line: line.site):
        _print_site(site, list(pools))


def _print_site(site: Site, lines: Sequence[PoolLine]) -> None:
    rare = [each for each in _RARE if any(each.count(line.got) for line in lines)]
    title = f"{escape(site.name)}: pools in the last four weeks"
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    table.add_column("Pool", overflow="fold")
    usual = ("Numbers", "Lent\nnow", "Visits", "Number of\ntheir own")
    for heading in (*usual, *(each.heading for each in rare), "Calls"):
        table.add_column(heading, justify="right", no_wrap=True)
    for line in lines:
        counts = (*(each.count(line.got) for each in rare), line.calls)
        table.add_row(_name(line), *_usual(line), *(f"{count:,}" for count in counts))
    console.print(table)
    for each in rare:
        console.print(each.means)


def _name(line: PoolLine) -> str:
    kind = KIND[line.kind]
    return escape(line.name) + (f"\n[dim]{kind}[/]" if kind else "")


def _usual(line: PoolLine) -> Iterator[str]:
    yield f"{line.numbers:,}"
    yield f"{line.lent:,}" if line.lends else NONE
    yield f"{line.got.visits:,}"
    yield really(line.got).replace("at least ", "at least\n") if line.lends else NONE

"""Whether lending stays as quick when a pool is large or has seen a lot: `python -m
tests.benchmarks.claims`. Each arm is measured beside the other, in turns, in the time that its
statements take; the least of noise is in the median of the ratios.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the tests' modules, too

from sqlalchemy import bindparam, select, text

from callweave.domain.ids import Mint
from callweave.storage import claims
from callweave.storage.base import UtcDateTime
from callweave.storage.database import Database
from callweave.storage.numbers import Pool
from callweave.storage.sites import SiteFacts, load_site
from callweave.workflows.set_up_site import PoolSetUp, add_numbers
from callweave.workflows.welcome_visitor import Arrival, welcome_visitor
from databases import Databases, postgres_databases, sqlite_databases
from shops import NOON, open_shop, shop

LONG_AGO = NOON - timedelta(days=100)
_COUNTING = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) "
_VISITORS = """INSERT INTO visitors (id, site_id, first_seen_at, last_seen_at, customer, traits)
 SELECT 'vr_old' || CAST(i AS TEXT), :site, :at, :at, false, '{}' FROM n"""
_VISITS = """INSERT INTO visits (id, site_id, visitor_id, started_at, last_seen_at)
 SELECT 'vs_old' || CAST(i AS TEXT), :site, 'vr_old' || CAST(i AS TEXT), :at, :at FROM n"""
_LEASES = """INSERT INTO leases (id, number_id, visit_id, assignment, started_at, expires_at)
 SELECT 'ls_old' || CAST(n.i AS TEXT), numbers.id, 'vs_old' || CAST(n.i AS TEXT), 'exclusive',
 :at, :at FROM n JOIN (SELECT id, row_number() OVER (ORDER BY id) AS nth FROM numbers) AS numbers
 ON numbers.nth = n.i % :numbers + 1"""


@dataclass(frozen=True, slots=True)
class Size:
    large: int
    history: int
    rounds: int
    batch: int


FULL = Size(large=100_000, history=1_000_000, rounds=30, batch=100)
QUICK = Size(large=300, history=1_000, rounds=2, batch=10)
SMALL, SHOP, A_PART = 100, 1_000, 10_000


@dataclass(frozen=True, slots=True)
class Compared:
    """``ratio``: the time of the second arm, where that of the first is 1."""

    what: str
    ratio: float
    least: float
    most: float
    first_us: float
    second_us: float

    @classmethod
    def of(cls, what: str, pairs: Sequence[tuple[float, float]], batch: int) -> "Compared":
        ratios = sorted(second / first for first, second in pairs)
        first, second = (median(each) / batch * 1e6 for each in zip(*pairs, strict=True))
        middle = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
        return cls(what, median(ratios), *middle, first, second)

    def row(self) -> str:
        times = f"{self.first_us:.0f} | {self.second_us:.0f}"
        return f"| {self.what} | {self.ratio:.2f} | {self.least:.2f} to {self.most:.2f} | {times} |"


def compare(databases: Databases, name: str, size: Size) -> Iterator[Compared]:
    with pools(databases, size) as (small, large):
        pairs = in_turns(small, large, size)
    yield Compared.of(f"claim of {size.large:,} numbers, of {SMALL}, {name}", pairs, size.batch)
    with shop_with(databases, 0) as fresh, shop_with(databases, size.history) as old:
        pairs = in_turns(fresh, old, size)
    what = f"first view after {size.history:,} leases and visits, after none, {name}"
    yield Compared.of(what, pairs, size.batch)


def in_turns(
    first: Callable[[int], None], second: Callable[[int], None], size: Size
) -> list[tuple[float, float]]:
    for warm in (first, second):
        warm(size.batch)
    return [(_timed(first, size.batch), _timed(second, size.batch)) for _ in range(size.rounds)]


def _timed(work: Callable[[int], None], times: int) -> float:
    began = perf_counter()
    work(times)
    return perf_counter() - began


@contextmanager
def pools(
    databases: Databases, size: Size
) -> Iterator[tuple[Callable[[int], None], Callable[[int], None]]]:
    """Claims of two pools of one shop; every number was lent before, and all are free."""
    claimed = 2 * (size.rounds + 1) * size.batch
    with databases.migrated() as url:
        database = Database(url)
        site = _opened(database, {"small": SMALL, "large": size.large})
        _remember(database, site.id, claimed, leases=False)
        visits = count(1)

        def claim(pool: str) -> Callable[[int], None]:
            def work(times: int) -> None:
                for _ in range(times):
                    nth = next(visits)
                    now = NOON + timedelta(hours=nth)
                    asked = {"pool": site.pools[pool].id, "now": now, "til": now}
                    with database.hot() as tx:
                        row = claims.CLAIM.row(
                            tx, visit=f"vs_old{nth}", lease=f"ls_new{nth}", **asked
                        )
                    if row is None:
                        raise RuntimeError("a pool that is free lends no number")

            return work

        yield claim("small"), claim("large")
        database.close()


@contextmanager
def shop_with(databases: Databases, history: int) -> Iterator[Callable[[int], None]]:
    """First views of new visitors, each of which takes a number that somebody had before."""
    with databases.migrated() as url:
        database, mint = Database(url), Mint(os.urandom)
        site = _opened(database, {"main": SHOP})
        if history:
            _remember(database, site.id, history)
        hours = count(1)
        page = Arrival(None, None, "https://shop.example/", None, "", ["main"], None, None)

        def work(times: int) -> None:
            for _ in range(times):
                with database.hot() as tx:
                    welcome_visitor(tx, mint, site, page, NOON + timedelta(hours=next(hours)))

        yield work
        database.close()


def _opened(database: Database, sizes: dict[str, int]) -> SiteFacts:
    """In parts: PostgreSQL takes 65,535 values in one statement."""
    mint, first = Mint(os.urandom), count(10**9)
    pools = tuple(PoolSetUp(name, 60, (), None) for name in sizes)
    site = open_shop(database, replace(shop(), pools=pools), mint)
    with database.writing() as session:
        for pool in session.scalars(select(Pool)):
            left = sizes[pool.name]
            while left > 0:
                part = [f"+44{next(first)}" for _ in range(min(left, A_PART))]
                add_numbers(session, mint, pool, part, NOON)
                left -= A_PART
    with database.reading() as session:
        facts = load_site(session, site.id)
    if facts is None:
        raise RuntimeError("the shop is not there")
    return facts


def _remember(database: Database, site: str, times: int, *, leases: bool = True) -> None:
    with database.writing() as session:
        given = {"count": times, "site": site, "at": LONG_AGO, "numbers": SHOP}
        for statement in (_VISITORS, _VISITS, *([_LEASES] if leases else [])):
            made = text(_COUNTING + statement)
            wanted = {name: given[name] for name in made._bindparams}
            dated = made.bindparams(bindparam("at", type_=UtcDateTime()))
            session.execute(dated, wanted)
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.claims", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="whether it runs, not how fast")
    parser.add_argument("--json", action="store_true", help="figures for programs")
    chosen = parser.parse_args(arguments)
    size = QUICK if chosen.quick else FULL
    found: list[Compared] = []
    with sqlite_databases() as sqlite:
        found += compare(sqlite, "SQLite", size)
    with postgres_databases() as postgresql:
        found += compare(postgresql, "PostgreSQL", size)
    head = "| | times as long | half of the rounds | us | us |\n|---|---|---|---|---|"
    as_table = "\n".join([head, *(each.row() for each in found)])
    as_json = json.dumps([asdict(each) for each in found], indent=2)
    sys.stdout.write(f"{as_json if chosen.json else as_table}\n")


if __name__ == "__main__":
    main()

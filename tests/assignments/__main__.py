"""Many processes lend from pools of every size at once: `python -m tests.assignments --help`.

Ends with 1 where a number was lent to two visits at once, a request failed or found nothing at
all, or the lease book does not say what visitors were told.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the tests' modules, too

from callweave.domain.ids import Mint
from callweave.storage.database import Database
from databases import Databases, postgres_databases, sqlite_databases
from lenders import lease_book, lend_at_once, overlaps
from shops import open_shop, shop

LEASE_S = 60  # a tenth of a second by the clock of lenders.FastClock


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.assignments", description=__doc__)
    parser.add_argument("--db", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--visits", type=int, default=100_000, help="in all (100,000)")
    parser.add_argument("--processes", type=int, default=8, help="at once (8)")
    parser.add_argument(
        "--pools", type=int, nargs="+", default=[10, 100, 1_000, 10_000], metavar="NUMBERS"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _options(arguments)
    each = chosen.visits // len(chosen.pools) // chosen.processes
    opened: AbstractContextManager[Databases] = (
        sqlite_databases() if chosen.db == "sqlite" else postgres_databases()
    )
    with opened as databases:
        wrong = [_one_pool(databases, size, chosen.processes, each) for size in chosen.pools]
    return int(any(wrong))


def _one_pool(databases: Databases, size: int, processes: int, each: int) -> bool:
    began = time.monotonic()
    with databases.migrated() as url:
        database = Database(url)
        site = open_shop(database, shop(size, lease_s=LEASE_S), Mint(os.urandom))
        done = lend_at_once(url, site.id, processes, each)
        book = lease_book(database)
        database.close()
    twice, asked = len(overlaps(book)), processes * each
    counts = ", ".join(f"{times:,} {name}" for name, times in sorted(done.answers.items()))
    sys.stdout.write(
        f"pool of {size:,}: {done.answers.total():,} of {asked:,} visits ({counts}), "
        f"{len(book):,} leases, {twice} of one number at once, {done.failed} processes failed, "
        f"longest wait {done.longest_s:.2f} s, {time.monotonic() - began:.0f} s in all\n"
    )
    sys.stdout.flush()
    kept = len(book) == done.answers["exclusive"]
    answered = done.answers.total() == asked and not done.answers["none"]
    return bool(twice or done.failed or not kept or not answered)


if __name__ == "__main__":
    sys.exit(main())

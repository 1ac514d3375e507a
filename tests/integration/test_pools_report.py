"""`callweave report pools` in a terminal of 80 columns."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from callweave.cli import main
from callweave.domain.ids import Mint
from callweave.storage.accounts import Account, Refusal, Site
from callweave.storage.database import Database
from callweave.storage.numbers import Pool
from callweave.web.pages.pool_words import NONE
from callweave.workflows.set_up_site import PoolSetUp
from pool_traffic import held_back, lent, weeks_of_visits
from shops import NOON, counting_mint, open_shop, shop

COLUMNS = 80
LONG = "lookalike-retargeting-families-with-children-2026-Q4-united-king"


@dataclass(frozen=True)
class Shell:
    url: str
    database: Database
    mint: Mint
    site: Site

    def report(self) -> str:
        env = {"DATABASE_URL": self.url, "COLUMNS": str(COLUMNS)}
        told = CliRunner(env=env).invoke(main, ["report", "pools"])
        assert told.exit_code == 0, told.output
        assert max(map(len, told.output.splitlines())) <= COLUMNS
        return told.output

    def pool(self, name: str, kind: str = "visitor") -> None:
        with self.database.writing() as session:
            known = {"site_id": self.site.id, "lease_s": 60, "created_at": NOON}
            session.add(Pool(id=f"po_{name[:9]}", name=name, kind=kind, **known))

    def visited(self) -> str:
        with self.database.writing() as session:
            pool = session.scalars(select(Pool.id)).one()
            lent(session, self.mint, pool, weeks_of_visits(datetime.now(UTC), 3), [1800.0])
        return pool


@pytest.fixture
def shell(database_url: str) -> Iterator[Shell]:
    database, mint = Database(database_url), counting_mint()
    site = open_shop(database, shop(6), mint)
    yield Shell(database_url, database, mint, site)
    database.close()


def row(output: str, name: str) -> list[str]:
    return next(line.split() for line in output.splitlines() if line.split()[:1] == [name])


def test_all_figures_fit_into_80_columns_beside_a_name_that_is_too_long(shell: Shell) -> None:
    main, now = shell.visited(), datetime.now(UTC)
    with shell.database.writing() as session:
        held_back(session, shell.mint, main, [now - timedelta(hours=1)] * 1234)
        rested = {"reason": "without_cool_down", "times": 123_456}
        session.add(Refusal(scope=main, day=now.date(), **rested))
    shell.pool(LONG)
    output = shell.report()
    told = row(output, "main")
    assert (told[1:3], told[-3:]) == (["6", "0"], ["123,456", "1,234", "0"])
    assert "…" not in output
    assert LONG in "".join(line.split()[0] for line in output.splitlines() if line.split())


def test_what_did_not_happen_takes_no_room(shell: Shell) -> None:
    shell.pool(LONG)
    output = shell.report()
    assert "rested" not in output
    assert "back" not in output
    assert LONG[:30] in output


def test_what_the_narrow_headings_mean_is_said_below(shell: Shell) -> None:
    pool = shell.visited()
    with shell.database.writing() as session:
        held_back(session, shell.mint, pool, [datetime.now(UTC) - timedelta(hours=1)])
    output = " ".join(shell.report().split())
    assert "Held back: came from networks that ask for many numbers" in output
    assert "Not rested:" not in output


def test_a_share_that_is_a_least_one_is_told_so(shell: Shell) -> None:
    shell.pool("dry")
    with shell.database.writing() as session:
        turned_away = {"reason": "pool_exhausted", "times": 3}
        session.add(Refusal(scope=shell.site.id, day=datetime.now(UTC).date(), **turned_away))
    output = shell.report()
    assert row(output, "dry") == ["dry", "0", "0", "0", "at", "least", "0"]
    assert " 0 % " in output


def test_only_pools_that_lend_have_a_share(shell: Shell) -> None:
    shell.pool("van[red]", "placement")
    output = shell.report()
    assert row(output, "van[red]") == ["van[red]", "0", NONE, "0", NONE, "0"]
    assert "in print, shown on no page" in output


def test_each_site_has_a_table_of_its_own(shell: Shell) -> None:
    with shell.database.writing() as session:
        account = session.scalars(select(Account.name)).one()
    pool = PoolSetUp("main", 1800, ("+442079460201",), None)
    nearshore = replace(shop(), account=account, name="Nearshore", pools=(pool,))
    open_shop(shell.database, nearshore, shell.mint)
    output = shell.report()
    assert output.index("Farshore Holidays: pools") < output.index("Nearshore: pools")


def test_where_there_is_no_pool_that_is_said(database_url: str) -> None:
    database = Database(database_url)
    open_shop(database, replace(shop(), pools=()), counting_mint())
    told = CliRunner(env={"DATABASE_URL": database_url}).invoke(main, ["report", "pools"])
    assert "There is no pool yet" in told.output
    database.close()

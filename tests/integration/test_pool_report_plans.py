"""Reports of pools read leases by an index that has all they ask of them."""

import re
from typing import Any

import pytest
from sqlalchemy import event

from callweave.storage.database import Database
from callweave.storage.reports.pool_use import pool_use
from callweave.storage.reports.pools import pool_lines
from pool_traffic import lent
from shops import NOON, counting_mint, open_shop, shop

INDEX = "ix_leases_number_id_started_at_assignment"
BY_INDEX_ALONE = {
    f"leases USING COVERING INDEX {INDEX}",
    f"Index Only Scan using {INDEX} on leases",
}
READ = re.compile(r"leases USING [A-Z ]+\w+|\w[\w ]+ on leases")
Asked = list[tuple[str, Any]]


@pytest.fixture
def asked(database: Database) -> Asked:
    """What the reports ask of leases; times held are read from the table, of a few numbers."""
    found: Asked = []

    def note(_: object, __: object, statement: str, values: object, *___: object) -> None:
        if "leases" in statement and "expires_at" not in statement:
            found.append((statement, values))

    mint = counting_mint()
    site = open_shop(database, shop(2), mint)
    with database.writing() as session:
        (line,) = pool_lines(session, [site], NOON)
        lent(session, mint, line.id, [NOON], [1800.0])
        event.listen(database.engine, "before_cursor_execute", note)
        (line,) = pool_lines(session, [site], NOON)
        pool_use(session, line, NOON)
    event.remove(database.engine, "before_cursor_execute", note)
    return found


def plan_of(database: Database, statement: str, values: Any) -> str:
    """PostgreSQL would not open an index for a line or two."""
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET enable_seqscan = off; SET enable_bitmapscan = off")
        told = connection.exec_driver_sql(f"{explain} {statement}", values)
        return "\n".join(row[-1] for row in told)


def test_a_million_leases_are_not_looked_up_in_their_table(
    database: Database, asked: Asked
) -> None:
    plans = [plan_of(database, *each) for each in asked]
    read = [READ.findall(plan) for plan in plans]
    assert len(read) == 3
    assert all(read)
    assert {way for ways in read for way in ways} <= BY_INDEX_ALONE

"""What the hot paths ask is found through an index, however long a site has been in service."""

from types import ModuleType

import pytest

from callweave.storage import arrivals, callbook, lending, profiles, ringing
from callweave.storage.database import Database
from callweave.storage.prepared import Prepared
from databases import SqliteDatabases

HOT = (arrivals, callbook, lending, profiles, ringing)


def statements(room: ModuleType) -> dict[str, Prepared]:
    return {name: value for name, value in vars(room).items() if isinstance(value, Prepared)}


def plan_of(prepared: Prepared, sqlite: SqliteDatabases) -> str:
    """SQLite's, since it says the same for every content; it tells scans, searches and sorts."""
    with sqlite.migrated() as url:
        database = Database(url)
        compiled = prepared.compiled(database.engine.dialect)
        with database.engine.connect() as connection:
            values = (None,) * len(compiled.order or ())
            told = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled.sql}", values)
            lines = [row[-1] for row in told]
        database.close()
    return "\n".join(lines)


@pytest.mark.parametrize("room", HOT, ids=lambda room: room.__name__.rpartition(".")[2])
def test_no_hot_statement_reads_a_whole_table(room: ModuleType, sqlite: SqliteDatabases) -> None:
    plans = {name: plan_of(prepared, sqlite) for name, prepared in statements(room).items()}
    assert {name: plan for name, plan in plans.items() if "SCAN" in plan} == {}


def test_the_longest_free_number_is_the_next_of_an_index(sqlite: SqliteDatabases) -> None:
    plan = plan_of(lending.CLAIM, sqlite)
    assert "ix_numbers_pool_id_role_leased_until" in plan
    assert "ORDER BY" not in plan

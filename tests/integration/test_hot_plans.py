"""What the hot paths ask is found through an index, however long a site has been in service."""

import re
from types import ModuleType

import pytest

from callweave.storage import (
    arrivals,
    callbook,
    claims,
    followed,
    outcomes,
    people,
    profiles,
    ringing,
    telling,
)
from callweave.storage.database import Database
from callweave.storage.prepared import Prepared
from callweave.storage.questions import Questions
from databases import SqliteDatabases

WHOLE_TABLE = re.compile("SCAN (?!anon_)")  # what has no name is what a subquery has found
HOT = (arrivals, callbook, claims, followed, outcomes, people, profiles, ringing, telling)


def statements(room: ModuleType) -> dict[str, Prepared]:
    asked = {name: _first_of(value) for name, value in vars(room).items()}
    return {name: value for name, value in asked.items() if isinstance(value, Prepared)}


def _first_of(value: object) -> object:
    match value:
        case Questions():
            return value.prepared
        case claims.Claim():
            return value.taking
    return value


def plan_of(prepared: Prepared, sqlite: SqliteDatabases) -> str:
    """SQLite's, since it says the same for every content; it tells scans, searches and sorts."""
    with sqlite.migrated() as url:
        database = Database(url)
        compiled = prepared.compiled(database.engine.dialect)
        with database.engine.connect() as connection:
            values = (None,) * len(compiled.into)
            told = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled.sql}", values)
            lines = [row[-1] for row in told]
        database.close()
    return "\n".join(lines)


@pytest.mark.parametrize("room", HOT, ids=lambda room: room.__name__.rpartition(".")[2])
def test_no_hot_statement_reads_a_whole_table(room: ModuleType, sqlite: SqliteDatabases) -> None:
    plans = {name: plan_of(prepared, sqlite) for name, prepared in statements(room).items()}
    assert {name: plan for name, plan in plans.items() if WHOLE_TABLE.search(plan)} == {}


def test_earlier_calls_are_found_by_who_called(sqlite: SqliteDatabases) -> None:
    plan = plan_of(profiles._OF_CALLER.prepared, sqlite)
    assert "ix_calls_visitor_id (visitor_id=?)" in plan
    assert "ix_calls_from_number (from_number=?)" in plan


def test_laps_of_a_circle_are_looked_for_among_open_calls_of_a_number(
    sqlite: SqliteDatabases,
) -> None:
    plan = plan_of(ringing._RING.prepared, sqlite)
    assert "ix_calls_to_number_rung_at (to_number=? AND rung_at>?)" in plan


def test_the_longest_free_number_is_the_next_of_an_index(sqlite: SqliteDatabases) -> None:
    plan = plan_of(claims.CLAIM.taking, sqlite)
    assert "ix_numbers_pool_id_role_leased_until" in plan
    assert "ORDER BY" not in plan

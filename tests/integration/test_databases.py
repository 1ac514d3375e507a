"""The databases that tests get: migrated or empty, and nobody else's."""

from sqlalchemy import inspect, text

from callweave.storage.database import Database
from callweave.storage.revisions import is_current
from databases import Databases


def test_a_test_gets_a_migrated_database(database: Database) -> None:
    assert is_current(database)


def test_an_empty_database_waits_for_its_migrations(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert not is_current(database)
    database.close()


def test_two_databases_share_nothing(databases: Databases) -> None:
    with databases.migrated() as mine, databases.migrated() as other:
        here, there = Database(mine), Database(other)
        with here.writing() as session:
            session.execute(text("CREATE TABLE mark (x int)"))
        assert inspect(here.engine).has_table("mark")
        assert not inspect(there.engine).has_table("mark")
        here.close()
        there.close()

"""A migration waits for a table that somebody reads, and nobody waits for the migration."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, event

from callweave.storage import revisions, schema
from callweave.storage.database import Database, DatabaseError
from databases import Databases, PostgresDatabases
from service import Line, at_once, service
from shops import ANA, DEV, tracked

LATER = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "9990", {head!r}
def upgrade():
    op.add_column("calls", sa.Column("colour", sa.Text(), nullable=True))
"""
IN_USE = (
    "SELECT DISTINCT relation::regclass::text FROM pg_locks JOIN pg_class ON relation = oid "
    "WHERE pid = pg_backend_pid() AND relkind = 'r' AND NOT relname LIKE 'pg\\_%%' "
    "AND mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')"
)


@pytest.fixture
def databases(postgresql: PostgresDatabases) -> Databases:
    return postgresql


@pytest.fixture
def a_new_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that is not out yet, which adds a column to the calls."""
    (tmp_path / "9990.py").write_text(LATER.format(head=revisions.newest_revision()))
    usual = schema._config

    def config(connection: Connection | None = None) -> Config:
        found = usual(connection)
        ours = Path(schema.__file__).with_name("migrations") / "versions"
        found.set_main_option("version_locations", f"{ours}:{tmp_path}")
        return found

    monkeypatch.setattr(schema, "_config", config)
    monkeypatch.setattr(revisions, "newest_revision", lambda: "9990")


@contextmanager
def long_reader(url: str) -> Iterator[None]:
    with psycopg.connect(url) as reader:
        reader.execute("SELECT count(*) FROM calls")
        yield


def columns(database: Database) -> set[str]:
    return {column["name"] for column in sa.inspect(database.engine).get_columns("calls")}


@pytest.mark.usefixtures("a_new_column")
def test_rings_go_on_while_a_migration_waits_for_a_long_reader(
    database: Database, database_url: str
) -> None:
    slowest = 0.0
    with ThreadPoolExecutor(1) as upgrading, service(database, database_url) as here:
        with long_reader(database_url):
            upgraded = upgrading.submit(schema.upgrade, database_url, [0.2] * 500)
            for _ in range(20):
                began, line = time.monotonic(), Line(here, tracked(1)[0])
                assert line.ring() in {f"dial {ANA}", f"dial {DEV}", "voicemail"}
                slowest = max(slowest, time.monotonic() - began)
                time.sleep(0.05)
            assert not upgraded.done()
        upgraded.result(timeout=60)
    assert slowest < 5  # of the 10 s of patience that the service has here
    assert "colour" in columns(database)


@pytest.mark.usefixtures("a_new_column")
def test_a_migration_that_never_gets_its_table_says_so_and_can_be_repeated(
    database: Database, database_url: str
) -> None:
    before = revisions.revision(database)
    with (
        long_reader(database_url),
        pytest.raises(DatabaseError, match=r"each of the 2 times .*ALTER TABLE calls"),
    ):
        schema.upgrade(database_url, [0.01])
    assert (revisions.revision(database), "colour" in columns(database)) == (before, False)
    schema.upgrade(database_url, [])
    assert "colour" in columns(database)


def test_what_was_done_before_a_migration_that_gives_way_stays_done(
    database: Database, database_url: str
) -> None:
    with database.engine.connect() as connection:
        command.downgrade(schema._config(connection), "0002")
        connection.commit()
    with psycopg.connect(database_url) as reader:
        reader.execute("SELECT count(*) FROM sites")
        with pytest.raises(DatabaseError, match="sites"):
            schema.upgrade(database_url, [])
    assert revisions.revision(database) == "0003"
    schema.upgrade(database_url, [])
    assert schema.differences(database) == []


def test_two_that_upgrade_at_once_do_it_once(empty_database_url: str) -> None:
    at_once([lambda: schema.upgrade(empty_database_url)] * 2)
    database = Database(empty_database_url)
    assert schema.differences(database) == []
    database.close()


def test_a_migration_locks_one_table_that_was_there_before_at_most(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[set[str]] = []
    there: set[str] = {"alembic_version"}

    def look(connection: Connection) -> None:
        held = {str(name) for (name,) in connection.exec_driver_sql(IN_USE)}
        locked.append(held & there)
        there.update(sa.inspect(connection).get_table_names())

    class Watched(Database):
        def __init__(self, url: str, *, timeout_s: float) -> None:
            super().__init__(url, timeout_s=timeout_s)
            event.listen(self.engine, "commit", look)

    monkeypatch.setattr(schema, "Database", Watched)
    schema.upgrade(empty_database_url)
    assert {"calls"} in locked
    assert [tables for tables in locked if len(tables) > 1] == []

"""Migrations and models say the same, on both databases."""

from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from callweave.storage import revisions, schema
from callweave.storage.database import Database


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    assert schema.differences(database) == []


def test_a_column_that_no_migration_made_would_be_noticed(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("ALTER TABLE sites ADD COLUMN motto TEXT"))
    assert any("motto" in difference for difference in schema.differences(database))


def test_upgrading_twice_is_upgrading_once(empty_database_url: str) -> None:
    schema.upgrade(empty_database_url)
    schema.upgrade(empty_database_url)
    database = Database(empty_database_url)
    assert revisions.is_current(database)
    database.close()


def test_a_database_from_before_the_newest_migration_is_not_current(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert not revisions.is_current(database)


def test_the_newest_revision_is_known_without_reading_the_migrations() -> None:
    script = ScriptDirectory.from_config(schema._config())
    assert revisions.newest_revision() == script.get_current_head()


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    file = tmp_path / "data" / "of" / "callweave.sqlite3"
    schema.upgrade(f"sqlite:///{file}")
    assert file.is_file()


def test_a_column_that_an_older_third_migration_has_made_is_no_hindrance(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    with database.engine.connect() as connection:
        command.upgrade(schema._config(connection), "0003")
        connection.commit()
    with database.writing() as session:
        session.execute(text("ALTER TABLE sites ADD COLUMN recording_notice TEXT"))
    schema.upgrade(empty_database_url)
    assert schema.differences(database) == []
    database.close()

"""A version of the service and the one before it work on the same tables, side by side: a
migration adds what nobody has to know about, and takes nothing away.
"""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, Table, UniqueConstraint, text
from sqlalchemy.schema import CheckConstraint

from callweave.storage import schema
from callweave.storage.database import Database

FIRST_TO_BE_UPGRADED = 3


def config() -> Config:
    config = Config()
    config.set_main_option("script_location", "callweave.storage:migrations")
    config.set_main_option("path_separator", "os")
    return config


def tables(engine: Engine) -> dict[str, Table]:
    found = MetaData()
    found.reflect(engine)
    return dict(found.tables)


def rules(table: Table) -> set[str]:
    """By name: what the database refuses to keep."""
    kinds = CheckConstraint | UniqueConstraint
    return {str(rule.name) for rule in table.constraints if isinstance(rule, kinds)}


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.close()


def move(database: Database, revision: str) -> dict[str, Table]:
    settings = config()
    with database.engine.connect() as connection:
        settings.attributes.update(connection=connection, tables=schema.TABLES)
        command.upgrade(settings, revision)
        connection.commit()
    return tables(database.engine)


def test_the_version_before_runs_on_the_tables_of_the_next(database: Database) -> None:
    newest = int(schema.newest_revision() or 0)
    before = move(database, f"{FIRST_TO_BE_UPGRADED - 1:04}")
    for number in range(FIRST_TO_BE_UPGRADED, newest + 1):
        after = move(database, f"{number:04}")
        for name, old in before.items():
            new = after[name]
            added = [new.c[column] for column in set(new.c.keys()) - set(old.c.keys())]
            assert set(old.c.keys()) <= set(new.c.keys())
            assert all(column.nullable or column.server_default for column in added)
            assert rules(new) <= rules(old)
        before = after


def test_a_database_that_a_newer_version_has_upgraded_will_do(database: Database) -> None:
    schema.upgrade(database.engine.url.render_as_string(hide_password=False))
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    schema.upgrade(database.engine.url.render_as_string(hide_password=False))
    assert schema.is_current(database)

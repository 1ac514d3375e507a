"""Bringing a database to the newest schema, and saying whether it is there."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, make_url

from callweave.storage import accounts, calls, numbers, outbox, outcomes, plans, set_aside, visits
from callweave.storage.base import Base
from callweave.storage.database import Database

TABLES: MetaData = Base.metadata
CHAPTERS = (accounts, visits, numbers, plans, calls, outcomes, outbox, set_aside)


def upgrade(url: str) -> None:
    """Makes the folder of a SQLite file, too. What a newer version has upgraded is left alone."""
    file = make_url(url).database if url.startswith("sqlite:") else None
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    database = Database(url, timeout_s=60)
    try:
        with database.engine.connect() as connection:
            if not _is_current(connection):
                command.upgrade(_config(connection), "head")
            connection.commit()
    finally:
        database.close()


def is_current(database: Database) -> bool:
    """Whether the database has all that this version knows, be it from a newer version: while
    one takes over from the other, both are at work.
    """
    with database.engine.connect() as connection:
        return _is_current(connection)


def revision(database: Database) -> str | None:
    """Where the database stands; None without our tables."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def differences(database: Database) -> list[str]:
    """What the tables have otherwise than the models say; empty when they agree."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, TABLES)]


def _is_current(connection: Connection) -> bool:
    """Revisions are numbered, and none takes away what the version before it needs."""
    current = MigrationContext.configure(connection).get_current_revision()
    return (current or "") >= (newest_revision() or "")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "callweave.storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["tables"] = TABLES
    return config

"""Bringing a database to the newest schema, and saying whether it is there."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, make_url

from callweave.storage import accounts, calls, numbers, outbox, outcomes, plans, visits
from callweave.storage.base import Base
from callweave.storage.database import Database

TABLES: MetaData = Base.metadata
CHAPTERS = (accounts, visits, numbers, plans, calls, outcomes, outbox)


def upgrade(url: str) -> None:
    """Makes the folder of a SQLite file, too."""
    file = make_url(url).database if url.startswith("sqlite:") else None
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    database = Database(url, timeout_s=60)
    try:
        with database.engine.connect() as connection:
            command.upgrade(_config(connection), "head")
            connection.commit()
    finally:
        database.close()


def is_current(database: Database) -> bool:
    """Whether the database stands at the newest migration that this version knows."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest_revision()


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def differences(database: Database) -> list[str]:
    """What the tables have otherwise than the models say; empty when they agree."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, TABLES)]


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "callweave.storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["tables"] = TABLES
    return config

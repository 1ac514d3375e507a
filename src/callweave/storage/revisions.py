"""Where a database stands among the migrations; asked by every process that starts, so that what
carries them out is loaded only by whoever does.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from callweave.storage.database import Database

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


@cache
def newest_revision() -> str:
    """Migrations are numbered, and their files are called by their numbers first."""
    return max(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*_*.py"))


def revision(database: Database) -> str | None:
    """Where the database stands; None without our tables."""
    with database.engine.connect() as connection:
        return _revision(connection)


def is_current(database: Database) -> bool:
    """Whether the database has all that this version knows, be it from a newer version: while
    one takes over from the other, both are at work.
    """
    with database.engine.connect() as connection:
        return has_all(connection)


def has_all(connection: Connection) -> bool:
    """No migration takes away what the version before it needs."""
    return (_revision(connection) or "") >= newest_revision()


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar_one_or_none()

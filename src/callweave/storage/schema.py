"""Bringing a database to the newest schema."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, MetaData, event, make_url
from sqlalchemy.exc import OperationalError

from callweave.storage import (
    accounts,
    calls,
    numbers,
    outbox,
    outcomes,
    plans,
    repairs,
    set_aside,
    visits,
)
from callweave.storage.base import Base
from callweave.storage.database import Database, DatabaseError
from callweave.storage.revisions import has_all

TABLES: MetaData = Base.metadata
CHAPTERS = (accounts, visits, numbers, plans, calls, outcomes, outbox, set_aside, repairs)

# Whoever comes to a table waits behind a migration that waits for it, rings too. So it gives way
# soon, and before PostgreSQL looks for deadlocks (deadlock_timeout is a second) and ends a ring.
LOCK_WAIT_MS = 500
# Between tries: some five minutes in all.
PAUSES_S = tuple(min(0.5 * 2**nth, 15.0) for nth in range(24))
_ONE_AT_A_TIME = "SELECT pg_advisory_lock(hashtextextended('callweave migrations', 0))"

log = logging.getLogger(__name__)


def upgrade(url: str, pauses_s: Sequence[float] = PAUSES_S) -> None:
    """Makes the folder of a SQLite file, too. What a newer version has upgraded is left alone.

    Raises DatabaseError where others kept a table to themselves until the last of the pauses.
    """
    file = make_url(url).database if url.startswith("sqlite:") else None
    if file:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    database = Database(url, timeout_s=60)
    try:
        if database.is_sqlite:
            event.listen(database.engine, "connect", _let_tables_be_made_anew)
            with database.writing() as session:
                _bring_to_newest(session.connection())
        else:
            with database.engine.connect() as connection:
                _give_way(connection, pauses_s)
    finally:
        database.close()


def _let_tables_be_made_anew(connection: Any, _record: Any) -> None:
    """Which is SQLite's only way to change a column, and drops what others refer to. Within a
    transaction it would be too late to say so (sqlite.org/lang_altertable.html, section 7).
    """
    connection.execute("PRAGMA foreign_keys=OFF")


def _bring_to_newest(connection: Connection) -> None:
    if not has_all(connection):
        command.upgrade(_config(connection), "head")


def _give_way(connection: Connection, pauses_s: Sequence[float]) -> None:
    """Each migration is a transaction, so what was done before one that gives way stays done."""
    connection.exec_driver_sql(f"SET lock_timeout = {LOCK_WAIT_MS}")
    connection.commit()
    for pause_s in (*pauses_s, None):
        try:
            connection.exec_driver_sql(_ONE_AT_A_TIME)
            current = has_all(connection)
            connection.commit()  # or all migrations would be part of this transaction
            if not current:
                command.upgrade(_config(connection), "head")
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
                raise
            connection.rollback()
            if pause_s is None:
                raise DatabaseError(_in_vain(error, len(pauses_s) + 1)) from error
            log.warning("a table is in use, trying again in %s s: %s", pause_s, error.statement)
            time.sleep(pause_s)
        else:
            return


def _in_vain(error: OperationalError, tries: int) -> str:
    return (
        f"somebody held on to a table each of the {tries} times that it was tried: "
        f"{error.statement!r}. pg_stat_activity says who; run this again once they are done"
    )


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

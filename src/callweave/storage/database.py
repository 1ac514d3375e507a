"""One engine, and three ways to hold a transaction: reading, writing, hot.

SQLite gets WAL, ``synchronous=FULL`` and ``BEGIN IMMEDIATE`` for whatever writes: a
read that turns into a write under the default ``BEGIN`` ignores the busy timeout and fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from callweave.storage.prepared import HotTransaction

_BEGIN = "callweave_begin"


class DatabaseError(Exception):
    """The database did not do what was asked: gone, locked, too slow, or full."""


class DuplicateError(DatabaseError):
    """A unique key said no: somebody else was first."""


class Database:
    """``timeout_s`` bounds the wait for a connection and for a lock, in seconds."""

    def __init__(self, url: str, *, pool_size: int = 5, timeout_s: float = 5.0) -> None:
        self.engine = _engine(url, pool_size, timeout_s)
        self._dbapi: Any = self.engine.dialect.dbapi

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Commits when the block ends, rolls back when it raises."""
        engine = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session
        except self._dbapi.Error as error:  # from a prepared statement inside the session
            raise self._named(error) from error

    def within(self, session: Session) -> HotTransaction:
        """Prepared statements inside the session's own transaction."""
        session.flush()
        cursor = session.connection().connection.cursor()
        return HotTransaction(cursor, self.engine.dialect)

    @contextmanager
    def hot(self) -> Iterator[HotTransaction]:
        """A writing transaction on the driver's own cursor, for prepared statements only."""
        try:
            connection = self.engine.raw_connection()
        except SQLAlchemyError as error:
            raise DatabaseError(str(error)) from error
        try:
            cursor = connection.cursor()
            if self.is_sqlite:
                cursor.execute("BEGIN IMMEDIATE")
            yield HotTransaction(cursor, self.engine.dialect)
            connection.commit()
        except self._dbapi.Error as error:
            self._give_up(connection, error)
            kind = (
                DuplicateError if isinstance(error, self._dbapi.IntegrityError) else DatabaseError
            )
            raise kind(str(error)) from error
        except BaseException:
            connection.rollback()
            raise
        finally:
            connection.close()

    def _named(self, error: Exception) -> DatabaseError:
        is_duplicate = isinstance(error, self._dbapi.IntegrityError)
        return (DuplicateError if is_duplicate else DatabaseError)(str(error))

    def _give_up(self, connection: Any, error: Any) -> None:
        if self.engine.dialect.is_disconnect(error, connection.dbapi_connection, None):
            connection.invalidate(error)
        else:
            connection.rollback()

    def close(self) -> None:
        self.engine.dispose()


def is_trouble(error: Exception) -> bool:
    """Whether this is the database failing, as opposed to our code or the caller's input."""
    if isinstance(error, DuplicateError | IntegrityError):
        return False
    return isinstance(error, DatabaseError | SQLAlchemyError)


def _engine(url: str, pool_size: int, timeout_s: float) -> Engine:
    address = make_url(_modern(url))
    shape = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": timeout_s}
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, connect_args={"timeout": timeout_s}, **shape)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    limits = f"-c lock_timeout={int(timeout_s * 1000)} -c timezone=UTC"
    connect_args = {"connect_timeout": max(2, int(timeout_s)), "options": limits}
    return create_engine(address, pool_pre_ping=True, connect_args=connect_args, **shape)


def _modern(url: str) -> str:
    """``postgres://`` is what many hosts hand out; SQLAlchemy knows only the long name."""
    return "postgresql://" + url.removeprefix("postgres://") if url.startswith("postgres:") else url


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

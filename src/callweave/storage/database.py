"""One engine, and three ways to hold a transaction: reading, writing, hot.

SQLite gets WAL, ``synchronous=FULL`` and ``BEGIN IMMEDIATE`` for whatever writes: a
read that turns into a write under the default ``BEGIN`` ignores the busy timeout and fails.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from select import select
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import DataError, DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from callweave.storage.prepared import HotTransaction

__all__ = ["Database", "DatabaseError", "DuplicateError", "Session", "is_trouble"]

_BEGIN = "callweave_begin"
SILENCE_S = 5.0
_T = TypeVar("_T")


class DatabaseError(Exception):
    """The database did not do what was asked: gone, locked, too slow, or full."""


class DuplicateError(DatabaseError):
    """A unique key said no: somebody else was first."""


class Database:
    """``timeout_s`` bounds the wait for a connection and for a lock, ``answer_s`` the wait for
    PostgreSQL's answer to one statement: a server that hangs says nothing at all.

    Where a server lets nobody connect for that long, nobody asks it for a moment: they would wait
    in vain too, and hold up their threads and with them the next ring. A lock that somebody else
    holds, a slow statement, or a pool that is in use says nothing about what others would meet.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 5,
        timeout_s: float = 5.0,
        answer_s: float | None = None,
    ) -> None:
        limits = _Limits(pool_size, timeout_s, answer_s)
        self.engine = _engine(url, limits, self._leave_alone)
        self._dbapi: Any = self.engine.dialect.dbapi
        self._timeout_s = timeout_s
        self._left_alone_until = 0.0
        self._writer = Lock()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with (
            self._asking(),
            Session(self.engine, expire_on_commit=False, autoflush=False) as session,
        ):
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Commits when the block ends, rolls back when it raises."""
        engine = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        with (
            self._asking(),
            self._turn(),
            Session(engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def within(self, session: Session) -> HotTransaction:
        """Prepared statements inside the session's own transaction."""
        session.flush()
        cursor = session.connection().connection.cursor()
        return HotTransaction(cursor, self.engine.dialect)

    @contextmanager
    def hot(self) -> Iterator[HotTransaction]:
        """A writing transaction on the driver's own cursor, for prepared statements only."""
        with self._asking(), self._turn():
            connection = self.engine.raw_connection()
            try:
                cursor = connection.cursor()
                if self.is_sqlite:
                    cursor.execute("BEGIN IMMEDIATE")
                tx = HotTransaction(cursor, self.engine.dialect, gathers=not self.is_sqlite)
                yield tx
                tx.flush()
                connection.commit()
            except self._dbapi.Error as error:
                if self.engine.dialect.is_disconnect(error, connection.dbapi_connection, None):
                    connection.invalidate(error)
                raise
            finally:
                connection.close()  # rolls back what was not committed

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer, and lets the others of this process sleep and ask again, ever
        longer and in no order; this wakes the next one as soon as it can begin.
        """
        if not self.is_sqlite:
            yield
            return
        if not self._writer.acquire(timeout=self._timeout_s):
            raise DatabaseError("others were writing all the while")
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        if monotonic() < self._left_alone_until:
            raise DatabaseError("not asked, since it did not answer a moment ago")
        with self._naming_errors():
            yield

    def _leave_alone(self) -> None:
        self._left_alone_until = monotonic() + self._timeout_s

    @contextmanager
    def _naming_errors(self) -> Iterator[None]:
        """Of the driver: SQLAlchemy's own say enough. Data that the database refuses is no
        trouble of the database, and stays what it is.
        """
        try:
            yield
        except self._dbapi.IntegrityError as error:
            raise DuplicateError(str(error)) from error
        except self._dbapi.DataError:
            raise
        except self._dbapi.Error as error:
            raise DatabaseError(str(error)) from error

    def close(self) -> None:
        self.engine.dispose()


def is_trouble(error: Exception) -> bool:
    """Whether this is the database failing, as opposed to our code or the caller's input."""
    if isinstance(error, DuplicateError | IntegrityError | DataError):
        return False
    return isinstance(error, DatabaseError | DBAPIError | PoolTimeoutError)


@dataclass(frozen=True, slots=True)
class _Limits:
    pool_size: int
    timeout_s: float
    answer_s: float | None


def _engine(url: str, limits: _Limits, on_silence: Callable[[], None]) -> Engine:
    address = make_url(_modern(url))
    # Parameters are callers' numbers and visitors' words: no text for logs.
    shape = {
        "pool_size": limits.pool_size,
        "max_overflow": 0,
        "pool_timeout": limits.timeout_s,
        "hide_parameters": True,
        # The connection used last has fresh pages in SQLite's cache, and statements prepared.
        "pool_use_lifo": True,
    }
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, connect_args={"timeout": limits.timeout_s}, **shape)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(address, **shape)
    event.listen(engine, "do_connect", _connecting(limits, on_silence))
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _look_after(engine.dialect))
    return engine


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = monotonic()


def _look_after(dialect: Dialect) -> Callable[..., None]:
    """A server that went away has said so, and a goodbye that waits to be read costs no question.
    Only after some silence is one asked: what stands between may have dropped the connection.
    """

    def look(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        now = monotonic()
        goodbye = select([connection.pgconn.socket], [], [], 0)[0]
        if not goodbye and now - record.info.get("used_at", now) < SILENCE_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    return look


def _connecting(limits: _Limits, on_silence: Callable[[], None]) -> Callable[..., "_Connection"]:
    patience_s = max(2, int(limits.timeout_s))  # libpq knows no less
    told = f"-c lock_timeout={int(limits.timeout_s * 1000)} -c timezone=UTC"

    def connect(_dialect: Any, _record: Any, args: Any, options: Any) -> _Connection:
        began = monotonic()
        try:
            asked = {**options, "connect_timeout": patience_s, "options": told}
            connection = _Connection.connect(*args, **asked)
        except psycopg.OperationalError:
            if monotonic() - began >= limits.timeout_s / 2:  # what is refused costs nobody time
                on_silence()
            raise
        connection.answer_s = limits.answer_s
        return connection

    return connect


class _Connection(psycopg.Connection[Any]):
    """The driver itself would wait for an answer for ever."""

    answer_s: float | None = None

    def wait(self, gen: PQGen[_T], interval: float = 0.1, timeout: float | None = None) -> _T:
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # an answer that comes now would be taken for the next one
            raise


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

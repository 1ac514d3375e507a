"""One engine, and three ways to hold a transaction: reading, writing, hot.

SQLite gets WAL, ``synchronous=FULL`` and ``BEGIN IMMEDIATE`` for whatever writes: a
read that turns into a write under the default ``BEGIN`` ignores the busy timeout and fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

from callweave.storage.connections import BEGIN, Limits, engine_of
from callweave.storage.prepared import HotTransaction

__all__ = ["Database", "DatabaseError", "DuplicateError", "Session", "is_trouble"]


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
        limits = Limits(pool_size, timeout_s, answer_s)
        self.engine = engine_of(url, limits, self._leave_alone)
        self.driver: Any = self.engine.dialect.dbapi
        self._timeout_s = timeout_s
        self._left_alone_until = 0.0
        self._writer = Lock()
        self._kept: PoolProxiedConnection | None = None
        self.is_sqlite = self.engine.dialect.name == "sqlite"

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
        engine = self.engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
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

    def hot(self) -> "_Hot":
        """A writing transaction on the driver's own cursor, for prepared statements only."""
        return _Hot(self)

    def connected(self) -> PoolProxiedConnection:
        """Whoever writes SQLite has its turn, so one connection is kept for all of them."""
        if not self.is_sqlite:
            return self.engine.raw_connection()
        if self._kept is None:
            self._kept = self.engine.raw_connection()
        return self._kept

    def give_back(self, connection: PoolProxiedConnection, error: BaseException | None) -> None:
        """Rolls back what was not committed."""
        broken = isinstance(error, self.driver.Error) and self.engine.dialect.is_disconnect(
            error, connection.dbapi_connection, None
        )
        if broken:
            connection.invalidate(error)
        if not self.is_sqlite:
            connection.close()
        elif error:
            self._kept = None
            connection.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        self.take_turn()
        try:
            yield
        finally:
            self.end_turn()

    def take_turn(self) -> None:
        """SQLite has one writer, and lets the others of this process sleep and ask again, ever
        longer and in no order; this wakes the next one as soon as it can begin.
        """
        if self.is_sqlite and not self._writer.acquire(timeout=self._timeout_s):
            raise DatabaseError("others were writing all the while")

    def end_turn(self) -> None:
        if self.is_sqlite:
            self._writer.release()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self.expect_an_answer()
        try:
            yield
        except self.driver.DataError:
            raise
        except self.driver.Error as error:
            raise self.named(error) from error

    def expect_an_answer(self) -> None:
        """Raises DatabaseError while the server is left alone."""
        if monotonic() < self._left_alone_until:
            raise DatabaseError("not asked, since it did not answer a moment ago")

    def named(self, error: Exception) -> Exception:
        """Ours for the driver's: SQLAlchemy's own say enough. Data that the database refuses is no
        trouble of the database, and stays what it is.
        """
        if isinstance(error, self.driver.IntegrityError):
            return DuplicateError(str(error))
        return error if isinstance(error, self.driver.DataError) else DatabaseError(str(error))

    def _leave_alone(self) -> None:
        self._left_alone_until = monotonic() + self._timeout_s

    def close(self) -> None:
        with suppress(DatabaseError), self._turn():
            kept, self._kept = self._kept, None
            if kept:
                kept.close()
        self.engine.dispose()


class _Hot:
    """Written out, since every ring and page view passes here: generators cost their frames."""

    __slots__ = ("_connection", "_database", "_tx")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: PoolProxiedConnection | None = None

    def __enter__(self) -> HotTransaction:
        database = self._database
        database.expect_an_answer()
        database.take_turn()
        try:
            connection = self._connection = database.connected()
            cursor = connection.cursor()
            if database.is_sqlite:
                cursor.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            self._end(error)
            raise
        gathers = not database.is_sqlite
        self._tx = HotTransaction(cursor, database.engine.dialect, gathers=gathers)
        return self._tx

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> None:
        if error is None and self._connection:
            try:
                self._tx.flush()
                self._connection.commit()
            except BaseException as why:
                self._end(why)
                raise
        self._end(error)

    def _end(self, error: BaseException | None) -> None:
        """Raises ours for an error of the driver's."""
        database = self._database
        try:
            if self._connection:
                database.give_back(self._connection, error)
        finally:
            database.end_turn()
        if isinstance(error, database.driver.Error) and (named := database.named(error)) != error:
            raise named from error


def is_trouble(error: Exception) -> bool:
    """Whether this is the database failing, as opposed to our code or the caller's input."""
    if isinstance(error, DuplicateError | IntegrityError | DataError):
        return False
    return isinstance(error, DatabaseError | DBAPIError | PoolTimeoutError)

"""One engine, and three ways to hold a transaction: reading, writing, hot.

SQLite gets WAL, ``synchronous=FULL`` and ``BEGIN IMMEDIATE`` for whatever writes: a
read that turns into a write under the default ``BEGIN`` ignores the busy timeout and fails.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

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
        """Names the driver's errors: SQLAlchemy's own say enough. Data that the database refuses
        is no trouble of the database, and stays what it is.
        """
        if monotonic() < self._left_alone_until:
            raise DatabaseError("not asked, since it did not answer a moment ago")
        try:
            yield
        except self._dbapi.IntegrityError as error:
            raise DuplicateError(str(error)) from error
        except self._dbapi.DataError:
            raise
        except self._dbapi.Error as error:
            raise DatabaseError(str(error)) from error

    def _leave_alone(self) -> None:
        self._left_alone_until = monotonic() + self._timeout_s

    def close(self) -> None:
        self.engine.dispose()


def is_trouble(error: Exception) -> bool:
    """Whether this is the database failing, as opposed to our code or the caller's input."""
    if isinstance(error, DuplicateError | IntegrityError | DataError):
        return False
    return isinstance(error, DatabaseError | DBAPIError | PoolTimeoutError)

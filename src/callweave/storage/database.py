"""One engine, and three ways to hold a transaction: reading, writing, hot.

SQLite gets WAL, ``synchronous=FULL`` and ``BEGIN IMMEDIATE`` for whatever writes: a
read that turns into a write under the default ``BEGIN`` ignores the busy timeout and fails.
"""

from collections.abc import Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    closing,
    contextmanager,
    nullcontext,
    suppress,
)
from time import monotonic
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from callweave.storage.connections import BEGIN, Limits, engine_of
from callweave.storage.one_writer import OneWriter
from callweave.storage.prepared import HotTransaction
from callweave.storage.writers import LostError, ManyWriters, NoTurnError

__all__ = ["Database", "DatabaseError", "DuplicateError", "Session", "is_trouble"]

# What a session has open beside its own, and closes; one_writer.py says why not as garbage.
_CURSORS = "callweave.cursors"


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
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._alone = OneWriter(self.engine, timeout_s) if self.is_sqlite else None
        self._writers = self._alone or ManyWriters(self.engine)
        self._timeout_s = timeout_s
        self._left_alone_until = 0.0

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with (
            self._asking(),
            Session(self.engine, expire_on_commit=False, autoflush=False) as session,
            ExitStack() as cursors,
        ):
            session.info[_CURSORS] = cursors
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Commits when the block ends, rolls back when it raises."""
        engine = self.engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
        with (
            self._asking(),
            self._alone.alone() if self._alone else nullcontext(),
            Session(engine, expire_on_commit=False) as session,
            session.begin(),
            ExitStack() as cursors,
        ):
            session.info[_CURSORS] = cursors
            yield session

    def within(self, session: Session) -> HotTransaction:
        """Prepared statements inside the session's own transaction."""
        session.flush()
        cursor = session.connection().connection.cursor()
        session.info[_CURSORS].enter_context(closing(cursor))
        return HotTransaction(cursor, self.engine.dialect)

    def hot(self) -> AbstractContextManager[HotTransaction]:
        """A writing transaction on the driver's own cursor, for prepared statements only. On SQLite
        several of them may end in one commit.
        """
        return _Hot(self, self._writers)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self.expect_an_answer()
        try:
            yield
        except Exception as error:
            if named := self.named(error):
                raise named from error
            raise

    def expect_an_answer(self) -> None:
        """Raises DatabaseError while the server is left alone."""
        if monotonic() < self._left_alone_until:
            raise DatabaseError("not asked, since it did not answer a moment ago")

    def named(self, error: BaseException | None) -> DatabaseError | None:
        """Ours for the driver's: SQLAlchemy's own say enough. Data that the database refuses is no
        trouble of the database, and stays what it is.
        """
        if isinstance(error, self.driver.IntegrityError):
            return DuplicateError(str(error))
        is_trouble = isinstance(error, self.driver.Error | NoTurnError | LostError)
        is_refused = isinstance(error, self.driver.DataError)
        return DatabaseError(str(error)) if is_trouble and not is_refused else None

    def _leave_alone(self) -> None:
        self._left_alone_until = monotonic() + self._timeout_s

    def close(self) -> None:
        if self._alone:
            with suppress(NoTurnError):
                self._alone.close()
        self.engine.dispose()


class _Hot:
    """Written out, since every ring and page view passes here: generators cost their frames."""

    __slots__ = ("_database", "_turn", "_tx", "_writers")

    def __init__(self, database: Database, writers: OneWriter | ManyWriters) -> None:
        self._database = database
        self._writers = writers

    def __enter__(self) -> HotTransaction:
        database = self._database
        database.expect_an_answer()
        try:
            self._turn = self._writers.begin()
        except Exception as error:
            if named := database.named(error):
                raise named from error
            raise
        dialect, is_server = database.engine.dialect, not database.is_sqlite
        self._tx = HotTransaction(self._turn.cursor, dialect, is_asked_little=is_server)
        return self._tx

    def __exit__(
        self, _kind: type[BaseException] | None, raised: BaseException | None, _trace: object
    ) -> None:
        error = self._ended(raised)
        if named := self._database.named(error):
            raise named from error
        if error is not None and error is not raised:
            raise error

    def _ended(self, raised: BaseException | None) -> BaseException | None:
        """What is to be raised: a failure to commit goes before what was raised because of it."""
        try:
            if raised is None:
                self._tx.finish()
        except BaseException as error:  # noqa: BLE001  which is raised when all is undone
            raised = error
        try:
            if raised is None:
                self._turn.commit()
            else:
                self._turn.undo(raised)
        except BaseException as error:  # noqa: BLE001  the same
            return error
        return raised


def is_trouble(error: Exception) -> bool:
    """Whether this is the database failing, as opposed to our code or the caller's input."""
    if isinstance(error, DuplicateError | IntegrityError | DataError):
        return False
    return isinstance(error, DatabaseError | DBAPIError | PoolTimeoutError)

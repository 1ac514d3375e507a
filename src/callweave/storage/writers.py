"""Who may write, on what connection: one at a time on SQLite (one_writer.py), and as many as there
are connections on PostgreSQL.
"""

from typing import Any, Protocol

from psycopg.pq import TransactionStatus
from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection


class NoTurnError(Exception):
    """It did not come in time."""


class LostError(Exception):
    """What was handed on is not in the database."""


class Turn(Protocol):
    """To write; ``cursor`` is the driver's. On SQLite it is in a transaction."""

    cursor: Any

    def commit(self) -> None:
        """Returns when it is done, by whomever; the turn ends, also when it raises."""

    def undo(self, error: BaseException) -> None:
        """What was done in this turn. Returns once the others' work, which ``error`` may tell of,
        is committed. The turn ends, also when that cannot be.
        """


class ManyWriters:
    """Each on a connection of the pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self) -> Turn:
        return _Connected(self._engine, self._engine.raw_connection())


class _Connected:
    """Of PostgreSQL; a transaction begins when its user says BEGIN."""

    __slots__ = ("_connection", "_engine", "cursor")

    def __init__(self, engine: Engine, connection: PoolProxiedConnection) -> None:
        self._engine = engine
        self._connection = connection
        driver: Any = connection.dbapi_connection
        if not driver.autocommit:  # a migration leaves it so
            driver.autocommit = True
        self.cursor = connection.cursor()

    def commit(self) -> None:
        try:
            if self._has_begun():
                self._connection.commit()
        except BaseException as error:
            self.undo(error)
            raise
        self._connection.close()

    def undo(self, error: BaseException) -> None:
        dialect, connection = self._engine.dialect, self._connection
        try:
            if isinstance(error, dialect.loaded_dbapi.Error) and dialect.is_disconnect(
                error, connection.dbapi_connection, None
            ):
                connection.invalidate(error)
            elif self._has_begun():
                connection.rollback()
        except Exception as worse:  # noqa: BLE001  why it is undone is what is to be known
            connection.invalidate(worse)
        finally:
            connection.close()

    def _has_begun(self) -> bool:
        status = self.cursor.connection.info.transaction_status
        return bool(status != TransactionStatus.IDLE)

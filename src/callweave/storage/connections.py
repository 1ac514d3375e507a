"""How connections are made and looked after, one kind for each database."""

from collections.abc import Callable
from dataclasses import dataclass
from json import JSONEncoder
from select import select
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Dialect, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

BEGIN = "callweave_begin"
SILENCE_S = 5.0
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Limits:
    pool_size: int
    timeout_s: float
    answer_s: float | None


def engine_of(url: str, limits: Limits, on_silence: Callable[[], None]) -> Engine:
    address = make_url(_modern(url))
    # Parameters are callers' numbers and visitors' words: no text for logs.
    shape = {
        "pool_size": limits.pool_size,
        "max_overflow": 0,
        "pool_timeout": limits.timeout_s,
        "hide_parameters": True,
        "json_serializer": JSONEncoder(separators=(",", ":")).encode,
        # The connection used last has fresh pages in SQLite's cache, and statements prepared.
        "pool_use_lifo": True,
    }
    if address.get_backend_name() == "sqlite":
        shape["pool_size"] = limits.pool_size + 1  # one is kept for whoever writes
        engine = create_engine(address, connect_args={"timeout": limits.timeout_s}, **shape)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    shape["pool_reset_on_return"] = None  # whoever begins, ends
    engine = create_engine(address, **shape)
    event.listen(engine, "begin", _begin_postgres)
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
        if connection.info.transaction_status != TransactionStatus.IDLE:
            raise DisconnectionError("it was given back within a transaction")
        now = monotonic()
        goodbye = select([connection.pgconn.socket], [], [], 0)[0]
        if not goodbye and now - record.info.get("used_at", now) < SILENCE_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    return look


def _connecting(limits: Limits, on_silence: Callable[[], None]) -> Callable[..., "_Connection"]:
    patience_s = max(2, int(limits.timeout_s))  # libpq knows no less
    told = f"-c lock_timeout={int(limits.timeout_s * 1000)} -c timezone=UTC"

    def connect(_dialect: Any, _record: Any, args: Any, options: Any) -> _Connection:
        began = monotonic()
        try:
            asked = {**options, "connect_timeout": patience_s, "options": told}
            connection = _Connection.connect(*args, autocommit=True, **asked)
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


def _begin_postgres(connection: Connection) -> None:
    """The driver itself would begin with every first question, also where that one is all."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN")


# What a savepoint may have to take back is kept in memory.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))

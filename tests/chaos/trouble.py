"""A database that fails when it is told to: below SQLAlchemy, at the driver's own statements."""

import sqlite3
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import psycopg
from sqlalchemy import event

from callweave.storage.database import Database


class Trouble(StrEnum):
    STATEMENT = "the database fails at a statement"
    BEFORE_COMMIT = "the database fails before it commits"
    AFTER_COMMIT = "the database commits, and the connection is lost before it says so"
    DOWN = "the database is down"
    SLOW = "the database takes seconds"


@dataclass(slots=True)
class Switch:
    """What strikes now. ``waited``: virtual seconds that the request under way has waited."""

    down: bool = False
    armed: Trouble | None = None
    statements: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    struck: Trouble | None = None
    _seen: int = field(default=0, init=False)

    def arm(self, trouble: Trouble | None, statements: int = 1, seconds: float = 0.0) -> None:
        """For the request that begins now: ``statements`` go well before the first failure."""
        self.armed, self.statements, self.seconds = trouble, statements, seconds
        self.waited, self.struck, self._seen = 0.0, None, 0

    def at_statement(self) -> None:
        self._seen += 1
        if self.down:
            self._strike(Trouble.DOWN)
        if self.armed is Trouble.STATEMENT and self._seen > self.statements:
            self._strike(Trouble.STATEMENT)
        if self.armed is Trouble.SLOW:
            self.armed, self.struck = None, Trouble.SLOW
            self.waited += self.seconds

    def before_commit(self) -> None:
        if self.down:
            self._strike(Trouble.DOWN)
        if self.armed is Trouble.BEFORE_COMMIT:
            self._strike(Trouble.BEFORE_COMMIT)

    def after_commit(self) -> None:
        if self.armed is Trouble.AFTER_COMMIT:
            self._strike(Trouble.AFTER_COMMIT)

    def _strike(self, trouble: Trouble) -> None:
        """Once: the next statement of the same request goes well, unless all is down."""
        self.armed, self.struck = None, trouble
        raise _StruckError(str(trouble))


class _StruckError(Exception):
    pass


def spoil(database: Database, switch: Switch) -> None:
    """From now on this database's connections obey the switch."""
    engine = database.engine
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", lambda *given: _sqlite(given[3], switch))
    else:
        event.listen(engine, "connect", lambda raw, _record: _postgresql(raw, switch))
    database.close()


def _sqlite(options: dict[str, Any], switch: Switch) -> None:
    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, values: Any = (), /) -> Any:
            try:
                switch.at_statement()
            except _StruckError as why:
                raise sqlite3.OperationalError(str(why)) from None
            return super().execute(statement, values)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            try:
                switch.before_commit()
                super().commit()
                switch.after_commit()
            except _StruckError as why:
                raise sqlite3.OperationalError(str(why)) from None

    options["factory"] = Connection


def _postgresql(raw: Any, switch: Switch) -> None:
    class Cursor(psycopg.Cursor[Any]):
        def execute(self, *given: Any, **named: Any) -> Any:
            try:
                switch.at_statement()
            except _StruckError as why:
                self.connection.close()
                raise psycopg.OperationalError(str(why)) from None
            return super().execute(*given, **named)

    commit = raw.commit

    def watched() -> None:
        try:
            switch.before_commit()
            commit()
            switch.after_commit()
        except _StruckError as why:
            raw.close()
            raise psycopg.OperationalError(str(why)) from None

    raw.cursor_factory, raw.commit = Cursor, watched

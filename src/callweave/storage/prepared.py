"""Statements written once with SQLAlchemy Core and run on the driver's cursor.

Compiling and executing through the engine costs several times what the database itself
needs for one row (docs/performance.md), so the hot paths keep the expression language
for writing SQL and leave it out of running SQL.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from psycopg.sql import SQL
from sqlalchemy import Dialect, Executable, bindparam, func, select
from sqlalchemy.types import TypeEngine

from callweave.storage.compiled import (
    Compiled,
    Process,
    compile_for,
    together,
)


class Prepared:
    """A Core statement, compiled once for each dialect that runs it."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._by_dialect: dict[str, Compiled] = {}
        self._out: dict[str, Sequence[tuple[int, Process]]] = {}

    def compiled(self, dialect: Dialect) -> Compiled:
        found = self._by_dialect.get(dialect.name)
        if found is None:
            found = self._by_dialect[dialect.name] = compile_for(self._statement, dialect)
        return found

    def out(self, dialect: Dialect, cursor: Any) -> Sequence[tuple[int, Process]]:
        """How values of its rows become ours. Some types ask what the driver calls theirs, which
        only a cursor that has just run the statement can say.
        """
        found = self._out.get(dialect.name)
        if found is None:
            types = self.compiled(dialect).types
            found = self._out[dialect.name] = _out(types, dialect, cursor.description)
        return found


_BEGIN_LOCKED = SQL("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended({}, 0))")
_LOCK = Prepared(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0))))


class HotTransaction:
    """Runs prepared statements inside one transaction; rows come back as tuples.

    One that ``is_asked_little`` has not begun yet, since each question to a server costs more than
    what it asks for: what is ``put`` is kept until something else is asked, and goes out as one
    statement. Before the first that writes there is no BEGIN, and none at all where that one
    statement is the end: what was read until then is not locked (see `hold`).
    """

    __slots__ = ("_cursor", "_dialect", "_gathered", "_has_begun", "is_asked_little")

    def __init__(self, cursor: Any, dialect: Dialect, *, is_asked_little: bool = False) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self.is_asked_little = is_asked_little
        self._has_begun = not is_asked_little
        self._gathered: list[tuple[Prepared, dict[str, Any]]] = []

    def lock(self, name: str) -> None:
        """Until the transaction ends, for what has no row. Writers of SQLite are alone anyway."""
        if self._dialect.name == "sqlite":
            return
        if self._has_begun:
            self.rows(_LOCK, name=name)
        else:
            self._has_begun = True
            self._cursor.execute(_BEGIN_LOCKED.format(name), prepare=False)

    def rows(self, prepared: Prepared, **values: Any) -> list[tuple[Any, ...]]:
        self._execute(prepared, values)
        return self._found(prepared)

    def row_beside(self, prepared: Prepared, **values: Any) -> tuple[Any, ...] | None:
        """Where little is asked, for a statement that sees nothing of what is ``put``: both go out
        as one, and where there was no BEGIN yet they are committed with it, whatever comes later.
        """
        self._gathered.append((prepared, values))
        self.finish()
        found = self._found(prepared)
        return found[0] if found else None

    def _found(self, prepared: Prepared) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self._cursor.fetchall()
        out = prepared.out(self._dialect, self._cursor)
        return [_processed(row, out) for row in found] if out else found

    def row(self, prepared: Prepared, **values: Any) -> tuple[Any, ...] | None:
        found = self.rows(prepared, **values)
        return found[0] if found else None

    def run(self, prepared: Prepared, **values: Any) -> int:
        """How many rows it changed."""
        self._execute(prepared, values)
        changed: int = self._cursor.rowcount
        return changed

    def put(self, prepared: Prepared, **values: Any) -> None:
        """Writes rows that no other statement put beside it writes, before anything is read."""
        if self.is_asked_little:
            self._gathered.append((prepared, values))
        else:
            self._execute(prepared, values)

    def flush(self) -> None:
        """Sends what was put; nothing of it is committed yet."""
        if self._gathered:
            self._begin()
            self.finish()

    def hold(self) -> bool:
        """The same: whoever changes these rows waits from here on. Whether that is news, so that
        what was read before may be old by now; SQLite's writers are alone from the beginning.
        """
        had_put = bool(self._gathered)
        self.flush()
        return had_put

    def finish(self) -> None:
        """Sends what was put, where nothing is to be asked any more: what is one statement is a
        transaction of its own.
        """
        gathered, self._gathered = self._gathered, []
        match gathered:
            case []:
                return
            case [(prepared, values)]:
                compiled = prepared.compiled(self._dialect)
                self._cursor.execute(compiled.sql, compiled.bound(values))
            case _:
                each = tuple(prepared.compiled(self._dialect) for prepared, _ in gathered)
                rows = (one.bound(values) for one, (_, values) in zip(each, gathered, strict=True))
                self._cursor.execute(together(each), list(chain.from_iterable(rows)))

    def run_many(self, prepared: Prepared, rows: Iterable[dict[str, Any]]) -> None:
        """The same with each of these values."""
        self._begin()
        self.finish()
        compiled = prepared.compiled(self._dialect)
        self._cursor.executemany(compiled.sql, [compiled.bound(values) for values in rows])

    def _execute(self, prepared: Prepared, values: dict[str, Any]) -> None:
        compiled = prepared.compiled(self._dialect)
        if self._gathered or not compiled.only_reads:
            self._begin()
            self.finish()
        self._cursor.execute(compiled.sql, compiled.bound(values))

    def _begin(self) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._cursor.execute("BEGIN")


def _out(
    types: Sequence[TypeEngine[Any]], dialect: Dialect, description: Sequence[Sequence[Any]]
) -> Sequence[tuple[int, Process]]:
    made = [
        (place, kind.result_processor(dialect, column[1]))
        for place, (kind, column) in enumerate(zip(types, description, strict=True))
    ]
    return [(place, process) for place, process in made if process]


def _processed(row: Sequence[Any], out: Sequence[tuple[int, Process]]) -> tuple[Any, ...]:
    values = list(row)
    for place, process in out:
        values[place] = process(values[place])
    return tuple(values)

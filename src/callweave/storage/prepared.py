"""Statements written once with SQLAlchemy Core and run on the driver's cursor.

Compiling and executing through the engine costs several times what the database itself
needs for one row (docs/performance.md), so the hot paths keep the expression language
for writing SQL and leave it out of running SQL.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Executable, bindparam, func, select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

type_processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    order: Sequence[str] | None
    """Parameter names by place, or None where the driver takes them by name."""
    constants: dict[str, Any]
    into: dict[str, type_processor]
    types: Sequence[TypeEngine[Any]]
    """Of the columns that it returns."""

    def bound(self, values: dict[str, Any]) -> dict[str, Any] | list[Any]:
        """As the driver takes them."""
        bound = {**self.constants, **values}
        for name, process in self.into.items():
            bound[name] = process(bound[name])
        return bound if self.order is None else [bound[name] for name in self.order]


class Prepared:
    """A Core statement, compiled once for each dialect that runs it."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._by_dialect: dict[str, _Compiled] = {}
        self._out: dict[str, Sequence[tuple[int, type_processor]]] = {}

    def compiled(self, dialect: Dialect) -> _Compiled:
        found = self._by_dialect.get(dialect.name)
        if found is None:
            found = self._by_dialect[dialect.name] = _compile(self._statement, dialect)
        return found

    def out(self, dialect: Dialect, cursor: Any) -> Sequence[tuple[int, type_processor]]:
        """How values of its rows become ours. Some types ask what the driver calls theirs, which
        only a cursor that has just run the statement can say.
        """
        found = self._out.get(dialect.name)
        if found is None:
            types = self.compiled(dialect).types
            found = self._out[dialect.name] = _out(types, dialect, cursor.description)
        return found


_LOCK = Prepared(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0))))


class HotTransaction:
    """Runs prepared statements inside one transaction; rows come back as tuples."""

    __slots__ = ("_cursor", "_dialect")

    def __init__(self, cursor: Any, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def lock(self, name: str) -> None:
        """Until the transaction ends, for what has no row. Writers of SQLite are alone anyway."""
        if self._dialect.name != "sqlite":
            self.rows(_LOCK, name=name)

    def rows(self, prepared: Prepared, **values: Any) -> list[tuple[Any, ...]]:
        self._execute(prepared, values)
        found = self._cursor.fetchall()
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

    def run_many(self, prepared: Prepared, rows: Iterable[dict[str, Any]]) -> None:
        """The same with each of these values."""
        compiled = prepared.compiled(self._dialect)
        self._cursor.executemany(compiled.sql, [compiled.bound(values) for values in rows])

    def _execute(self, prepared: Prepared, values: dict[str, Any]) -> None:
        compiled = prepared.compiled(self._dialect)
        self._cursor.execute(compiled.sql, compiled.bound(values))


def _compile(statement: Executable, dialect: Dialect) -> _Compiled:
    made: Any = statement
    compiled: SQLCompiler = made.compile(
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    into = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bind in compiled.binds.items()
    }
    return _Compiled(
        sql=str(compiled),
        order=compiled.positiontup,
        constants=constants,
        into={name: process for name, process in into.items() if process},
        types=[
            column.type.dialect_impl(dialect)
            for column in compiled._result_columns  # noqa: SLF001  there is no public name
        ],
    )


def _out(
    types: Sequence[TypeEngine[Any]], dialect: Dialect, description: Sequence[Sequence[Any]]
) -> Sequence[tuple[int, type_processor]]:
    made = [
        (place, kind.result_processor(dialect, column[1]))
        for place, (kind, column) in enumerate(zip(types, description, strict=True))
    ]
    return [(place, process) for place, process in made if process]


def _processed(row: Sequence[Any], out: Sequence[tuple[int, type_processor]]) -> tuple[Any, ...]:
    values = list(row)
    for place, process in out:
        values[place] = process(values[place])
    return tuple(values)

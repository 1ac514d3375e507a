"""Statements written once with SQLAlchemy Core and run on the driver's cursor.

Compiling and executing through the engine costs several times what the database itself
needs for one row (docs/performance.md), so the hot paths keep the expression language
for writing SQL and leave it out of running SQL.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Executable, bindparam, func, select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

type_processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    by_place: bool
    """Whether the driver takes parameters by their place, and not by name."""
    constants: dict[str, Any]
    into: Sequence[tuple[str, type_processor | None]]
    """Parameters in the order of their places, and how their values become the driver's."""
    types: Sequence[TypeEngine[Any]]
    """Of the columns that it returns."""

    def bound(self, values: dict[str, Any]) -> dict[str, Any] | list[Any]:
        """As the driver takes them."""
        if self.constants:
            values = {**self.constants, **values}
        if self.by_place:
            return [
                process(values[name]) if process else values[name] for name, process in self.into
            ]
        return {
            name: process(values[name]) if process else values[name] for name, process in self.into
        }


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
    """Runs prepared statements inside one transaction; rows come back as tuples.

    One that ``gathers`` keeps what is ``put`` until something else is asked, and sends it as one
    statement: each question to a server costs more than what it asks for.
    """

    __slots__ = ("_cursor", "_dialect", "_gathered", "_gathers")

    def __init__(self, cursor: Any, dialect: Dialect, *, gathers: bool = False) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._gathers = gathers
        self._gathered: list[tuple[Prepared, dict[str, Any]]] = []

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

    def put(self, prepared: Prepared, **values: Any) -> None:
        """Writes rows that no other statement put beside it writes, before anything is read."""
        if self._gathers:
            self._gathered.append((prepared, values))
        else:
            self._execute(prepared, values)

    def flush(self) -> None:
        gathered, self._gathered = self._gathered, []
        match gathered:
            case []:
                return
            case [(prepared, values)]:
                self._execute(prepared, values)
            case _:
                together = _together(tuple(prepared for prepared, _ in gathered), self._dialect)
                values = {
                    f"{name}_{nth}": value
                    for nth, (_, own) in enumerate(gathered)
                    for name, value in own.items()
                }
                self._cursor.execute(together.sql, together.bound(values))

    def run_many(self, prepared: Prepared, rows: Iterable[dict[str, Any]]) -> None:
        """The same with each of these values."""
        self.flush()
        compiled = prepared.compiled(self._dialect)
        self._cursor.executemany(compiled.sql, [compiled.bound(values) for values in rows])

    def _execute(self, prepared: Prepared, values: dict[str, Any]) -> None:
        if self._gathered:
            self.flush()
        compiled = prepared.compiled(self._dialect)
        self._cursor.execute(compiled.sql, compiled.bound(values))


_PARAMETER = re.compile(r"%\((\w+)\)s")


@lru_cache(maxsize=200)
def _together(statements: tuple[Prepared, ...], dialect: Dialect) -> _Compiled:
    """One statement of PostgreSQL's that does all of them; each has parameters of its own."""
    made = [_numbered(each.compiled(dialect), nth) for nth, each in enumerate(statements)]
    *before, last = (each.sql for each in made)
    beside = ", ".join(f"beside_{nth} AS ({sql})" for nth, sql in enumerate(before))
    constants = {name: value for each in made for name, value in each.constants.items()}
    into = [pair for each in made for pair in each.into]
    return _Compiled(
        f"WITH {beside} {last}", by_place=False, constants=constants, into=into, types=()
    )


def _numbered(compiled: _Compiled, nth: int) -> _Compiled:
    return replace(
        compiled,
        sql=_PARAMETER.sub(rf"%(\1_{nth})s", compiled.sql),
        constants={f"{name}_{nth}": value for name, value in compiled.constants.items()},
        into=[(f"{name}_{nth}", process) for name, process in compiled.into],
    )


def _compile(statement: Executable, dialect: Dialect) -> _Compiled:
    made: Any = statement
    compiled: SQLCompiler = made.compile(
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    return _Compiled(
        sql=str(compiled),
        by_place=compiled.positional,
        constants=constants,
        into=[
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or compiled.binds
        ],
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

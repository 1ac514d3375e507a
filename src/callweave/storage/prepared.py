"""Statements written once with SQLAlchemy Core and run on the driver's cursor.

Compiling and executing through the engine costs several times what the database itself
needs for one row (docs/performance.md), so the hot paths keep the expression language
for writing SQL and leave it out of running SQL.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Executable, bindparam, func, select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from callweave.storage.base import UtcDateTime

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

    @property
    def out_of_json(self) -> Sequence[tuple[int, type_processor]]:
        """How times become ours again; all else that is asked so is plain, or was cast to text."""
        return [
            (place, _read_moment)
            for place, kind in enumerate(self.types)
            if isinstance(kind, UtcDateTime)
        ]

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


_Question: TypeAlias = tuple[Prepared, frozenset[tuple[str, Any]]]

_LOCK = Prepared(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0))))


class HotTransaction:
    """Runs prepared statements inside one transaction; rows come back as tuples.

    One that ``gathers`` keeps what is ``put`` until something else is asked, and sends it as one
    statement: each question to a server costs more than what it asks for.
    """

    __slots__ = ("_cursor", "_dialect", "_foreseen", "_found", "_gathered", "_gathers")

    def __init__(self, cursor: Any, dialect: Dialect, *, gathers: bool = False) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._gathers = gathers
        self._gathered: list[tuple[Prepared, dict[str, Any]]] = []
        self._foreseen: dict[_Question, dict[str, Any]] = {}
        self._found: dict[_Question, list[tuple[Any, ...]]] = {}

    def lock(self, name: str) -> None:
        """Until the transaction ends, for what has no row. Writers of SQLite are alone anyway."""
        if self._dialect.name != "sqlite":
            self.rows(_LOCK, name=name)

    def foresee(self, prepared: Prepared, **values: Any) -> None:
        """It will be asked, and whatever is written until then does not matter to it: let it be
        answered with the next one that was foreseen.
        """
        if self._gathers:
            self._foreseen[_question(prepared, values)] = values

    def rows(self, prepared: Prepared, **values: Any) -> list[tuple[Any, ...]]:
        if self._foreseen and _question(prepared, values) in self._foreseen:
            self._ask_foreseen()
        if self._found and (question := _question(prepared, values)) in self._found:
            return self._found.pop(question)
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
                values = _all_numbered(values for _, values in gathered)
                self._cursor.execute(together.sql, together.bound(values))

    def _ask_foreseen(self) -> None:
        self.flush()
        asked, self._foreseen = self._foreseen, {}
        at_once = _at_once(tuple(prepared for prepared, _ in asked), self._dialect)
        self._cursor.execute(at_once.sql, at_once.bound(_all_numbered(asked.values())))
        told = self._cursor.fetchone()
        for question, rows in zip(asked, told, strict=True):
            out = question[0].compiled(self._dialect).out_of_json
            self._found[question] = [_processed([*row.values()], out) for row in rows or ()]

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
    return _as_one(f"WITH {beside} {last}", made)


@lru_cache(maxsize=200)
def _at_once(questions: tuple[Prepared, ...], dialect: Dialect) -> _Compiled:
    """One row of PostgreSQL's with a list for each question, of rows as JSON."""
    made = [_numbered(each.compiled(dialect), nth) for nth, each in enumerate(questions)]
    lists = (
        f"(SELECT json_agg(found) FROM ({each.sql}) AS found)"  # noqa: S608  statements of ours
        for each in made
    )
    return _as_one(f"SELECT {', '.join(lists)}", made)


def _as_one(sql: str, made: Sequence[_Compiled]) -> _Compiled:
    constants = {name: value for each in made for name, value in each.constants.items()}
    into = [pair for each in made for pair in each.into]
    return _Compiled(sql, by_place=False, constants=constants, into=into, types=())


def _all_numbered(all_values: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        f"{name}_{nth}": value
        for nth, values in enumerate(all_values)
        for name, value in values.items()
    }


def _read_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _question(prepared: Prepared, values: dict[str, Any]) -> _Question:
    return prepared, frozenset(values.items())


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

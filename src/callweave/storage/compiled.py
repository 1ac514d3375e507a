"""SQL as a driver runs it: compiled once from a Core statement, alone or several as one."""

import re
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import JSON, Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Process: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, eq=False)  # each is made once, and is itself
class Compiled:
    sql: str
    constants: dict[str, Any]
    into: Sequence[tuple[str, Process | None]]
    """Parameters in the order of their places, and how their values become the driver's."""
    types: Sequence[TypeEngine[Any]]
    """Of the columns that it returns."""
    only_reads: bool
    """Whether it needs no transaction: it writes nothing, and locks nothing."""
    _take: Callable[[dict[str, Any]], tuple[Any, ...]] = field(init=False)
    _processed: Sequence[tuple[int, Process]] = field(init=False)

    def __post_init__(self) -> None:
        names = [name for name, _ in self.into]
        processed = [(at, made) for at, (_, made) in enumerate(self.into) if made]
        object.__setattr__(self, "_take", _taking(names))
        object.__setattr__(self, "_processed", processed)

    def bound(self, values: dict[str, Any]) -> list[Any]:
        """As the driver takes them."""
        row = list(self._take({**self.constants, **values} if self.constants else values))
        for at, made in self._processed:
            row[at] = made(row[at])
        return row


def _taking(names: Sequence[str]) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
    """``itemgetter`` gives one value alone, and none not at all."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def compile_for(statement: Executable, dialect: Dialect) -> Compiled:
    made: Any = statement
    compiled: SQLCompiler = made.compile(
        dialect=_by_place(dialect), compile_kwargs={"render_postcompile": True}
    )
    constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    return Compiled(
        sql=str(compiled),
        constants=constants,
        into=[
            (name, _processing(compiled.binds[name].type.dialect_impl(dialect), dialect))
            for name in compiled.positiontup or ()
        ],
        types=[
            column.type.dialect_impl(dialect)
            for column in compiled._result_columns  # noqa: SLF001  there is no public name
        ],
        only_reads=made.is_select and not _LOCKING.search(str(compiled)),
    )


def _by_place(dialect: Dialect) -> Dialect:
    """The same, with parameters by their place: names cost PostgreSQL's driver a search for each.
    Not for a GROUP BY: two places are two values to it, even where they hold the same.
    """
    if dialect.positional:
        return dialect
    placed = copy(dialect)
    placed.paramstyle, placed.positional = "format", True
    return placed


def _processing(kind: TypeEngine[Any], dialect: Dialect) -> Process | None:
    """JSON as text: the wrapper that SQLAlchemy has for psycopg's asks the driver to write it."""
    made: Any = JSON.bind_processor if isinstance(kind, JSON) else type(kind).bind_processor
    found: Process | None = made(kind, dialect)
    return found


_LOCKING = re.compile(r"\bFOR (?:NO KEY |KEY )?(?:UPDATE|SHARE)\b")


@lru_cache(maxsize=200)
def together(statements: tuple[Compiled, ...]) -> str:
    """One statement of PostgreSQL's that does all of them, with the parameters of each in turn."""
    *before, last = (each.sql for each in statements)
    beside = ", ".join(f"beside_{nth} AS ({sql})" for nth, sql in enumerate(before))
    also = "," if last.startswith("WITH ") else ""
    return f"WITH {beside}{also} {last.removeprefix('WITH ')}"

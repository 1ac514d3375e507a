"""SQL as a driver runs it: compiled once from a Core statement, alone or several as one."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Process: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, eq=False)  # each is made once, and is itself
class Compiled:
    sql: str
    by_place: bool
    """Whether the driver takes parameters by their place, and not by name."""
    constants: dict[str, Any]
    into: Sequence[tuple[str, Process | None]]
    """Parameters in the order of their places, and how their values become the driver's."""
    types: Sequence[TypeEngine[Any]]
    """Of the columns that it returns."""
    _take: Callable[[dict[str, Any]], tuple[Any, ...]] = field(init=False)
    _processed: Sequence[tuple[int, str, Process]] = field(init=False)

    def __post_init__(self) -> None:
        names = [name for name, _ in self.into]
        processed = [(at, name, made) for at, (name, made) in enumerate(self.into) if made]
        object.__setattr__(self, "_take", _taking(names))
        object.__setattr__(self, "_processed", processed)

    def bound(self, values: dict[str, Any]) -> dict[str, Any] | list[Any]:
        """As the driver takes them; where it takes them by name, more of them do no harm."""
        if self.constants:
            values = {**self.constants, **values}
        if not self.by_place:
            return {**values, **{name: made(values[name]) for _, name, made in self._processed}}
        row = list(self._take(values))
        for at, _, made in self._processed:
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
        dialect=dialect, compile_kwargs={"render_postcompile": True}
    )
    constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    return Compiled(
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


_PARAMETER = re.compile(r"%\((\w+)\)s")


@lru_cache(maxsize=200)
def together(statements: tuple[Compiled, ...]) -> Compiled:
    """One statement of PostgreSQL's that does all of them; each has parameters of its own."""
    made = [_numbered(each, nth) for nth, each in enumerate(statements)]
    *before, last = (each.sql for each in made)
    beside = ", ".join(f"beside_{nth} AS ({sql})" for nth, sql in enumerate(before))
    return Compiled(
        f"WITH {beside} {last}",
        by_place=False,
        constants={name: value for each in made for name, value in each.constants.items()},
        into=[pair for each in made for pair in each.into],
        types=(),
    )


def all_numbered(all_values: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {
        f"{name}_{nth}": value
        for nth, values in enumerate(all_values)
        for name, value in values.items()
    }


def _numbered(compiled: Compiled, nth: int) -> Compiled:
    return replace(
        compiled,
        sql=_PARAMETER.sub(rf"%(\1_{nth})s", compiled.sql),
        constants={f"{name}_{nth}": value for name, value in compiled.constants.items()},
        into=[(f"{name}_{nth}", process) for name, process in compiled.into],
    )

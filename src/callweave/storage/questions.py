"""Several questions asked as one statement: each that is asked alone costs more than its answer.

They stand below one another (``UNION ALL``), each with a number of its own before its columns.
What one has and another has not is NULL, so a row is as wide as the widest in each type.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, String, Text, cast, literal_column, null, union_all
from sqlalchemy import select as select_from
from sqlalchemy.types import TypeEngine

from callweave.storage.prepared import HotTransaction, Prepared

Row: TypeAlias = tuple[Any, ...]
Asked: TypeAlias = Select[*tuple[Any, ...]]
Kind: TypeAlias = type[TypeEngine[Any]]


class Questions:
    """The order of rows is the database's, whatever each question says about its own."""

    def __init__(self, *each: Asked) -> None:
        shapes = [[_kind(column) for column in one.selected_columns] for one in each]
        kinds = {kind: None for shape in shapes for kind in shape}
        wide = [kind for kind in kinds for _ in range(max(s.count(kind) for s in shapes))]
        places = [list(_places(shape, wide)) for shape in shapes]
        self._takes = [_taking([place + 1 for place in own]) for own in places]
        self._prepared = Prepared(
            union_all(*(_arm(nth, one, places[nth], wide) for nth, one in enumerate(each)))
        )

    def ask(self, tx: HotTransaction, **values: Any) -> list[list[Row]]:
        """The rows of each."""
        found: list[list[Row]] = [[] for _ in self._takes]
        for row in tx.rows(self._prepared, **values):
            nth = row[0]
            found[nth].append(self._takes[nth](row))
        return found

    @property
    def prepared(self) -> Prepared:
        return self._prepared


def _kind(column: ColumnElement[Any]) -> Kind:
    return Text if isinstance(column.type, String) else type(column.type)


def _places(shape: Sequence[Kind], wide: Sequence[Kind]) -> Iterator[int]:
    """The first that is free, of its kind; those of a kind stand together."""
    taken: Counter[Kind] = Counter()
    for kind in shape:
        yield wide.index(kind) + taken[kind]
        taken[kind] += 1


def _arm(nth: int, question: Asked, places: Sequence[int], wide: Sequence[Kind]) -> Asked:
    inner = question.subquery()
    own = dict(zip(places, inner.columns, strict=True))
    columns = [own[at] if at in own else cast(null(), kind()) for at, kind in enumerate(wide)]
    return select_from(literal_column(str(nth)), *columns).select_from(inner)


def _taking(places: Sequence[int]) -> Callable[[Row], Row]:
    """``itemgetter`` gives one value alone."""
    if len(places) > 1:
        return itemgetter(*places)
    (place,) = places
    return lambda row: (row[place],)

"""Which pool a number was in when it was lent, or rang: it may be in another by now.

Leases and calls name their number and not its pool. Hardly a number ever moves, and each first page
view would pay for those that do (docs/decisions/0019).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, literal, or_, union_all
from sqlalchemy.orm import InstrumentedAttribute

from callweave.storage.base import Base
from callweave.storage.numbers import Number, Stay

_Text: TypeAlias = InstrumentedAttribute[str]
_Time: TypeAlias = InstrumentedAttribute[datetime]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Columns that tell in which pool numbers are, or were."""

    table: type[Base]
    number_id: _Text
    pool_id: _Text
    role: ColumnElement[str] | _Text
    leased_until: _Time
    came_at: ColumnElement[datetime] | _Time
    begins: _Time | InstrumentedAttribute[datetime | None]
    ends: _Time | None

    def had(self, number_id: Any, at: _Time) -> ColumnElement[bool]:
        """Whether the number was there at this time."""
        begun = or_(self.begins.is_(None), at >= self.begins)
        return and_(self.number_id == number_id, begun, *([at < self.ends] if self.ends else []))


NOW = Whereabouts(
    table=Number,
    number_id=Number.id,
    pool_id=Number.pool_id,
    role=Number.role,
    leased_until=Number.leased_until,
    came_at=func.coalesce(Number.came_back_at, Number.created_at),
    begins=Number.came_back_at,
    ends=None,
)
BEFORE = Whereabouts(
    table=Stay,
    number_id=Stay.number_id,
    pool_id=Stay.pool_id,
    role=literal("retired"),
    leased_until=Stay.leased_until,
    came_at=Stay.since,
    begins=Stay.since,
    ends=Stay.until,
)


def now_and_before(
    ask: Callable[[Whereabouts], Select[*tuple[Any, ...]]],
) -> CompoundSelect[*tuple[Any, ...]]:
    """The rows of where numbers are, and those of where they were."""
    return union_all(ask(NOW), ask(BEFORE))

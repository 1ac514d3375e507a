"""How calls ended for the business, and the credit that each touch got for it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    bindparam,
    delete,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from callweave.storage.base import Base, UtcDateTime, id_column
from callweave.storage.prepared import HotTransaction, Prepared
from callweave.storage.visits import Touch


class Outcome(Base):
    """Never changed, only followed by another: the latest stands. ``value`` in minor units."""

    __tablename__ = "outcomes"
    __table_args__ = (
        Index(None, "call_id", "position", unique=True),
        CheckConstraint("value >= 0", name="value_not_negative"),
    )
    id: Mapped[str] = id_column()
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    position: Mapped[int]
    disposition: Mapped[str] = mapped_column(String(16))
    value: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    order_id: Mapped[str | None] = mapped_column(String(255))
    note: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[str]
    at: Mapped[datetime]


class Credit(Base):
    """A touch's part in one call under one model.

    ``share`` in millionths of the call; ``value`` in minor units of the call's conversion
    (0 while it has none). ``touch_id`` is empty where no touch is known: somebody has to
    hold that part, or the columns of a report would not add up.
    """

    __tablename__ = "credits"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    model: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    touch_id: Mapped[str | None] = mapped_column(ForeignKey("touches.id"), index=True)
    share: Mapped[int]
    converted: Mapped[bool]
    value: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))


@dataclass(frozen=True, slots=True)
class KeptOutcome:
    """A row of ``outcomes``; see there for the columns."""

    id: str
    call_id: str
    position: int
    disposition: str
    value: int | None
    currency: str
    order_id: str | None
    note: str | None
    recorded_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NewCredit:
    """A row of ``credits`` but for its call; see there for the columns."""

    model: str
    position: int
    touch_id: str | None
    share: int
    converted: bool
    value: int
    currency: str


_OUTCOME = tuple(field.name for field in fields(KeptOutcome))
_CREDIT = ("call_id", *(field.name for field in fields(NewCredit)))
_STANDING = Prepared(
    select(*(getattr(Outcome, name) for name in _OUTCOME))
    .where(Outcome.call_id == bindparam("call"))
    .order_by(Outcome.position.desc())
    .limit(1)
)
_WRITE_OUTCOME = Prepared(insert(Outcome).values({name: bindparam(name) for name in _OUTCOME}))
_TOUCHES_UNTIL = Prepared(
    select(Touch.id, Touch.at, Touch.channel).where(
        Touch.visitor_id == bindparam("visitor"),
        Touch.at <= bindparam("til", type_=UtcDateTime()),
    )
)
_OWN_TOUCH = Prepared(select(Touch.id, Touch.channel).where(Touch.id == bindparam("touch")))
_DELETE_CREDITS = Prepared(delete(Credit).where(Credit.call_id == bindparam("call")))
_WRITE_CREDIT = Prepared(insert(Credit).values({name: bindparam(name) for name in _CREDIT}))


def standing_outcome(tx: HotTransaction, call: str) -> KeptOutcome | None:
    row = tx.row(_STANDING, call=call)
    return KeptOutcome(*row) if row else None


def write_outcome(tx: HotTransaction, outcome: KeptOutcome) -> None:
    tx.run(_WRITE_OUTCOME, **asdict(outcome))


def touches_until(
    tx: HotTransaction, visitor: str, until: datetime
) -> Iterable[tuple[str, datetime, str]]:
    """Id, time and channel of each, in no order."""
    rows: Iterable[Any] = tx.rows(_TOUCHES_UNTIL, visitor=visitor, til=until)
    return rows


def own_touch_of(call: str) -> str:
    """The id of the touch that a call is by itself, where its number stands for a source."""
    return "tc_" + call.removeprefix("ca_")


def own_touch(tx: HotTransaction, call: str) -> tuple[str, str] | None:
    """Id and channel, where the call has one."""
    row = tx.row(_OWN_TOUCH, touch=own_touch_of(call))
    return (row[0], row[1]) if row else None


def replace_credits(tx: HotTransaction, call: str, credits_: Iterable[NewCredit]) -> None:
    tx.run(_DELETE_CREDITS, call=call)
    tx.run_many(_WRITE_CREDIT, [{"call_id": call, **asdict(each)} for each in credits_])

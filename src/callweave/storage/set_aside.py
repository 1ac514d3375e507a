"""What the carrier signed and we did not understand: kept whole, with the reason, to be taken in
again once we do.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, String, Text, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from callweave.storage.base import Base
from callweave.storage.prepared import HotTransaction, Prepared


class SetAside(Base):
    """``fields`` are pairs of name and value in the order in which they were signed, ``given`` is
    what was answered. ``fingerprint`` is the same for the same request sent twice.
    """

    __tablename__ = "set_aside"
    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    leg: Mapped[str | None] = mapped_column(Text)
    fields: Mapped[list[Any]]
    given: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    settled_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class NewSetAside:
    """A row of ``set_aside`` as it is first kept."""

    fingerprint: str
    kind: str
    leg: str | None
    fields: list[list[str]]
    given: str | None
    received_at: datetime
    reason: str


_COLUMNS = tuple(field.name for field in fields(NewSetAside))
_PUT = Prepared(insert(SetAside).values({name: bindparam(name) for name in _COLUMNS}))


def put(tx: HotTransaction, new: NewSetAside) -> None:
    """The same request, sent again, ends the transaction in DuplicateError."""
    tx.run(_PUT, **{name: getattr(new, name) for name in _COLUMNS})


def waiting(session: Session, ids: Collection[int] | None = None) -> list[SetAside]:
    """Not settled yet, the oldest first; only those of ``ids`` where given."""
    wanted = select(SetAside).where(SetAside.settled_at.is_(None))
    if ids is not None:
        wanted = wanted.where(SetAside.id.in_(ids))
    return list(session.scalars(wanted.order_by(SetAside.received_at, SetAside.id)))


def everything(session: Session) -> list[SetAside]:
    """Settled or not, the oldest first."""
    return list(session.scalars(select(SetAside).order_by(SetAside.received_at, SetAside.id)))


def settle(session: Session, row_id: int, now: datetime) -> None:
    session.execute(
        update(SetAside)
        .where(SetAside.id == row_id, SetAside.settled_at.is_(None))
        .values(settled_at=now)
    )


def forget(session: Session, before: datetime) -> int:
    """Deletes what came before, settled or not, and says how much: forms hold telephone numbers,
    and what nobody made anything of in all that time was filled in from the carrier's list.
    """
    done = delete(SetAside).where(SetAside.received_at < before)
    result = session.execute(done.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)  # noqa: S101  whatever deletes rows counts them
    return result.rowcount

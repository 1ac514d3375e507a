"""The destinations of each account, and what each of them has still to be told.

A delivery is owed while it has a time at which it is due. Claiming one moves that time ahead, so
that nobody else takes it meanwhile and somebody does if its worker is killed; whoever records how
a try went says which try it was, and is not heard if another has begun since.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    CursorResult,
    ForeignKey,
    Index,
    String,
    Text,
    delete,
    exists,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from callweave.storage.base import Base, id_column

# Longer than any try takes, slow name servers included.
LEASE = timedelta(seconds=120)


class Destination(Base):
    """``kind`` as in the catalogue of integrations. The secret signs, so it cannot be a hash.

    Facts go to a destination until it is retired by a person or says itself that it is gone.
    """

    __tablename__ = "destinations"
    id: Mapped[str] = id_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(Text)
    facts: Mapped[list[str]]
    secret: Mapped[str]
    allow_private: Mapped[bool]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        return self.retired_at is None and self.gone_at is None


class Delivery(Base):
    """One fact for one destination: owed (``due_at``), delivered (``delivered_at``), or neither:
    a dead letter, for ``reason``, which else is that of the last failure.

    ``subject`` is the id of the call or outcome that the fact is about.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(None, "destination_id", "due_at"),
        Index(None, "destination_id", "subject"),
        CheckConstraint("due_at IS NULL OR delivered_at IS NULL", name="owed_or_delivered"),
    )
    destination_id: Mapped[str] = mapped_column(ForeignKey("destinations.id"), primary_key=True)
    fact_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    type: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    tries: Mapped[int]
    reason: Mapped[str | None] = mapped_column(Text)
    delivered_at: Mapped[datetime | None]


def lanes(session: Session, now: datetime) -> list[str]:
    """The destinations for which something is due."""
    due = exists().where(Delivery.destination_id == Destination.id, Delivery.due_at <= now)
    return list(session.scalars(select(Destination.id).where(due).order_by(Destination.id)))


@dataclass(frozen=True, slots=True)
class Claimed:
    """``tries`` counts the one that is about to be made."""

    destination_id: str
    fact_id: str
    tries: int
    body: str
    kind: str
    address: str
    secret: str = field(repr=False)
    allow_private: bool
    is_open: bool


def claim(session: Session, destination_id: str, now: datetime) -> Claimed | None:
    """What has been due the longest, taken for ``LEASE``; None when nothing is due."""
    longest_due = (
        select(Delivery.fact_id)
        .where(Delivery.destination_id == destination_id, Delivery.due_at <= now)
        .order_by(Delivery.due_at, Delivery.fact_id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = session.execute(
        update(Delivery)
        .where(Delivery.destination_id == destination_id, Delivery.fact_id == longest_due)
        .values(due_at=now + LEASE, tries=Delivery.tries + 1)
        .returning(Delivery.fact_id, Delivery.tries, Delivery.body)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        return None
    to = session.get_one(Destination, destination_id)
    return Claimed(
        to.id, *taken, to.kind, to.address, to.secret, to.allow_private, is_open=to.is_open
    )


def record(
    session: Session,
    claimed: Claimed,
    *,
    due_at: datetime | None = None,
    delivered_at: datetime | None = None,
    reason: str | None = None,
) -> bool:
    """How the try went. False when another has begun since: then that one will say."""
    this_try = update(Delivery).where(
        Delivery.destination_id == claimed.destination_id,
        Delivery.fact_id == claimed.fact_id,
        Delivery.tries == claimed.tries,
        Delivery.due_at.is_not(None),
    )
    outcome = {"due_at": due_at, "delivered_at": delivered_at, "reason": reason}
    return _changed(session, this_try.values(outcome)) == 1


def close_gone(session: Session, destination_id: str, now: datetime) -> None:
    gone = update(Destination).where(
        Destination.id == destination_id, Destination.gone_at.is_(None)
    )
    _changed(session, gone.values(gone_at=now))


def redeliver(session: Session, destination: Destination, now: datetime) -> int:
    """Makes its dead letters due again, with all their tries; how many there are.

    A destination that was gone takes part again.
    """
    destination.gone_at = None
    dead = update(Delivery).where(
        Delivery.destination_id == destination.id,
        Delivery.due_at.is_(None),
        Delivery.delivered_at.is_(None),
    )
    return _changed(session, dead.values(due_at=now, tries=0))


def forget(session: Session, before: datetime) -> int:
    """Deletes what is older and owed to nobody: bodies hold telephone numbers."""
    done = delete(Delivery).where(Delivery.due_at.is_(None), Delivery.created_at < before)
    return _changed(session, done)


def _changed(session: Session, statement: Any) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)  # noqa: S101  whatever changes rows counts them
    return result.rowcount

"""What the carrier signed and we did not understand: kept whole, with the reason, to be taken in
again once we do.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from callweave.storage.base import Base


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


def find(session: Session, fingerprint: str) -> SetAside | None:
    return session.scalars(
        select(SetAside).where(SetAside.fingerprint == fingerprint).with_for_update()
    ).one_or_none()


def waiting(session: Session, ids: Collection[int] | None = None) -> list[SetAside]:
    """Not settled yet, the oldest first; only those of ``ids`` where given."""
    wanted = select(SetAside).where(SetAside.settled_at.is_(None))
    if ids is not None:
        wanted = wanted.where(SetAside.id.in_(ids))
    return list(session.scalars(wanted.order_by(SetAside.received_at, SetAside.id)))

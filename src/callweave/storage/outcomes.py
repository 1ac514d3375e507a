"""How calls ended for the business, and the credit that each touch got for it."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callweave.storage.base import Base, id_column


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

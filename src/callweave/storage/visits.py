"""What visitors did: visits, how they came about, pages seen, interests earned."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callweave.storage.base import Base, id_column


class Visitor(Base):
    __tablename__ = "visitors"
    id: Mapped[str] = id_column()
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    customer: Mapped[bool]
    traits: Mapped[dict[str, Any]]


class Visit(Base):
    __tablename__ = "visits"
    id: Mapped[str] = id_column()
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    visitor_id: Mapped[str] = mapped_column(ForeignKey("visitors.id"), index=True)
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    time_zone: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(35))


class Touch(Base):
    """How a visit came about; or, without visit and visitor, a call to a number that stands for a
    source. ``visit_id`` alone is empty for touches that were imported.
    """

    __tablename__ = "touches"
    __table_args__ = (Index(None, "visitor_id", "at"),)
    id: Mapped[str] = id_column()
    visitor_id: Mapped[str | None] = mapped_column(ForeignKey("visitors.id"))
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visits.id"), unique=True)
    at: Mapped[datetime]
    channel: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(Text)
    medium: Mapped[str] = mapped_column(Text)
    campaign: Mapped[str | None] = mapped_column(Text)
    term: Mapped[str | None] = mapped_column(Text)
    content: Mapped[str | None] = mapped_column(Text)
    click_ids: Mapped[dict[str, Any]]
    landing_page: Mapped[str] = mapped_column(Text)
    referrer: Mapped[str | None] = mapped_column(Text)


class PageView(Base):
    """``page`` is scheme, host and path: queries can carry personal data and are not kept."""

    __tablename__ = "page_views"
    __table_args__ = (Index(None, "visit_id", "at"),)
    id: Mapped[str] = id_column()
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"))
    at: Mapped[datetime]
    page: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)


class VisitEvent(Base):
    __tablename__ = "visit_events"
    __table_args__ = (Index(None, "visit_id", "at"),)
    id: Mapped[str] = id_column()
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"))
    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(String(16))
    detail: Mapped[dict[str, Any]]


class Interest(Base):
    """``weight`` as it was at ``at``; it decays from there."""

    __tablename__ = "interests"
    visitor_id: Mapped[str] = mapped_column(ForeignKey("visitors.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(64), primary_key=True)
    weight: Mapped[float]
    at: Mapped[datetime]

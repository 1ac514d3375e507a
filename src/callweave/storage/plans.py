"""Who answers, and the routing rules of each site."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from callweave.storage.base import Base, id_column


class Agent(Base):
    """``call_id`` names the call that holds the agent until ``held_until`` at the latest, or until
    the end of the talk.
    """

    __tablename__ = "agents"
    __table_args__ = (UniqueConstraint("account_id", "name"),)
    id: Mapped[str] = id_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    endpoint: Mapped[str]
    skills: Mapped[dict[str, Any]]
    hours: Mapped[dict[str, Any]]
    available: Mapped[bool]
    call_id: Mapped[str | None] = mapped_column(String(40))
    held_until: Mapped[datetime | None]
    idle_since: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Plan(Base):
    """Versions are kept; the highest one is in force."""

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("site_id", "version"),)
    id: Mapped[str] = id_column()
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    version: Mapped[int]
    body: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    published_by: Mapped[str]


def plan_in_force(session: Session, site_id: str) -> Plan | None:
    newest = select(Plan).where(Plan.site_id == site_id).order_by(Plan.version.desc()).limit(1)
    return session.scalars(newest).one_or_none()

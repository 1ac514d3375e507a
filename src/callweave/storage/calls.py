"""Inbound calls: the row, its legs, and every accepted report of the carrier."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from callweave.storage.base import Base, id_column

OPEN = "state <> 'ended'"


class Call(Base):
    """One row for each call of the carrier; without account, site and number when it
    came in on a number that we do not know.

    ``day`` is the site's local date of the ring. ``channel``, ``source`` and ``campaign`` are
    those of the visitor's last source that was not direct; ``disposition``, ``value`` (minor
    units) and ``currency`` those of the outcome that stands: kept here so that lists and
    reports read one table. Durations are whole seconds.
    """

    __tablename__ = "calls"
    __table_args__ = (
        Index(None, "account_id", "rung_at"),
        Index(None, "visitor_id"),
        Index(None, "from_number"),
        Index(None, "to_number", "rung_at", postgresql_where=text(OPEN), sqlite_where=text(OPEN)),
        CheckConstraint("state IN ('ringing', 'talking', 'ended')", name="state"),
        CheckConstraint("(state = 'ended') = (result IS NOT NULL)", name="ended_has_result"),
    )
    id: Mapped[str] = id_column()
    sid: Mapped[str] = mapped_column(String(34), unique=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"))
    number_id: Mapped[str | None] = mapped_column(ForeignKey("numbers.id"))
    to_number: Mapped[str] = mapped_column(String(64))
    from_number: Mapped[str | None] = mapped_column(String(16))
    country: Mapped[str | None] = mapped_column(String(2))
    rung_at: Mapped[datetime]
    day: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(8))
    result: Mapped[str | None] = mapped_column(String(16))
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(8))
    duration_s: Mapped[int | None]
    ring_s: Mapped[int | None]
    talk_s: Mapped[int | None]
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    answered_by: Mapped[str | None]
    match_status: Mapped[str] = mapped_column(String(16))
    candidates: Mapped[list[Any]]
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visits.id"))
    visitor_id: Mapped[str | None] = mapped_column(ForeignKey("visitors.id"))
    channel: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[str | None] = mapped_column(Text)
    campaign: Mapped[str | None] = mapped_column(Text)
    disposition: Mapped[str | None] = mapped_column(String(16))
    value: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(String(3))
    about: Mapped[str] = mapped_column(Text)
    plan_id: Mapped[str | None] = mapped_column(ForeignKey("plans.id"))
    decision: Mapped[dict[str, Any] | None]
    whisper: Mapped[str] = mapped_column(Text)
    voicemail_url: Mapped[str | None] = mapped_column(Text)
    voicemail_s: Mapped[int | None]
    recording_sid: Mapped[str | None] = mapped_column(String(64))
    recording_url: Mapped[str | None] = mapped_column(Text)
    recording_s: Mapped[int | None]
    fell_back: Mapped[bool]


class Leg(Base):
    """One attempt to connect a call, in the order of trying; position 0 is the declared fallback.

    ``result`` is the domain's LegResult once the leg has ended; ``duration_s`` from pick-up.
    """

    __tablename__ = "legs"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agents.id"))
    name: Mapped[str]
    endpoint: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    result: Mapped[str | None] = mapped_column(String(16))
    rung_at: Mapped[datetime]
    picked_up_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    duration_s: Mapped[int | None]


class CallReport(Base):
    """A webhook that we accepted, once: ``key`` is what makes two of them the same.

    ``answer`` is the TwiML that was given, so that a repeat gets the same.
    """

    __tablename__ = "call_reports"
    __table_args__ = (UniqueConstraint("call_sid", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    call_sid: Mapped[str] = mapped_column(String(34))
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(16))
    leg: Mapped[str | None] = mapped_column(String(2))
    received_at: Mapped[datetime]
    form: Mapped[dict[str, Any]]
    answer: Mapped[str | None] = mapped_column(Text)


class Repair(Base):
    """Something about a call that its own reports never brought and that was filled in from the
    carrier's list of calls: what, and when first.
    """

    __tablename__ = "repairs"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]

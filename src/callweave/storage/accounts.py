"""Who owns what: accounts, their people and keys, and the sites that they run."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from callweave.storage.base import Base, id_column


class Account(Base):
    __tablename__ = "accounts"
    id: Mapped[str] = id_column()
    name: Mapped[str]
    created_at: Mapped[datetime]


class User(Base):
    __tablename__ = "users"
    id: Mapped[str] = id_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str]
    created_at: Mapped[datetime]


class ApiKey(Base):
    """``prefix`` finds the row, ``digest`` (SHA-256 of the whole key, hex) proves the key."""

    __tablename__ = "api_keys"
    id: Mapped[str] = id_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(String(32), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class Site(Base):
    """``id`` is the public key in the snippet; ``own_number`` is the one printed on its pages.

    Talks are recorded where there is a ``recording_notice``: what callers are told of it first.
    """

    __tablename__ = "sites"
    id: Mapped[str] = id_column()
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str]
    time_zone: Mapped[str]
    currency: Mapped[str] = mapped_column(String(3))
    own_number: Mapped[str]
    own_number_national: Mapped[str]
    own_number_international: Mapped[str]
    default_destination: Mapped[str]
    allowed_origins: Mapped[list[str]]
    topics: Mapped[list[Any]]
    lookback_days: Mapped[int]
    recording_notice: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class Refusal(Base):
    """How often, by site and day, something was refused and why; never who."""

    __tablename__ = "refusals"
    scope: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    reason: Mapped[str] = mapped_column(String(40), primary_key=True)
    times: Mapped[int]


class Attempt(Base):
    """Failed log-ins of the last minutes, so that guessing is slowed on every worker at once."""

    __tablename__ = "login_attempts"
    __table_args__ = (UniqueConstraint("subject"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(300))
    failures: Mapped[int]
    since: Mapped[datetime]


def sites_of(session: Session, account_id: str) -> list[Site]:
    wanted = select(Site).where(Site.account_id == account_id).order_by(Site.name)
    return list(session.scalars(wanted))


def has_one_account(session: Session) -> bool:
    """Then what belongs to the installation belongs to it; among several it belongs to none."""
    return len(session.scalars(select(Account.id).limit(2)).all()) == 1

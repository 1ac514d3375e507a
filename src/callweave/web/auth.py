"""Who is behind the browser: passwords, log-in sessions, roles."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TypeAlias

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Flask, Request, Response, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf import CSRFProtect  # type: ignore[import-untyped]  # ships no types
from sqlalchemy import func, select

from callweave.storage.accounts import Account, User
from callweave.storage.database import Database
from callweave.web.extensions import parts
from callweave.web.throttle import count_try, forget_tries

A_WORKING_DAY = timedelta(hours=12)
LONGEST_PASSWORD = 1024

# OWASP's first choice for argon2id (cheatsheetseries.owasp.org, Password Storage): 19 MiB, so
# that a burst of log-ins does not take the memory that calls need.
csrf = CSRFProtect()
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Role(StrEnum):
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    MARKETER = "marketer"

    @property
    def sees_callers(self) -> bool:
        """A marketer needs sources and outcomes, and nobody's phone number."""
        return self is not Role.MARKETER

    @property
    def records_outcomes(self) -> bool:
        return self is not Role.MARKETER

    @property
    def sees_the_installation(self) -> bool:
        """What belongs to no account: calls to numbers that we do not know, webhooks refused. Shown
        only where there is one account.
        """
        return self is Role.ADMIN


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    role: Role
    account_id: str
    account_name: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    user: User


@dataclass(frozen=True, slots=True)
class Refused:
    """No such account, or not its password; which of the two is nobody's business."""


@dataclass(frozen=True, slots=True)
class Throttled:
    wait: timedelta


Answer: TypeAlias = LoggedIn | Refused | Throttled


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def check_log_in(
    database: Database, *, email: str, password: str, address: str | None, now: datetime
) -> Answer:
    email = "".join(filter(str.isprintable, email)).strip().lower()
    with database.writing() as tx:
        wait = count_try(tx, email, address, now)
    if wait is not None:
        return Throttled(wait)
    with database.reading() as tx:
        user = tx.scalars(select(User).where(func.lower(User.email) == email)).one_or_none()
    if not _is_password_of(user, password) or user is None:
        return Refused()
    with database.writing() as tx:
        forget_tries(tx, email, address)
    return LoggedIn(user)


class _Sessions(SecureCookieSessionInterface):
    """Of people, who are few: pages of sites and the carrier send no cookie, and get none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.headers.get("Cookie", ""):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if session.accessed or session.modified:
            super().save_session(app, session, response)


def start_session(user: User, now: datetime) -> None:
    """Nothing from before the log-in lives on in the new session, its CSRF token included."""
    session.clear()
    session.permanent = True
    session["user"] = user.id
    session["since"] = int(now.timestamp())
    session["mark"] = _mark(user)


def end_session() -> None:
    session.clear()


def load_person() -> Person | None:
    """The person whose session this is. A session ends after a working day, and on every
    browser when the password changes.
    """
    user_id, since = session.get("user"), session.get("since", 0)
    if user_id is None or parts().clock().timestamp() - since > A_WORKING_DAY.total_seconds():
        return None
    wanted = select(User, Account.name).join(Account, Account.id == User.account_id)
    with parts().database.reading() as tx:
        row = tx.execute(wanted.where(User.id == user_id)).one_or_none()
    if row is None or session.get("mark") != _mark(row[0]):
        return None
    user, account_name = row
    return Person(user.id, user.name, Role(user.role), user.account_id, account_name)


def current_person() -> Person:
    """Only for views that have been let through by the log-in check."""
    person: Person = g.person
    return person


def init_auth(app: Flask) -> None:
    """Checks of the CSRF token are made by the pages, which alone know people by a cookie. A token
    lives as long as its session: notes about a call may take longer than the usual hour.
    """
    app.config.update(
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.session_interface = _Sessions()
    csrf.init_app(app)


def _is_password_of(user: User | None, password: str) -> bool:
    """Takes equally long where there is no such user."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        return _hasher.verify(user.password_hash if user else _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return hash_password("nobody")


def _mark(user: User) -> str:
    """Changes with the password, and says nothing about it."""
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]

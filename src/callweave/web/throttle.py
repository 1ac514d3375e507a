"""Guessing passwords is slowed by account and address, and by address alone, on every worker."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from callweave.storage.accounts import Attempt
from callweave.web.networks import customer

WINDOW = timedelta(minutes=15)
TRIES_AT_ONE_ACCOUNT = 5
TRIES_FROM_ONE_ADDRESS = 50  # an office behind one address has many people who mistype
_LONGEST_EMAIL = 254


def count_try(session: Session, email: str, address: str | None, now: datetime) -> timedelta | None:
    """Counts a try before it is made, so that many at once are not all the first one.

    None: the password may be looked at. Otherwise how long there is to wait; the same for
    accounts that exist and for those that do not.
    """
    session.execute(delete(Attempt).where(Attempt.since <= now - WINDOW))
    waits = [
        _wait(session, subject, limit, now)
        for subject, limit in (
            (_at_account(email, address), TRIES_AT_ONE_ACCOUNT),
            (customer(address), TRIES_FROM_ONE_ADDRESS),
        )
    ]
    return max((wait for wait in waits if wait), default=None)


def forget_tries(session: Session, email: str, address: str | None) -> None:
    """After a log-in. What the address did elsewhere stays: one account of one's own would
    otherwise buy endless tries at those of others.
    """
    session.execute(delete(Attempt).where(Attempt.subject == _at_account(email, address)))


def _wait(session: Session, subject: str, limit: int, now: datetime) -> timedelta | None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    counted = (
        insert(Attempt)
        .values(subject=subject, failures=1, since=now)
        .on_conflict_do_update(
            index_elements=[Attempt.subject], set_={"failures": Attempt.failures + 1}
        )
        .returning(Attempt.failures, Attempt.since)
    )
    tries, since = session.execute(counted).one()
    return since + WINDOW - now if tries > limit else None


def _at_account(email: str, address: str | None) -> str:
    return f"{email[:_LONGEST_EMAIL]}|{customer(address)}"

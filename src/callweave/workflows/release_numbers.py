"""A number is given up: nobody is lent it any more. Its row stays, so that calls that come late, or
are told of late, are still matched to whoever had it.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from callweave.storage.numbers import Number
from callweave.storage.reports.standing import Standing

# Whoever saw a number may ring it for weeks: by then it must not be somebody else's.
KEPT_AFTER = timedelta(days=30)
RETIRED, POOLED = "retired", "pooled"


def why_keep(number: Standing, now: datetime) -> str | None:
    """What speaks against giving it up, in words that follow the number."""
    if number.role != POOLED:
        return "is shown to everybody, or in print"
    if number.is_lent(now):
        return f"is lent until {_minute(number.lent_until)}"
    if number.shown_until and number.shown_until > now - KEPT_AFTER:
        return f"was on a page until {_minute(number.shown_until)}, which is less than 30 days ago"
    if number.last_rung and number.last_rung > now - KEPT_AFTER:
        return f"was rung on {_minute(number.last_rung)}, which is less than 30 days ago"
    return None


def is_unused(number: Standing, since: datetime) -> bool:
    """Lent by visitor, and neither shown nor rung; a new one has not had its chance yet."""
    moments = (number.lent_until, number.shown_until, number.last_rung)
    return number.role == POOLED and all(moment <= since for moment in moments if moment)


def retire(session: Session, number: str, now: datetime, *, lent_too: bool) -> bool:
    """False where it was lent in the meantime. ``number``: its id."""
    is_free = or_(Number.visit_id.is_(None), Number.leased_until <= now)
    retired = (
        update(Number)
        .where(Number.id == number, *(() if lent_too else (is_free,)))
        .values(role=RETIRED, visit_id=None, lease_id=None)
        .returning(Number.id)
    )
    return session.scalars(retired).first() is not None


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"

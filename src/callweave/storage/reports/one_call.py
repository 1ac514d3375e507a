"""What is kept of one call, for the people of its account."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.storage.accounts import Site
from callweave.storage.calls import Call, Leg, Repair
from callweave.storage.outcomes import Credit, Outcome
from callweave.storage.visits import Touch


def find_call(session: Session, account_id: str, call_id: str) -> tuple[Call, Site] | None:
    """None also for a call of another account."""
    wanted = select(Call, Site).join(Site, Site.id == Call.site_id)
    own = wanted.where(Call.id == call_id, Call.account_id == account_id)
    row = session.execute(own).one_or_none()
    return (row[0], row[1]) if row else None


def id_by_sid(session: Session, account_id: str, sid: str) -> str | None:
    own = select(Call.id).where(Call.sid == sid, Call.account_id == account_id)
    return session.scalar(own)


def legs_of(session: Session, call_id: str) -> list[Leg]:
    """In the order of trying."""
    wanted = select(Leg).where(Leg.call_id == call_id).order_by(Leg.rung_at, Leg.position)
    return list(session.scalars(wanted))


def repairs_of(session: Session, call_id: str) -> list[str]:
    """What had to be filled in from the carrier's list of calls."""
    return list(session.scalars(select(Repair.kind).where(Repair.call_id == call_id)))


def outcomes_of(session: Session, call_id: str) -> list[Outcome]:
    """The one that stands first."""
    wanted = select(Outcome).where(Outcome.call_id == call_id)
    return list(session.scalars(wanted.order_by(Outcome.position.desc())))


def credits_of(session: Session, call_id: str) -> list[tuple[Credit, Touch | None]]:
    """By time of the touch, the part that no touch holds last."""
    wanted = (
        select(Credit, Touch)
        .outerjoin(Touch, Touch.id == Credit.touch_id)
        .where(Credit.call_id == call_id)
        .order_by(Touch.at.is_(None), Touch.at, Credit.position)
    )
    return [(credit, touch) for credit, touch in session.execute(wanted)]


def touches_of(session: Session, visits: Collection[str]) -> dict[str, Touch]:
    """How each of these visits came about."""
    wanted = select(Touch).where(Touch.visit_id.in_(visits))
    return {touch.visit_id: touch for touch in session.scalars(wanted) if touch.visit_id}

"""How the telling goes: what each destination was told, is owed, and could not be told."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from callweave.storage.outbox import Delivery, Destination

_STANDING = case(
    (Delivery.due_at.is_not(None), "owed"),
    (Delivery.delivered_at.is_not(None), "delivered"),
    else_="dead",
)


@dataclass(frozen=True, slots=True)
class DestinationLine:
    destination: Destination
    owed: int
    delivered: int
    dead: int


@dataclass(frozen=True, slots=True)
class UntoldLine:
    """``due_at`` is None for a dead letter."""

    fact_id: str
    type: str
    created_at: datetime
    tries: int
    due_at: datetime | None
    reason: str


def destination_lines(session: Session, account_id: str) -> list[DestinationLine]:
    """The oldest first, those that are closed included."""
    own = select(Destination).where(Destination.account_id == account_id)
    counted = _counted(session)
    return [
        DestinationLine(each, **{"owed": 0, "delivered": 0, "dead": 0, **counted[each.id]})
        for each in session.scalars(own.order_by(Destination.created_at, Destination.id))
    ]


def untold(session: Session, destination_id: str) -> list[UntoldLine]:
    """What has failed at least once and was not delivered since, the oldest first."""
    failed = select(Delivery).where(
        Delivery.destination_id == destination_id,
        Delivery.delivered_at.is_(None),
        Delivery.reason.is_not(None),
    )
    return [
        UntoldLine(row.fact_id, row.type, row.created_at, row.tries, row.due_at, row.reason or "")
        for row in session.scalars(failed.order_by(Delivery.created_at, Delivery.fact_id))
    ]


def _counted(session: Session) -> Mapping[str, Mapping[str, int]]:
    counted: defaultdict[str, dict[str, int]] = defaultdict(dict)
    rows = session.execute(
        select(Delivery.destination_id, _STANDING, func.count()).group_by(
            Delivery.destination_id, _STANDING
        )
    )
    for destination_id, standing, times in rows:
        counted[destination_id][standing] = times
    return counted

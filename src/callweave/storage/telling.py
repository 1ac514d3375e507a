"""Who is to be told of a call, what they were told last, and what they are owed from now on."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from callweave.storage.base import UtcDateTime
from callweave.storage.outbox import Delivery, Destination
from callweave.storage.prepared import HotTransaction, Prepared


@dataclass(frozen=True, slots=True)
class Listener:
    """A destination that is open, and the types of the facts that it asked for."""

    id: str
    facts: Sequence[str]


@dataclass(frozen=True, slots=True)
class LastTold:
    """The newest delivery to a listener on one subject."""

    fact_id: str
    body: str
    tries: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A row of ``deliveries`` that nobody has tried yet; see there for the columns."""

    destination_id: str
    fact_id: str
    type: str
    subject: str
    body: str
    created_at: datetime
    due_at: datetime


_DELIVERY = tuple(field.name for field in fields(NewDelivery))
_LISTENERS = Prepared(
    select(Destination.id, Destination.facts)
    .where(
        Destination.account_id == bindparam("account"),
        Destination.created_at <= bindparam("since", type_=UtcDateTime()),
        Destination.retired_at.is_(None),
        Destination.gone_at.is_(None),
    )
    .order_by(Destination.id)
)
_LAST_TOLD = Prepared(
    select(Delivery.fact_id, Delivery.body, Delivery.tries, Delivery.due_at)
    .where(
        Delivery.destination_id == bindparam("destination"),
        Delivery.subject == bindparam("subject"),
    )
    .order_by(Delivery.created_at.desc(), Delivery.fact_id.desc())
    .limit(1)
    .with_for_update()
)
_OWE = Prepared(insert(Delivery).values(tries=0, **{name: bindparam(name) for name in _DELIVERY}))
_REWORD = Prepared(
    update(Delivery)
    .where(
        Delivery.destination_id == bindparam("destination"), Delivery.fact_id == bindparam("fact")
    )
    .values(body=bindparam("words"))
)


def listeners(tx: HotTransaction, account_id: str, since: datetime) -> Sequence[Listener]:
    """The open destinations that were there at that time."""
    return [Listener(*row) for row in tx.rows(_LISTENERS, account=account_id, since=since)]


def last_told(tx: HotTransaction, destination_id: str, subject: str) -> LastTold | None:
    """Locked, for a worker may be taking it just now."""
    row = tx.row(_LAST_TOLD, destination=destination_id, subject=subject)
    return LastTold(*row) if row else None


def owe(tx: HotTransaction, new: NewDelivery) -> None:
    tx.run(_OWE, **{name: getattr(new, name) for name in _DELIVERY})


def reword(tx: HotTransaction, destination_id: str, fact_id: str, body: str) -> None:
    """What has not been sent yet may say what is known by now."""
    tx.run(_REWORD, destination=destination_id, fact=fact_id, words=body)

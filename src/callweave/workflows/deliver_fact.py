"""A destination is told the next thing that is due; no transaction is open while it listens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy.orm import Session

from callweave.domain.facts import (
    MOST_TRIES,
    Answer,
    Delivered,
    Failed,
    Gone,
    Refused,
    next_try,
)
from callweave.integrations.destination import Errand, Kind
from callweave.storage import outbox
from callweave.storage.database import Database
from callweave.storage.outbox import Claimed


@dataclass(frozen=True, slots=True)
class Tried:
    fact_id: str
    tries: int
    answer: Answer


def deliver_fact(
    database: Database,
    kinds: Mapping[str, Kind],
    destination_id: str,
    now: datetime,
    chance: float,
) -> Tried | None:
    """None when nothing is due. ``chance``, from 0 to 1, spreads the next tries."""
    with database.writing() as session:
        claimed = outbox.claim(session, destination_id, now)
    if claimed is None:
        return None
    answer = _answer(kinds, claimed, now)
    with database.writing() as session:
        _record(session, claimed, answer, now, chance)
    return Tried(claimed.fact_id, claimed.tries, answer)


def _answer(kinds: Mapping[str, Kind], claimed: Claimed, now: datetime) -> Answer:
    if not claimed.is_open:
        return Refused("the destination is closed")
    if claimed.tries > MOST_TRIES:
        return Refused("the worker was stopped in the middle of each try")
    errand = Errand(
        claimed.fact_id, claimed.body, claimed.address, claimed.secret, claimed.allow_private
    )
    return kinds[claimed.kind].deliver(errand, now)


def _record(
    session: Session, claimed: Claimed, answer: Answer, now: datetime, chance: float
) -> None:
    match answer:
        case Delivered():
            outbox.record(session, claimed, delivered_at=now)
        case Failed(reason, wait):
            again = next_try(claimed.tries, wait, now, chance)
            outbox.record(session, claimed, due_at=again, reason=reason)
        case Refused(reason):
            outbox.record(session, claimed, reason=reason)
        case Gone(reason):
            outbox.record(session, claimed, reason=reason)
            outbox.close_gone(session, claimed.destination_id, now)
        case _:
            assert_never(answer)

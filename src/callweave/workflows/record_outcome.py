"""Somebody says how a call ended for the business. Said again, the later word stands."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.domain.outcomes import Disposition
from callweave.storage.calls import Call
from callweave.storage.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class StatedOutcome:
    """``value`` in minor units of ``currency``; ``by`` a person's name or a key's."""

    disposition: Disposition
    value: int | None
    currency: str
    order_id: str | None
    note: str | None
    by: str


def record_outcome(
    session: Session, mint: Mint, call_id: str, stated: StatedOutcome, now: datetime
) -> Outcome:
    """The outcome that stands from now on. Saying the same again adds nothing.

    The call's row is locked first, so that two who speak at once do so one after the other, and
    read anew: whoever waited for the lock may have it in memory as it was before.
    """
    locked = select(Call).where(Call.id == call_id).with_for_update()
    call = session.scalars(locked.execution_options(populate_existing=True)).one()
    standing = session.scalars(
        select(Outcome).where(Outcome.call_id == call_id).order_by(Outcome.position.desc()).limit(1)
    ).one_or_none()
    if standing and _says(standing) == stated:
        return standing
    outcome = Outcome(
        id=mint.new("oc", now),
        call_id=call_id,
        position=standing.position + 1 if standing else 1,
        disposition=stated.disposition.value,
        value=stated.value,
        currency=stated.currency,
        order_id=stated.order_id,
        note=stated.note,
        recorded_by=stated.by,
        at=now,
    )
    session.add(outcome)
    call.disposition, call.value = outcome.disposition, outcome.value
    call.currency = outcome.currency
    return outcome


def _says(outcome: Outcome) -> StatedOutcome:
    return StatedOutcome(
        Disposition(outcome.disposition),
        outcome.value,
        outcome.currency,
        outcome.order_id,
        outcome.note,
        outcome.recorded_by,
    )

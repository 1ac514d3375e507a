"""Somebody says how a call ended for the business. Said again, the later word stands."""

from dataclasses import dataclass, replace
from datetime import datetime

from callweave.domain.ids import Mint
from callweave.domain.outcomes import Disposition
from callweave.storage import followed, outcomes
from callweave.storage.followed import LockedCall
from callweave.storage.outcomes import KeptOutcome
from callweave.storage.prepared import HotTransaction


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
    tx: HotTransaction, mint: Mint, call: LockedCall, stated: StatedOutcome, now: datetime
) -> tuple[LockedCall, KeptOutcome]:
    """The call with the outcome that stands from now on. Saying the same again adds nothing.

    The call is locked, so that two who speak at once do so one after the other.
    """
    standing = outcomes.standing_outcome(tx, call.id)
    if standing and _says(standing) == stated:
        return call, standing
    outcome = KeptOutcome(
        id=mint.new("oc", now),
        call_id=call.id,
        position=standing.position + 1 if standing else 1,
        disposition=stated.disposition.value,
        value=stated.value,
        currency=stated.currency,
        order_id=stated.order_id,
        note=stated.note,
        recorded_by=stated.by,
        at=now,
    )
    outcomes.write_outcome(tx, outcome)
    call = replace(
        call,
        disposition=outcome.disposition,
        value=outcome.value,
        currency=outcome.currency,
    )
    followed.write_standing_outcome(tx, call)
    return call, outcome


def _says(outcome: KeptOutcome) -> StatedOutcome:
    return StatedOutcome(
        Disposition(outcome.disposition),
        outcome.value,
        outcome.currency,
        outcome.order_id,
        outcome.note,
        outcome.recorded_by,
    )

"""How a call ended, told and read by programs."""

import re
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from callweave.domain import outcomes as domain
from callweave.storage.accounts import Site
from callweave.storage.calls import Call
from callweave.storage.followed import LockedCall, OwnSite, lock_by_id, lock_by_sid
from callweave.storage.outcomes import KeptOutcome, Outcome
from callweave.storage.prepared import HotTransaction
from callweave.web.api.contract import Resource
from callweave.web.errors import Problem
from callweave.web.extensions import parts
from callweave.web.keys import current_holder
from callweave.web.schemas.outcomes import OutcomeSchema, SentOutcome, StandingOutcomeSchema
from callweave.workflows.attribute_call import attribute_call
from callweave.workflows.record_outcome import StatedOutcome, record_outcome
from callweave.workflows.tell_fact import tell_outcome

outcomes = Resource("outcomes", __name__, description="How calls ended for the business.")

BY_CALL = "/calls/<call_id>/outcome"
BY_SID = "/calls/by-sid/<call_sid>/outcome"
EXAMPLE = {"disposition": "won", "value": 149900, "currency": "GBP", "order_id": "BH-20417"}

# Whatever else is in a path names no call; databases do not even take all of it.
_NAME = re.compile(r"[A-Za-z0-9_]{1,40}")

Lock = Callable[[HotTransaction, str], LockedCall | None]


@outcomes.reads(BY_CALL, gives=StandingOutcomeSchema)
def read_outcome(call_id: str) -> Outcome:
    """The outcome that stands."""
    return _standing(Call.id, call_id)


@outcomes.reads(BY_SID, gives=StandingOutcomeSchema)
def read_outcome_by_sid(call_sid: str) -> Outcome:
    """The outcome that stands, by the carrier's id of the call."""
    return _standing(Call.sid, call_sid)


@outcomes.puts(BY_CALL, takes=OutcomeSchema, gives=StandingOutcomeSchema, example=EXAMPLE)
def put_outcome(sent: SentOutcome, call_id: str) -> KeptOutcome:
    """Say how the call ended.

    The later word stands. The same again changes nothing.
    """
    return _record(sent, lock_by_id, call_id)


@outcomes.puts(BY_SID, takes=OutcomeSchema, gives=StandingOutcomeSchema, example=EXAMPLE)
def put_outcome_by_sid(sent: SentOutcome, call_sid: str) -> KeptOutcome:
    """Say how the call ended, by the carrier's id of the call.

    The later word stands. The same again changes nothing.
    """
    return _record(sent, lock_by_sid, call_sid)


def _standing(column: InstrumentedAttribute[str], name: str) -> Outcome:
    with parts().database.reading() as session:
        call = _known(session, column, name)
        latest = select(Outcome).where(Outcome.call_id == call).order_by(Outcome.position.desc())
        outcome = session.scalars(latest.limit(1)).one_or_none()
    if outcome is None:
        raise Problem(404, "no-outcome", "Nobody has said yet how this call ended.")
    return outcome


def _record(sent: SentOutcome, lock: Lock, name: str) -> KeptOutcome:
    here, now = parts(), parts().clock()
    with here.database.hot() as tx:
        call, site = _locked(tx, lock, name)
        stated = _checked(sent, site.currency, now)
        call, outcome = record_outcome(tx, here.mint, call, stated, now)
        attribute_call(tx, call)
        tell_outcome(tx, here.mint, call, outcome, now)
    return outcome


def _locked(tx: HotTransaction, lock: Lock, name: str) -> tuple[LockedCall, OwnSite]:
    """Others' calls are unknown, just as calls that never were, and those to numbers that belong
    to nobody.
    """
    call = lock(tx, name) if _NAME.fullmatch(name) else None
    if call is None or call.site is None or call.account_id != current_holder().account_id:
        raise _unknown()
    return call, call.site


def _known(session: Session, column: InstrumentedAttribute[str], name: str) -> str:
    """Its id; for whom a call is known, see ``_locked``."""
    found = None
    if _NAME.fullmatch(name):
        known = select(Call.id).join(Site, Site.id == Call.site_id)
        mine = known.where(column == name, Call.account_id == current_holder().account_id)
        found = session.scalar(mine)
    if found is None:
        raise _unknown()
    return found


def _unknown() -> Problem:
    return Problem(404, "unknown-call", "There is no such call.")


def _checked(sent: SentOutcome, currency: str, now: datetime) -> StatedOutcome:
    """Raises Problem with everything that is wrong."""
    currency, by = sent.currency or currency, current_holder().name
    outcome = domain.Outcome(
        sent.disposition, sent.value, currency, sent.order_id, sent.note, by, now
    )
    wrong: dict[str, list[str]] = {}
    for problem in domain.problems(outcome):
        wrong.setdefault(problem.field, []).append(problem.message)
    if wrong:
        raise Problem(422, "invalid-body", "This outcome cannot be recorded.", wrong)
    return StatedOutcome(sent.disposition, sent.value, currency, sent.order_id, sent.note, by)

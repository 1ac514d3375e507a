"""Something happened that others may want to know: owe it to each destination that does.

Called in the transaction of what happened, so that neither is ever there without the other.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from callweave.domain.calls import State
from callweave.domain.facts import (
    CallChanged,
    CallCompleted,
    Fact,
    OutcomeRecorded,
    ToldCall,
    ToldOutcome,
    fact_type,
    tell_the_same_call,
    written,
)
from callweave.domain.ids import Mint
from callweave.storage import outbox
from callweave.storage.accounts import Site
from callweave.storage.calls import Call
from callweave.storage.outbox import Delivery, Destination
from callweave.storage.outcomes import Outcome

# The carrier's last words on a call come one by one within seconds; together they are one fact.
SETTLING = timedelta(seconds=5)
# What is older is no news. The outbox remembers for longer what it told, so nothing is told anew.
NEWS = timedelta(days=30)


def tell_call(session: Session, mint: Mint, call: Call, now: datetime) -> None:
    """For every report on a call. Once it has ended it is completed, and changed whenever more is
    known of it than was told.
    """
    if call.state != State.ENDED:
        return
    told = _told_call(session, call)
    if told is None:
        return
    fact_id = mint.new("fa", now)
    completed, changed = CallCompleted(now, told), CallChanged(now, told)
    for destination in _listening(session, call, call.rung_at, now):
        before = outbox.last_told(session, destination.id, call.id)
        if before is None:
            _owe(session, destination, fact_id, call.id, completed, now + SETTLING)
        elif _settles(before, now):
            before.body = written(completed)
        elif not tell_the_same_call(before.body, written(changed)):
            _owe(session, destination, fact_id, call.id, changed, now)


def tell_outcome(session: Session, mint: Mint, call: Call, outcome: Outcome, now: datetime) -> None:
    """Once for each outcome, however often it is stated."""
    told = _told_call(session, call)
    if told is None:
        return
    fact_id = mint.new("fa", now)
    fact = OutcomeRecorded(outcome.at, told, _told_outcome(outcome))
    for destination in _listening(session, call, outcome.at, now):
        if outbox.last_told(session, destination.id, outcome.id) is None:
            _owe(session, destination, fact_id, outcome.id, fact, now)


def _listening(
    session: Session, call: Call, since: datetime, now: datetime
) -> Iterator[Destination]:
    """Those that were there when the call rang, or the outcome was stated: ``since``."""
    if call.account_id is None or now - since > NEWS:
        return
    for destination in outbox.open_destinations(session, call.account_id):
        if destination.created_at <= since:
            yield destination


def _settles(delivery: Delivery, now: datetime) -> bool:
    """Nobody has tried to send it, and nobody will before the transaction is over."""
    return delivery.tries == 0 and delivery.due_at is not None and delivery.due_at > now


def _owe(
    session: Session,
    destination: Destination,
    fact_id: str,
    subject: str,
    fact: Fact,
    due_at: datetime,
) -> None:
    if fact_type(fact) not in destination.facts:
        return
    session.add(
        Delivery(
            destination_id=destination.id,
            fact_id=fact_id,
            type=fact_type(fact).value,
            subject=subject,
            body=written(fact),
            created_at=fact.at,
            due_at=due_at,
            tries=0,
        )
    )


def _told_call(session: Session, call: Call) -> ToldCall | None:
    """None for calls to numbers of nobody."""
    site = session.get(Site, call.site_id) if call.site_id else None
    if site is None:
        return None
    return ToldCall(
        id=call.id,
        sid=call.sid,
        site_id=site.id,
        site_name=site.name,
        tracking_phone_number=call.to_number,
        customer_phone_number=call.from_number,
        customer_country=call.country,
        start_time=call.rung_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        ended_by=call.ended_by,
        state=call.state,
        result=call.result,
        answered_by=call.answered_by,
        ring_s=call.ring_s,
        talk_s=call.talk_s,
        duration_s=call.duration_s,
        voicemail_s=call.voicemail_s,
        match_status=call.match_status,
        channel=call.channel,
        source=call.source,
        campaign=call.campaign,
    )


def _told_outcome(outcome: Outcome) -> ToldOutcome:
    return ToldOutcome(
        id=outcome.id,
        disposition=outcome.disposition,
        value=outcome.value,
        currency=outcome.currency,
        order_id=outcome.order_id,
        note=outcome.note,
        recorded_by=outcome.recorded_by,
        recorded_at=outcome.at,
    )

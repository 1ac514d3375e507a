"""Something happened that others may want to know: owe it to each destination that does.

Called in the transaction of what happened, so that neither is ever there without the other.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

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
from callweave.storage import telling
from callweave.storage.followed import LockedCall
from callweave.storage.outcomes import KeptOutcome
from callweave.storage.prepared import HotTransaction
from callweave.storage.telling import LastTold, Listener, NewDelivery

# The carrier's last words on a call come one by one within seconds; together they are one fact.
SETTLING = timedelta(seconds=5)
# What is older is no news. The outbox remembers for longer what it told, so nothing is told anew.
NEWS = timedelta(days=30)


def tell_call(tx: HotTransaction, mint: Mint, call: LockedCall, now: datetime) -> None:
    """For every report that changed a call. Once it has ended it is completed, and changed
    whenever more is known of it than was told.
    """
    told = _told_call(call)
    if told is None or call.course.state != State.ENDED:
        return
    fact_id = mint.new("fa", now)
    completed, changed = CallCompleted(now, told), CallChanged(now, told)
    for listener in _listening(tx, call, call.rung_at, now):
        before = telling.last_told(tx, listener.id, call.id)
        if before is None:
            _owe(tx, listener, fact_id, call.id, completed, now + SETTLING)
        elif _settles(before, now):
            telling.reword(tx, listener.id, before.fact_id, written(completed))
        elif not tell_the_same_call(before.body, written(changed)):
            _owe(tx, listener, fact_id, call.id, changed, now)


def tell_outcome(
    tx: HotTransaction, mint: Mint, call: LockedCall, outcome: KeptOutcome, now: datetime
) -> None:
    """Once for each outcome, however often it is stated."""
    told = _told_call(call)
    if told is None:
        return
    fact_id = mint.new("fa", now)
    fact = OutcomeRecorded(outcome.at, told, _told_outcome(outcome))
    for listener in _listening(tx, call, outcome.at, now):
        if telling.last_told(tx, listener.id, outcome.id) is None:
            _owe(tx, listener, fact_id, outcome.id, fact, now)


def _listening(
    tx: HotTransaction, call: LockedCall, since: datetime, now: datetime
) -> Sequence[Listener]:
    """Those that were there when the call rang, or the outcome was stated: ``since``."""
    if call.account_id is None or now - since > NEWS:
        return ()
    return telling.listeners(tx, call.account_id, since)


def _settles(told: LastTold, now: datetime) -> bool:
    """Nobody has tried to send it, and nobody will before the transaction is over."""
    return told.tries == 0 and told.due_at is not None and told.due_at > now


def _owe(
    tx: HotTransaction,
    listener: Listener,
    fact_id: str,
    subject: str,
    fact: Fact,
    due_at: datetime,
) -> None:
    kind = fact_type(fact)
    if kind in listener.facts:
        new = NewDelivery(listener.id, fact_id, kind.value, subject, written(fact), fact.at, due_at)
        telling.owe(tx, new)


def _told_call(call: LockedCall) -> ToldCall | None:
    """None for calls to numbers of nobody."""
    site, course = call.site, call.course
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
        answered_at=course.answered_at,
        ended_at=course.ended_at,
        ended_by=course.ended_by,
        state=course.state,
        result=course.result,
        answered_by=course.answered_by,
        ring_s=course.ring_s,
        talk_s=course.talk_s,
        duration_s=course.duration_s,
        voicemail_s=course.voicemail_s,
        match_status=call.match_status,
        channel=call.channel,
        source=call.source,
        campaign=call.campaign,
    )


def _told_outcome(outcome: KeptOutcome) -> ToldOutcome:
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

"""When a call rang and ended, how long each part took, and who hung up."""

from collections.abc import Iterator
from datetime import timedelta

from callweave.simulator.faults import Fault
from callweave.simulator.ledger import Bridged, HungUp, LedgerCall, LegEnded, MessageLeft
from callweave.simulator.people import Side
from chaos.evidence import Evidence
from chaos.faults import Mishap
from chaos.rows import Ring
from chaos.rules_calls import booked
from chaos.rules_excuses import (
    DELAYS,
    UNANSWERED,
    WAITED_FOR,
    Finding,
    explained,
    is_skewed,
    last_moment,
)

# The carrier's timestamps are whole seconds, cut off.
GRAIN_S = 1.0
# A request that is tried twice: 2 s to connect or 5 s to be answered are lost, by the address's own
# overrides, and two requests may be under way when a caller hangs up.
TRIED_TWICE_S = 11.0
# By who saw no more than the wire: a call that was taken up from a later report.
RECKONED_S = 240.0


def rang(evidence: Evidence) -> Iterator[Finding]:
    """By our clock when we were asked. A ring that never came is reckoned from what came later: at
    the earliest from the start of the call, at the latest from its last request.
    """
    for call, row in booked(evidence):
        off = (row.rung_at - call.started_at).total_seconds()
        most = _latest_ring(evidence, call)
        if not (-GRAIN_S <= off <= most) and not is_skewed(evidence, call, _s(TRIED_TWICE_S)):
            yield call.sid, f"rang at {call.started_at} at the carrier, at {row.rung_at} here"


def _latest_ring(evidence: Evidence, call: LedgerCall) -> float:
    if evidence.heard is None:
        return RECKONED_S
    if any(told.kind == "ring" for told in evidence.heard.get(call.sid, ())):
        return TRIED_TWICE_S if explained(evidence, call.sid, DELAYS, ("/voice/ring",)) else 0.1
    return last_moment(call) + TRIED_TWICE_S


def ended(evidence: Evidence) -> Iterator[Finding]:
    """When it ended is for the carrier to say, and not for when the news came."""
    for call, row in booked(evidence):
        truth = call.started_at + _s(last_moment(call))
        if row.ended_at and abs(row.ended_at - truth) > _s(_waited(evidence, call)):
            yield call.sid, f"ended at {truth} at the carrier, at {row.ended_at} here"


def _waited(evidence: Evidence, call: LedgerCall) -> float:
    """A caller who has left still waits, in the carrier's eyes, for the request under way."""
    exact = evidence.heard is not None and not explained(evidence, call.sid, DELAYS, WAITED_FOR)
    return GRAIN_S if exact else TRIED_TWICE_S


def ringing(evidence: Evidence) -> Iterator[Finding]:
    """From the ring to the pick-up, else to where nobody else was rung; cut off to whole seconds at
    each end. Where a report that tells of it came late or not at all, somewhere within the call.
    """
    for call, row in booked(evidence):
        if evidence.heard is None or is_skewed(evidence, call):
            continue
        truth, most = _ringing(call), last_moment(call) + TRIED_TWICE_S
        if row.ring_s is None:
            wrong = not explained(evidence, call.sid, UNANSWERED, ("/voice/ring",))
        elif _is_ringing_reckoned(evidence, call.sid):
            wrong = not 0 <= row.ring_s <= most
        else:
            wrong = abs(row.ring_s - truth) > 1.5 * GRAIN_S
        if wrong:
            yield call.sid, f"rang for {truth:.1f} s, {row.ring_s} s in the books"


def _is_ringing_reckoned(evidence: Evidence, sid: str) -> bool:
    late = explained(evidence, sid, DELAYS, ("/voice/ring", "/voice/dialled"))
    lost = (Fault.DROPPED, Mishap.UNANSWERED)
    return late or explained(evidence, sid, lost, ("/voice/status?leg",))


def _ringing(call: LedgerCall) -> float:
    legs = [entry for entry in call.entries if isinstance(entry, LegEnded)]
    talked = [leg for leg in legs if leg.bridged]
    if talked:
        return talked[0].at - talked[0].seconds
    if legs:
        return max(leg.at for leg in legs)
    left = [entry for entry in call.entries if isinstance(entry, MessageLeft)]
    return left[0].at - left[0].seconds if left else last_moment(call)


def talked(evidence: Evidence) -> Iterator[Finding]:
    """To the second: the carrier's own figure for the leg, by whichever way it came."""
    for call, row in booked(evidence):
        legs = (entry for entry in call.entries if isinstance(entry, LegEnded) and entry.bridged)
        truth = next((leg.seconds for leg in legs), None)
        if row.talk_s != truth:
            yield call.sid, f"talked for {truth} s, {row.talk_s} s in the books"


def ended_by(evidence: Evidence) -> Iterator[Finding]:
    """Who hung up is said by the end of a dial alone; where that was lost, nobody can know."""
    for call, row in booked(evidence):
        truth = _hung_up(call)
        unknown = row.ended_by is None and explained(evidence, call.sid, UNANSWERED)
        if truth and row.ended_by != truth and not unknown:
            yield call.sid, f"{truth} hung up, {row.ended_by or 'nobody'} in the books"
        elif not truth and not _may_be_said(call, row):
            yield call.sid, f"{row.ended_by} hung up in the books, nobody did"


def _hung_up(call: LedgerCall) -> str | None:
    """Asked of talks and of callers who gave up while a phone rang. After a talk whose end could
    not be told, the caller may have gone on to a voicemail.
    """
    talked = [entry.at for entry in call.entries if isinstance(entry, Bridged)]
    left = [e.by for e in call.entries if isinstance(e, HungUp) and talked and e.at >= talked[0]]
    if call.answered_by and left:
        return "caller" if left[0] is Side.CALLER else "agent"
    return "caller" if call.status == "canceled" else None


def _may_be_said(call: LedgerCall, row: Ring) -> bool:
    left = any(isinstance(entry, HungUp) and entry.by is Side.CALLER for entry in call.entries)
    return row.ended_by is None or (row.ended_by == "caller" and left)


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)

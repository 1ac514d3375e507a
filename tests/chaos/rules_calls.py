"""Whom callers reached, and what was said to whom."""

from collections.abc import Iterator

from callweave.simulator.calling import LONGEST_SILENCE
from callweave.simulator.ledger import (
    Beep,
    Bridged,
    CarrierError,
    Entry,
    FallbackAsked,
    LedgerCall,
    LegEnded,
    MessageLeft,
    Played,
    Ringing,
    Rung,
    Said,
    Silence,
    Whispered,
)
from chaos.evidence import Evidence
from chaos.rows import Ring
from chaos.rules_excuses import FALLS_BACK, QUESTIONS, UNANSWERED, WAITED_FOR, Finding, explained
from chaos.trouble import Trouble

MOST_ATTEMPTS, MOST_RINGING_S = 3, 45
# What the carrier rings longer than it was told to, for each attempt (its documentation).
# The declared fallback may ring once more, for half a minute: nobody else has been heard.
FALLBACK_RINGING_S = 30


def booked(evidence: Evidence) -> Iterator[tuple[LedgerCall, Ring]]:
    """Calls without a row are another rule's."""
    for call in evidence.ledger:
        row = evidence.rows.calls.get(call.sid)
        if row:
            yield call, row


def nobody_after_a_talk(evidence: Evidence) -> Iterator[Finding]:
    for call in evidence.ledger:
        talked = [e.at for e in call.entries if isinstance(e, LegEnded) and e.bridged]
        rung = [e for e in call.entries if isinstance(e, Rung) and talked and e.at >= talked[0]]
        for entry in rung:
            yield call.sid, f"{entry.endpoint} was rung after a finished talk"


def silence(evidence: Evidence) -> Iterator[Finding]:
    """In pieces, too: as long as nothing is heard between them, they are one."""
    for call in evidence.ledger:
        seconds = _longest_silence(call)
        if seconds > LONGEST_SILENCE:
            yield call.sid, f"{seconds} seconds of silence in a row"


def _longest_silence(call: LedgerCall) -> int:
    longest = lasts = 0
    for entry in call.entries:
        if isinstance(entry, Silence):
            lasts += entry.seconds
        elif _is_heard(entry):
            lasts = 0
        longest = max(longest, lasts)
    return longest


def _is_heard(entry: Entry) -> bool:
    """By the caller. What says nothing is as quiet as a pause."""
    if isinstance(entry, Said):
        return bool(entry.text.strip())
    return isinstance(entry, Played | Ringing | Bridged | Beep | MessageLeft | CarrierError)


def attempts(evidence: Evidence) -> Iterator[Finding]:
    """Three at most, and 45 s of ringing, before a voicemail or a goodbye."""
    for call, row in booked(evidence):
        more = int(row.fell_back and _may_ring_once_more(evidence, call))
        legs = [entry for entry in call.entries if isinstance(entry, LegEnded)]
        if len(legs) > MOST_ATTEMPTS + more:
            yield call.sid, f"rang {len(legs)} phones"
        seconds = _ringing(call)
        if seconds > MOST_RINGING_S + more * FALLBACK_RINGING_S + 0.01:
            yield call.sid, f"rang for {seconds:.1f} s"


def _may_ring_once_more(evidence: Evidence, call: LedgerCall) -> bool:
    """It is not for the service to say so: its own flag would excuse whatever it rings."""
    return _asked_fallback(call) or _may_fall_back(evidence, call.sid)


def _asked_fallback(call: LedgerCall) -> bool:
    return any(isinstance(entry, FallbackAsked) for entry in call.entries)


def _may_fall_back(evidence: Evidence, sid: str) -> bool:
    """From memory, or because the carrier asked its fallback instead."""
    from_memory = explained(evidence, sid, FALLS_BACK, QUESTIONS)
    return from_memory or explained(evidence, sid, UNANSWERED, WAITED_FOR)


def _ringing(call: LedgerCall) -> float:
    rang = {entry.leg: entry.at for entry in call.entries if isinstance(entry, Rung)}
    ended = [entry for entry in call.entries if isinstance(entry, LegEnded)]
    return sum(leg.at - leg.seconds - rang[leg.leg] for leg in ended if leg.leg in rang)


def fell_back(evidence: Evidence) -> Iterator[Finding]:
    """What nothing struck is decided by the plan, and not from memory."""
    for call, row in booked(evidence):
        desk = any(leg.position == 0 for leg in evidence.rows.legs.get(call.sid, ()))
        if (row.fell_back or desk) and not _may_fall_back(evidence, call.sid):
            yield call.sid, "fell back, though nothing had struck what the carrier asked"


def carriers_fallback(evidence: Evidence) -> Iterator[Finding]:
    for call in evidence.ledger:
        if _asked_fallback(call) and not explained(evidence, call.sid, UNANSWERED):
            yield call.sid, "the carrier's fallback was needed, though it had got an answer"


def whispers(evidence: Evidence) -> Iterator[Finding]:
    """Who picks up hears what is known of the caller, unless it could not be looked up."""
    for call, row in booked(evidence):
        heard = (entry.text for entry in call.entries if isinstance(entry, Whispered))
        wrong = [text for text in heard if text != row.whisper]
        if wrong and not explained(evidence, call.sid, tuple(Trouble), ("/voice/whisper",)):
            yield call.sid, f"heard {wrong[0]!r} in place of {row.whisper!r}"


def answered_by(evidence: Evidence) -> Iterator[Finding]:
    for sid, legs in evidence.rows.legs.items():
        talked = next((leg.name for leg in legs if leg.result == "talked"), None)
        row = evidence.rows.calls[sid]
        if row.answered_by != talked:
            yield sid, f"says that {row.answered_by} answered, its legs say {talked}"


def results(evidence: Evidence) -> Iterator[Finding]:
    for call, row in booked(evidence):
        left = any(isinstance(entry, MessageLeft) for entry in call.entries)
        truth = "answered" if call.answered_by else "voicemail" if left else "missed"
        if row.result != truth:
            yield call.sid, f"is booked as {row.result}, was {truth}"


def messages(evidence: Evidence) -> Iterator[Finding]:
    """What a caller said after the beep can be heard by somebody, and nothing else is a message."""
    for call, row in booked(evidence):
        left = [entry for entry in call.entries if isinstance(entry, MessageLeft)]
        if left and not any(entry.recording in (row.voicemail or "") for entry in left):
            yield call.sid, f"left a message ({left[0].recording}) that is not in the books"
        elif row.voicemail_s != max((entry.seconds for entry in left), default=None):
            yield call.sid, f"left {left}, booked as {row.voicemail_s} s"
        if row.voicemail and not any(isinstance(entry, Beep) for entry in call.entries):
            yield call.sid, "has a message in the books and never heard a beep"


def days(evidence: Evidence) -> Iterator[Finding]:
    for sid, row in evidence.rows.calls.items():
        if row.local_day and row.day != row.local_day:
            yield sid, f"rang at {row.rung_at}, on {row.local_day} for the site, not {row.day}"

"""The promises, one by one, each a look at the evidence that finds what breaks it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

from callweave.simulator.faults import Fault
from callweave.simulator.ledger import FallbackAsked, LegEnded, MessageLeft, Rung, Whispered
from chaos.evidence import Evidence
from chaos.trouble import Trouble

# A call that was taken up from a later report rang, as far as anybody can reckon, not much later.
RECKONED = timedelta(seconds=240)
# The end of a call may wait for a webhook that is asked twice.
WAITED = timedelta(seconds=11)

Finding = tuple[str, str]


def _nobody_after_a_talk(evidence: Evidence) -> Iterator[Finding]:
    for call in evidence.ledger:
        talked = [e.at for e in call.entries if isinstance(e, LegEnded) and e.bridged]
        rung = [e for e in call.entries if isinstance(e, Rung) and talked and e.at >= talked[0]]
        for entry in rung:
            yield call.sid, f"{entry.endpoint} was rung after a finished talk"


def _legs(evidence: Evidence) -> Iterator[Finding]:
    """Whoever was rung has a leg in the books, and nobody else has more than a canceled one."""
    for call in evidence.ledger:
        truth = Counter((e.endpoint, e.bridged) for e in call.entries if isinstance(e, LegEnded))
        legs = evidence.rows.legs.get(call.sid, ())
        booked = Counter((leg.endpoint, leg.result == "talked") for leg in legs)
        extra = booked - truth
        if extra and not _may_have_missed_an_answer(evidence, call.sid):
            yield call.sid, f"legs in the books that the carrier never rang: {dict(extra)}"
        if truth - booked or any(talked for _, talked in extra):
            yield call.sid, f"legs {dict(truth)} at the carrier, {dict(booked)} in the books"
        for leg in legs:
            if leg.result is None:
                yield call.sid, f"the leg to {leg.endpoint} never ended"


def _may_have_missed_an_answer(evidence: Evidence, sid: str) -> bool:
    """Only then the carrier may never have heard of a leg that was decided on."""
    excuses = (Fault.LOST_ANSWER, Fault.NEVER_ASKED, Trouble.AFTER_COMMIT)
    struck = [*evidence.struck.get(sid, ()), *evidence.struck.get("", ())]
    return any(line.endswith(excuses) for line in struck) or bool(evidence.struck.get(""))


def _agents(evidence: Evidence) -> Iterator[Finding]:
    for name, call in evidence.rows.held.items():
        yield name, f"is held by {call} when all is over"


def _leases(evidence: Evidence) -> Iterator[Finding]:
    by_number: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for lease in evidence.rows.leases:
        by_number.setdefault(lease.number, []).append((lease.begins, lease.ends, lease.visit))
    for number, leases in by_number.items():
        leases.sort()
        for (_, ends, first), (begins, _, second) in pairwise(leases):
            if begins < ends and first != second:
                yield number, f"leased to {first} until {ends} and to {second} from {begins}"


def _matches(evidence: Evidence) -> Iterator[Finding]:
    for sid, visit in evidence.shown.items():
        row = evidence.rows.calls.get(sid)
        if row and row.visit != visit:
            yield sid, f"came from {visit}, is booked to {row.visit} ({row.match})"


def _lease_book(evidence: Evidence) -> Iterator[Finding]:
    """Whoever was lent the number last before it rang is the one who calls, however late."""
    book: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for lease in evidence.rows.leases:
        book[lease.number].append((lease.begins, lease.visit))
    for call in evidence.ledger:
        row = evidence.rows.calls.get(call.sid)
        begun = [each for each in book[call.to] if each[0] <= call.started_at]
        if row and begun and not evidence.skewed and row.visit != max(begun)[1]:
            yield call.sid, f"{max(begun)[1]} had the number, it is booked to {row.visit}"


def _days(evidence: Evidence) -> Iterator[Finding]:
    for sid, row in evidence.rows.calls.items():
        if row.local_day and row.day != row.local_day:
            yield sid, f"rang at {row.rung_at}, on {row.local_day} for the site, not {row.day}"


def _facts(evidence: Evidence) -> Iterator[Finding]:
    """Each call that ended is told as completed once, and each outcome once."""
    for about, kind, times in evidence.rows.told:
        if times != 1:
            yield about, f"{kind} was told {times} times"


def _repairs(evidence: Evidence) -> Iterator[Finding]:
    """A repair is a smell: every one needs a fault that was injected, or it hides a defect."""
    for sid, kind in evidence.rows.repairs:
        if not evidence.struck.get(sid) and not evidence.struck.get(""):
            yield sid, f"was repaired ({kind}), though nothing had struck it"


def _fallback(evidence: Evidence) -> Iterator[Finding]:
    for call in evidence.ledger:
        asked = any(isinstance(entry, FallbackAsked) for entry in call.entries)
        if asked and not evidence.struck.get(call.sid) and not evidence.struck.get(""):
            yield call.sid, "the carrier's fallback was needed, though nothing had struck the call"


def _held_twice(evidence: Evidence) -> Iterator[Finding]:
    """An agent in two calls at once; what a clock that jumped let lapse is not counted."""
    desk = {leg.endpoint for legs in evidence.rows.legs.values() for leg in legs if not leg.agent}
    rung: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for call in evidence.ledger:
        began = {e.leg: call.started_at + _s(e.at) for e in call.entries if isinstance(e, Rung)}
        for entry in call.entries:
            if isinstance(entry, LegEnded) and entry.leg in began and entry.endpoint not in desk:
                ends = call.started_at + _s(entry.at)
                rung[entry.endpoint].append((began[entry.leg], ends, call.sid))
    for endpoint, times in rung.items():
        for (_, ends, first), (begins, _, second) in pairwise(sorted(times)):
            if begins < ends and not evidence.skewed:
                yield second, f"{endpoint} was rung while still in {first}"


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _whispers(evidence: Evidence) -> Iterator[Finding]:
    """Who picks up hears what is known of the caller, unless something struck the call."""
    for call in evidence.ledger:
        row = evidence.rows.calls.get(call.sid)
        if row is None or evidence.struck.get(call.sid):
            continue
        for entry in call.entries:
            if isinstance(entry, Whispered) and entry.text != row.whisper:
                yield call.sid, f"heard {entry.text!r} in place of {row.whisper!r}"


def _answered_by(evidence: Evidence) -> Iterator[Finding]:
    for sid, legs in evidence.rows.legs.items():
        talked = next((leg.name for leg in legs if leg.result == "talked"), None)
        row = evidence.rows.calls[sid]
        if row.answered_by != talked:
            yield sid, f"says that {row.answered_by} answered, its legs say {talked}"


def _rang(evidence: Evidence) -> Iterator[Finding]:
    for call in evidence.ledger:
        row = evidence.rows.calls.get(call.sid)
        if row and not evidence.skewed and abs(row.rung_at - call.started_at) > RECKONED:
            yield call.sid, f"rang at {call.started_at} at the carrier, at {row.rung_at} here"


def _ended(evidence: Evidence) -> Iterator[Finding]:
    """When it ended is for the carrier to say, and not for when the news came."""
    for call in evidence.ledger:
        row = evidence.rows.calls.get(call.sid)
        truth = call.started_at + _s(max((entry.at for entry in call.entries), default=0))
        if row and row.ended_at and abs(row.ended_at - truth) > WAITED:
            yield call.sid, f"ended at {truth} at the carrier, at {row.ended_at} here"


def _messages(evidence: Evidence) -> Iterator[Finding]:
    """What a caller said after the beep can be heard by somebody."""
    for call in evidence.ledger:
        row = evidence.rows.calls.get(call.sid)
        left = [entry.recording for entry in call.entries if isinstance(entry, MessageLeft)]
        if row and left and not any(sid in (row.voicemail or "") for sid in left):
            yield call.sid, f"left a message ({left[0]}) that is not in the books"


def _set_aside(evidence: Evidence) -> Iterator[Finding]:
    if evidence.rows.set_aside != evidence.unreadable:
        said = f"{evidence.unreadable} were signed and unreadable"
        yield "set aside", f"{said}, {evidence.rows.set_aside} are kept"


def _spool(evidence: Evidence) -> Iterator[Finding]:
    if evidence.spooled:
        yield "spool", f"{evidence.spooled} webhooks were never taken in"


RULES: Mapping[str, Callable[[Evidence], Iterator[Finding]]] = {
    "after a talk": _nobody_after_a_talk,
    "legs": _legs,
    "agents": _agents,
    "held twice": _held_twice,
    "whisper": _whispers,
    "answered by": _answered_by,
    "messages": _messages,
    "rang": _rang,
    "ended": _ended,
    "set aside": _set_aside,
    "leases": _leases,
    "matching": _matches,
    "lease book": _lease_book,
    "days": _days,
    "facts": _facts,
    "repairs": _repairs,
    "fallback": _fallback,
    "spool": _spool,
}

"""A repair is a smell: each needs a report that was lost, or it hides a defect."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from callweave.simulator.ledger import LedgerCall, LegEnded
from chaos.evidence import Evidence, Heard, Spell
from chaos.rules_excuses import LOSES, MISTOLD, Finding, explained, last_moment
from chaos.tidings import GRACE_S, LAST_STATUSES, Tidings

# Ends in the carrier's list are whole seconds, cut off.
_GRAIN = timedelta(seconds=1)


def repairs(evidence: Evidence) -> Iterator[Finding]:
    ledger = {call.sid: call for call in evidence.ledger}
    for (sid, kind), at in evidence.rows.repaired_at.items():
        if evidence.heard is None:
            if not explained(evidence, sid, LOSES):
                yield sid, f"was repaired ({kind}), though nothing of it was lost"
        elif sid in ledger:
            yield from _looked_at(evidence, ledger[sid], kind, at)


def _looked_at(evidence: Evidence, call: LedgerCall, kind: str, at: datetime) -> Iterator[Finding]:
    """What had been heard when it was repaired. By a clock that is off, grace may be over at
    once, or not even begun.
    """
    assert evidence.heard is not None
    spell = _spell(evidence, at)
    moment = at - spell.by if spell else at
    known = [told for told in evidence.heard.get(call.sid, ()) if told.at <= moment]
    mistold = explained(evidence, call.sid, MISTOLD)
    if not (mistold if kind == "duration_wrong" else _is_lacking(kind, known, call)):
        yield call.sid, f"was repaired ({kind}), though all of it had been heard by {moment}"
    elif not explained(evidence, call.sid, LOSES) and not spell:
        yield call.sid, f"was repaired ({kind}), though nothing of it was lost"
    ended = call.started_at + timedelta(seconds=last_moment(call))
    if not spell and moment < ended + timedelta(seconds=GRACE_S) - _GRAIN:
        yield call.sid, f"was repaired ({kind}) {moment - ended} after its end, too early"


def _spell(evidence: Evidence, at: datetime) -> Spell | None:
    """In which our clock said so."""
    return next((s for s in evidence.skewed if s.begins <= at - s.by <= s.ends), None)


def _is_lacking(kind: str, known: Collection[Heard], call: LedgerCall) -> bool:
    """No call is unknown to the carrier."""
    legs = sum(isinstance(entry, LegEnded) for entry in call.entries)
    last = [told for told in known if told.kind == "status" and told.status in LAST_STATUSES]
    match kind:
        case "call_missing":
            return not any(Tidings(told.kind, told.leg, told.status).is_of_call for told in known)
        case "end_missing":
            return not any(told.leg is None for told in last)
        case "leg_missing":
            return len({told.leg for told in last} - {None}) < legs
        case "dial_missing":
            return len({told.leg for told in known if told.kind == "dialled"}) < legs
        case "message_missing":
            return not any(told.kind in {"voicemail", "recording"} for told in known)
        case _:
            return False


def budget(evidence: Evidence) -> Iterator[Finding]:
    """No more repairs of a kind than reports of that kind that did not get through in time. Not of
    those made while the clock was off: then nothing that is late at all is in time.
    """
    if evidence.lost is None:
        return
    at = evidence.rows.repaired_at
    in_time = (kind for (_, kind), when in at.items() if _spell(evidence, when) is None)
    for kind, times in Counter(in_time).items():
        if times > evidence.lost.get(kind, 0):
            yield kind, f"{times} repairs for {evidence.lost.get(kind, 0)} lost reports"

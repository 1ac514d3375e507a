"""Who was rung, for how long, and what came of it."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from callweave.simulator.ledger import LegEnded, Rung
from chaos.evidence import Evidence
from chaos.rows import BookedLeg
from chaos.rules_excuses import (
    LOSES_ANSWER,
    QUESTIONS,
    RINGS_SOMEBODY_ELSE,
    Finding,
    explained,
    is_skewed,
)
from chaos.trouble import Trouble

_RESULTS = {
    "completed": "not_joined",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
}

_Leg = tuple[str, str | None, int]
"""Endpoint, result, and seconds from pick-up."""


def legs(evidence: Evidence) -> Iterator[Finding]:
    """Whoever was rung has a leg in the books that ended as it did at the carrier, and nobody else
    has more than a canceled one.
    """
    for call in evidence.ledger:
        if call.sid not in evidence.rows.calls:
            continue
        truth = Counter(_at_carrier(e) for e in call.entries if isinstance(e, LegEnded))
        rows = Counter(map(_in_books, evidence.rows.legs.get(call.sid, ())))
        never_rung = {leg: n for leg, n in (rows - truth).items() if leg[1:] == ("canceled", 0)}
        if truth - rows or (rows - truth).keys() - never_rung.keys():
            yield (
                call.sid,
                f"legs {_words(truth - rows)} at the carrier, {_words(rows - truth)} here",
            )
        elif never_rung and not _may_differ(evidence, call.sid):
            yield call.sid, f"legs in the books that the carrier never rang: {_words(rows - truth)}"


def _may_differ(evidence: Evidence, sid: str) -> bool:
    """A first answer was lost, and the second try was answered from memory; or either at once."""
    lost = explained(evidence, sid, LOSES_ANSWER, QUESTIONS)
    return explained(evidence, sid, RINGS_SOMEBODY_ELSE, QUESTIONS) or (
        lost and explained(evidence, sid, tuple(Trouble), QUESTIONS)
    )


def _at_carrier(leg: LegEnded) -> _Leg:
    return leg.endpoint, "talked" if leg.bridged else _RESULTS[leg.status], leg.seconds


def _in_books(leg: BookedLeg) -> _Leg:
    return leg.endpoint, leg.result, leg.duration_s or 0


def _words(found: Counter[_Leg]) -> str:
    return "; ".join(f"{to} {how} {seconds} s" for to, how, seconds in found.elements()) or "none"


def agents(evidence: Evidence) -> Iterator[Finding]:
    for name, sid in evidence.rows.held.items():
        yield sid, f"still holds {name} when all is over"


def held_twice(evidence: Evidence) -> Iterator[Finding]:
    """An agent in two calls at once. A hold ends by the clock when nothing else has ended it, so
    one that began or lasted while the clock was off may lapse: whoever is rung meanwhile is not
    counted. Who is an agent says the stage, not the books.
    """
    rung: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    skewed = {call.sid for call in evidence.ledger if is_skewed(evidence, call)}
    for call in evidence.ledger:
        began = {e.leg: call.started_at + _s(e.at) for e in call.entries if isinstance(e, Rung)}
        for entry in call.entries:
            if not isinstance(entry, LegEnded) or entry.leg not in began:
                continue
            if entry.endpoint in evidence.agents:
                ends = call.started_at + _s(entry.at)
                rung[entry.endpoint].append((began[entry.leg], ends, call.sid))
    for endpoint, times in rung.items():
        for (_, ends, first), (begins, _, second) in pairwise(sorted(times)):
            if begins < ends and first not in skewed:
                yield second, f"{endpoint} was rung while still in {first}"


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)

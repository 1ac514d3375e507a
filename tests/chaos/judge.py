"""The carrier's ledger against the service's books, by rules that share no code with the service.

Both parts of the chaos end here: gather `Evidence`, ask `judge`, print the breaches.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from callweave.simulator.books import Owed, balance
from callweave.simulator.ledger import FallbackAsked, LedgerCall, LegEnded, Rung
from chaos.rows import Rows


@dataclass(frozen=True, slots=True)
class Breach:
    """``about``: a carrier call's sid, or what else the rule speaks of."""

    rule: str
    about: str
    what: str

    def __str__(self) -> str:
        return f"[{self.rule}] {self.about}: {self.what}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """``struck``: by sid, the faults that were injected into the call, in words; whatever struck
    all calls alike stands under the empty sid. ``shown``: by sid, the visit whose page showed the
    number, where no other page did. ``witnessed``: breaches that could only be seen while it ran.
    """

    ledger: Sequence[LedgerCall]
    owed: Sequence[Owed]
    rows: Rows
    struck: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    witnessed: Sequence[Breach] = ()
    spooled: int = 0


def judge(evidence: Evidence) -> list[Breach]:
    found = list(evidence.witnessed)
    books = balance(evidence.ledger, evidence.owed, evidence.rows.figures)
    found += (Breach("books", each.about, each.what) for each in books)
    for rule, look in _RULES.items():
        found += (Breach(rule, about, what) for about, what in look(evidence))
    return found


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
        if truth - booked or any(talked for _, talked in booked - truth):
            yield call.sid, f"legs {dict(truth)} at the carrier, {dict(booked)} in the books"
        for leg in legs:
            if leg.result is None:
                yield call.sid, f"the leg to {leg.endpoint} never ended"


def _agents(evidence: Evidence) -> Iterator[Finding]:
    for name, call in evidence.rows.held.items():
        yield name, f"is held by {call} when all is over"


def _leases(evidence: Evidence) -> Iterator[Finding]:
    by_number: dict[str, list[tuple[str, str, str]]] = {}
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


def _spool(evidence: Evidence) -> Iterator[Finding]:
    if evidence.spooled:
        yield "spool", f"{evidence.spooled} webhooks were never taken in"


_RULES: Mapping[str, Callable[[Evidence], Iterator[Finding]]] = {
    "after a talk": _nobody_after_a_talk,
    "legs": _legs,
    "agents": _agents,
    "leases": _leases,
    "matching": _matches,
    "days": _days,
    "facts": _facts,
    "repairs": _repairs,
    "fallback": _fallback,
    "spool": _spool,
}

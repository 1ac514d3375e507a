"""What only real processes can be asked: how soon, how often, and nothing at all from memory or
repaired while nobody does any mischief.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callweave.simulator.books import Outcome
from callweave.simulator.faults import Fault
from callweave.simulator.ledger import FallbackAsked
from chaos.evidence import Breach
from chaos.real_facts import Fact
from chaos.real_ledger import Busy
from chaos.real_log import FELL_BACK, Said
from chaos.real_spells import Spells
from chaos.real_traffic import Played
from chaos.rows import Lease

# The budget of the voice path, a second to write down what could not be decided in it, and one for
# a machine that has other things to do.
SLOWEST = timedelta(seconds=4)
# From the end of a call to its final row, while nobody does any mischief and no report is dropped.
FINAL = timedelta(seconds=5)
FINAL_IN_ANY_CASE = timedelta(minutes=10)
# A fact is heard some moments before it is written down that it was.
WRITTEN_DOWN = timedelta(seconds=2)
# The carrier's list has whole seconds; what it tells of was here at most a retry or two earlier.
_WHOLE_SECONDS, _ASKED_AGAIN = timedelta(seconds=1), timedelta(seconds=15)

Finding = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Booked:
    """When a call rang and whose it was, says its row."""

    rung_at: datetime
    visit: str | None


@dataclass(frozen=True, slots=True)
class RealEvidence:
    """``final``: by sid, when its row was final. ``fell_back``: sids, as the books have them.
    ``busy``: agents who were in two calls at once. ``heard``: ids of facts, each time.
    """

    played: Sequence[Played]
    spells: Spells = field(default_factory=Spells)
    booked: Mapping[str, Booked] = field(default_factory=dict)
    leases: Sequence[Lease] = ()
    repairs: Sequence[tuple[str, str]] = ()
    fell_back: Collection[str] = ()
    unacknowledged: Mapping[str, Outcome] = field(default_factory=dict)
    final: Mapping[str, datetime] = field(default_factory=dict)
    said: Sequence[Said] = ()
    facts: Sequence[Fact] = ()
    heard: Sequence[tuple[str, datetime]] = ()
    forged: int = 0
    busy: Sequence[tuple[Busy, Busy]] = ()
    hung: Sequence[str] = ()

    @property
    def untouched(self) -> Iterator[Played]:
        """The calls during which nobody did any mischief."""
        return (each for each in self.played if self.is_calm(each.began, each.over))

    def is_calm(self, began: datetime, ended: datetime) -> bool:
        return not self.spells.touching(began, ended)


def judge_real(evidence: RealEvidence) -> list[Breach]:
    found = [Breach("drained", "the service", what) for what in evidence.hung]
    for rule, look in RULES.items():
        found += (Breach(rule, about, what) for about, what in look(evidence))
    return found


def _outcomes(evidence: RealEvidence) -> Iterator[Finding]:
    for sid, outcome in evidence.unacknowledged.items():
        yield sid, f"{outcome} was never acknowledged, however often it was said"


def _pages(evidence: RealEvidence) -> Iterator[Finding]:
    for played in evidence.untouched:
        for trouble in played.troubles:
            yield played.call.sid, f"the visitor's browser: {trouble}, though nobody was in"


def _answers(evidence: RealEvidence) -> Iterator[Finding]:
    """Each try by itself: a call may be long. A database that is away is no excuse."""
    for played in evidence.played:
        for sent in played.way.sent:
            took = timedelta(seconds=sent.seconds)
            if not (sent.failure or took > SLOWEST):
                continue
            if not evidence.spells.may_go_unanswered(sent.at, sent.at + took):
                yield played.call.sid, f"{sent}, though no process was harmed"


def _from_memory(evidence: RealEvidence) -> Iterator[Finding]:
    for played in evidence.untouched:
        if played.call.sid in evidence.fell_back:
            yield played.call.sid, "was not decided by the plan, though nobody was in"
    for said in evidence.said:
        if said.message == FELL_BACK and evidence.is_calm(said.at - SLOWEST, said.at):
            yield said.call or "the service", f"answered from memory at {said.at}: {said.why}"


def _errors(evidence: RealEvidence) -> Iterator[Finding]:
    for said in evidence.said:
        if said.is_error and evidence.is_calm(said.at - SLOWEST, said.at):
            yield said.call or "the service", f"an error at {said.at}: {said.message} {said.why}"


def _carriers_fallback(evidence: RealEvidence) -> Iterator[Finding]:
    """The carrier's own faults strike first tries alone. Nobody needs it, and so nobody hears the
    carrier's error, for as long as no process is harmed.
    """
    for played in evidence.played:
        asked = any(isinstance(entry, FallbackAsked) for entry in played.call.entries)
        if asked and not evidence.spells.may_go_unanswered(played.began, played.over):
            yield played.call.sid, "needed the carrier's fallback, though no process was harmed"


def _repairs(evidence: RealEvidence) -> Iterator[Finding]:
    """Only what the carrier never told has to be repaired."""
    calm = {each.call.sid: each for each in evidence.untouched}
    for sid, kind in evidence.repairs:
        if sid in calm and not _lost_reports(calm[sid]):
            yield sid, f"was repaired ({kind}), though nobody was in and no report was dropped"


def _lost_reports(played: Played) -> bool:
    return any(line.endswith(Fault.DROPPED) for line in played.way.struck)


def _final(evidence: RealEvidence) -> Iterator[Finding]:
    for played in evidence.played:
        sid, at = played.call.sid, evidence.final.get(played.call.sid)
        calm = evidence.is_calm(played.began, played.over + FINAL)
        soon = calm and not _lost_reports(played)
        if at is None:
            yield sid, "was never seen to be final"
        elif at - played.over > (FINAL if soon else FINAL_IN_ANY_CASE):
            yield sid, f"was final {at - played.over} after its end"


def _facts_told(evidence: RealEvidence) -> Iterator[Finding]:
    """Once; or again under the same id, where nobody could write down that it had been heard."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for fact_id, at in evidence.heard:
        times[fact_id].append(at)
    for fact in evidence.facts:
        about, heard = f"{fact.kind} of {fact.subject}", times.pop(fact.id, [])
        if not heard:
            yield about, f"{fact.id} was never heard; {fact.reason}"
        elif (len(heard) > 1 or not fact.told) and _could_write_down(evidence, heard[0]):
            yield about, f"{fact.id} was heard {len(heard)} times, is told: {fact.told}"
    for fact_id in times:
        yield fact_id, "was heard, and is in no books"
    if evidence.forged:
        yield "facts", f"{evidence.forged} came with a signature that does not hold"


def _could_write_down(evidence: RealEvidence, heard_at: datetime) -> bool:
    return evidence.is_calm(heard_at - WRITTEN_DOWN, heard_at + WRITTEN_DOWN)


def _in_two_calls(evidence: RealEvidence) -> Iterator[Finding]:
    for first, second in evidence.busy:
        yield second.sid, f"{second.endpoint} was rung while still in {first.sid}"


def _reckoned(evidence: RealEvidence) -> Iterator[Finding]:
    """At most back by the call's own length, and to whoever had the number at one time or the
    other.
    """
    for played in evidence.played:
        call, row = played.call, evidence.booked.get(played.call.sid)
        if row is None or not is_reckoned(evidence, played):
            continue
        off = timedelta(seconds=call.duration) + _WHOLE_SECONDS + _ASKED_AGAIN
        if abs(row.rung_at - call.started_at) > off:
            yield call.sid, f"rang at {call.started_at}, at {row.rung_at} in the books"
        possible = {_holder(evidence, call.to, at) for at in (row.rung_at, call.started_at)}
        if row.visit not in possible:
            yield call.sid, f"is booked to {row.visit}, the number was {possible}'s"


def is_reckoned(evidence: RealEvidence, played: Played) -> bool:
    """A ring that never arrived, or after another report of its call, is reckoned back from that
    one by the length of a call, and calls take no time here. Nobody's ring is, while nobody does
    any mischief.
    """
    row = evidence.booked.get(played.call.sid)
    if row is None or evidence.is_calm(played.began, played.over):
        return False
    return row.rung_at < played.call.started_at or not _has_rung(played)


def _has_rung(played: Played) -> bool:
    """Whether the service was asked what to do with the ring, and could answer."""
    return any(s.what.startswith("/voice/ring") and not s.failure for s in played.way.sent)


def _holder(evidence: RealEvidence, number: str, at: datetime) -> str | None:
    book = [(e.begins, e.visit) for e in evidence.leases if e.number == number]
    return max((each for each in book if each[0] <= at), default=(at, None))[1]


RULES: Mapping[str, Callable[[RealEvidence], Iterator[Finding]]] = {
    "outcomes": _outcomes,
    "pages": _pages,
    "answers": _answers,
    "from memory": _from_memory,
    "errors": _errors,
    "carrier's fallback": _carriers_fallback,
    "repairs": _repairs,
    "final": _final,
    "facts told": _facts_told,
    "in two calls": _in_two_calls,
    "reckoned": _reckoned,
}

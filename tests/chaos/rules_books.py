"""Numbers, visits, outcomes and credits, and what was put aside."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from callweave.simulator.books import Outcome
from chaos.evidence import Evidence
from chaos.rows import MODELS, CallsCredit
from chaos.rules_calls import booked
from chaos.rules_excuses import Finding, is_skewed

WHOLE = 1_000_000  # millionths
_WAITED = timedelta(seconds=11)


def leases(evidence: Evidence) -> Iterator[Finding]:
    """By a clock that is a day ahead every lease is over, and its number lent to somebody else."""
    by_number: dict[str, list[tuple[datetime, datetime, str]]] = {}
    for lease in evidence.rows.leases:
        by_number.setdefault(lease.number, []).append((lease.begins, lease.ends, lease.visit))
    for number, found in by_number.items():
        found.sort()
        for (since, ends, first), (begins, _, second) in pairwise(found):
            jumped = any(s.begins < begins and since < s.ends for s in evidence.skewed)
            if begins < ends and first != second and not jumped:
                yield number, f"leased to {first} until {ends} and to {second} from {begins}"


def matches(evidence: Evidence) -> Iterator[Finding]:
    """Not of who rang while the clock was off: by it, nobody had the number then."""
    for call, row in booked(evidence):
        visit = evidence.shown.get(call.sid)
        if visit and row.visit != visit and not is_skewed(evidence, call, _WAITED):
            yield call.sid, f"came from {visit}, is booked to {row.visit} ({row.match})"


def lease_book(evidence: Evidence) -> Iterator[Finding]:
    """Whoever was lent the number last before it rang is the one who calls, however late."""
    book: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for lease in evidence.rows.leases:
        book[lease.number].append((lease.begins, lease.visit))
    for call, row in booked(evidence):
        begun = [each for each in book[call.to] if each[0] <= call.started_at]
        if begun and row.visit != max(begun)[1] and not is_skewed(evidence, call, _WAITED):
            yield call.sid, f"{max(begun)[1]} had the number, it is booked to {row.visit}"


def facts(evidence: Evidence) -> Iterator[Finding]:
    """Each call that ended is told as completed once, and each outcome once."""
    for about, kind, times in evidence.rows.told:
        if times != 1:
            yield about, f"{kind} was told {times} times"


def outcomes(evidence: Evidence) -> Iterator[Finding]:
    """What nobody ever sent is not in the books."""
    if evidence.said is None:
        return
    said = Counter((each.sid, each.outcome) for each in evidence.said)
    for row in evidence.rows.figures.outcomes:
        if not said[row.sid, row.outcome]:
            yield row.sid, f"has an outcome in the books that nobody sent: {row.outcome}"


def credited(evidence: Evidence) -> Iterator[Finding]:
    """Under each model the touches of a call are given all of it, to the minor unit."""
    standing = {row.sid: row.outcome for row in evidence.rows.figures.outcomes}
    given: dict[tuple[str, str], list[CallsCredit]] = defaultdict(list)
    for credit in evidence.rows.credits:
        given[credit.sid, credit.model].append(credit)
    for sid, row in evidence.rows.calls.items():
        for model in MODELS if row.local_day else ():
            wrong = _wrong(given[sid, model], standing.get(sid))
            if wrong:
                yield sid, f"{model}: {wrong}"


def _wrong(found: list[CallsCredit], outcome: Outcome | None) -> str | None:
    if len(found) != 1:
        return f"{len(found)} sums of credits, not 1"
    credit, won = found[0], outcome is not None and outcome.disposition == "won"
    value = (outcome.value or 0) if outcome and won else 0
    if (credit.share, credit.value, credit.converted) != (WHOLE, value, won):
        return f"{credit.share} millionths and {credit.value} of {value} were given"
    if outcome and outcome.currency not in {None, credit.currency}:
        return f"given in {credit.currency}, earned in {outcome.currency}"
    return None


def set_aside(evidence: Evidence) -> Iterator[Finding]:
    sent, kept = Counter(evidence.unreadable), Counter(evidence.rows.aside)
    for sid in sorted(sent.keys() | kept.keys()):
        if sent[sid] != kept[sid]:
            yield sid, f"{sent[sid]} requests made no sense, {kept[sid]} are kept"


def spool(evidence: Evidence) -> Iterator[Finding]:
    if evidence.spooled:
        yield "spool", f"{evidence.spooled} webhooks were never taken in"

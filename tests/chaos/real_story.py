"""What a run with real processes came to, in figures; and one call of it in words."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from callweave.simulator.ledger import FallbackAsked, LedgerCall
from chaos.evidence import Breach
from chaos.real_rules import RealEvidence
from chaos.real_run import RealRun
from chaos.real_spells import Spell

# Of all calls, where somebody is killed; in a run too short for shares, one each time.
MOST_FALLBACKS, SHORT = 0.002, 1000
LONG = 1500  # enough for a monkey of each kind
RECOVERED_S, BACKLOG_S = 5.0, 60.0


def figures(run: RealRun) -> str:
    """One JSON object."""
    plan, rows = run.plan, run.rows
    seen = _seen(run.evidence, run.late) if run.evidence else {}
    return json.dumps(
        {
            "database": plan.database,
            "seed": plan.seed,
            "nets": str(plan.nets),
            "monkeys let in": plan.monkeys,
            "calls": len(run.ledger),
            "calls a second": round(len(run.ledger) / run.calling_s, 1),
            "seconds": round(run.seconds),
            "of which": _where_the_time_went(run),
            **seen,
            "reached": Counter(call.reached.value for call in run.ledger),
            "monkeys": Counter(run.mischief),
            "failed requests": sum(len(call.http_failures) for call in run.ledger),
            "carrier's fallback": _fallbacks(run),
            "because of": Counter(why for call in run.ledger for why in _whys(call)),
            "repaired": Counter(kind for _, kind in rows.repairs) if rows else {},
            "well again after s, at most": max(map(_seconds, run.spells.all), default=None),
            "recovered after s, at most": max(run.recovered, default=None),
            "backlog gone after s, at most": max(run.backlog, default=None),
            "breaches": len(run.breaches),
        }
    )


def _where_the_time_went(run: RealRun) -> Mapping[str, int]:
    in_trouble = sum(map(_seconds, run.spells.all))
    return {
        "starting": round(run.starting_s),
        "calls in peace": round(run.calling_s - in_trouble),
        "mischief": round(run.mischief_s),
        "until well again": round(in_trouble - run.mischief_s),
        "settling": round(run.settling_s),
    }


def _seen(evidence: RealEvidence, late: int) -> Mapping[str, object]:
    """So that nobody takes a run for green in which nothing happened."""
    played = evidence.played
    due = sum(each.due is not None for each in played)
    calm = {each.call.sid for each in evidence.untouched}
    sent = [s.seconds for each in played if each.call.sid in calm for s in each.way.sent]
    struck = Counter(line.partition(": ")[2] for each in played for line in each.way.struck)
    ends = [at - e.over for e in played if (at := evidence.final.get(e.call.sid))]
    return {
        "untouched": len(calm),
        "numbers shown": Counter(each.seen.assignment for each in played),
        "visits compared": sum(each.visit is not None for each in played),
        "outcomes": {
            "due": due,
            "acknowledged": due - late - len(evidence.unacknowledged),
            "late": late,
            "never": len(evidence.unacknowledged),
        },
        "struck": struck,
        "facts told": len({fact_id for fact_id, _ in evidence.heard}),
        "facts heard again": len(evidence.heard) - len({each for each, _ in evidence.heard}),
        "slowest answer to an untouched call, s": round(max(sent, default=0), 2),
        "answered from memory": len(evidence.fell_back),
        "final after s, at most": max((round(each.total_seconds(), 1) for each in ends), default=0),
    }


def failing_figures(run: RealRun) -> Iterator[Breach]:
    yield from _too_little_happened(run)
    kills = sum("kill" in name for name in run.mischief)
    most = min(kills, MOST_FALLBACKS * max(SHORT, len(run.ledger))) if kills else 0
    if _fallbacks(run) > most:
        yield Breach("fallback", "the carrier", f"needed its fallback {_fallbacks(run)} times")
    for seconds in run.recovered:
        if seconds > RECOVERED_S:
            yield Breach("recovery", "the service", f"had its first ring after {seconds} s")
    for seconds in run.backlog:
        if seconds > BACKLOG_S:
            yield Breach("backlog", "the service", f"had taken all in after {seconds} s")


def _too_little_happened(run: RealRun) -> Iterator[Breach]:
    """What proves nothing is not green either."""
    plan, came = run.plan, run.mischief
    if run.let_in and not came:
        yield Breach("monkeys", "the run", "none came: play more calls")
    if plan.calls >= LONG and not plan.only:
        for name in sorted({*run.let_in} - {*came}):
            yield Breach("monkeys", name, "never came")
    if run.evidence is None:
        return
    untouched = len(list(run.evidence.untouched))
    if plan.calls >= LONG and untouched < plan.calls / 2:
        yield Breach("monkeys", "the run", f"left only {untouched} calls alone")
    if came and untouched == len(run.evidence.played):
        yield Breach("monkeys", "the run", "no call was under way while they were in")


def story(run: RealRun, sid: str) -> Iterator[str]:
    """Nothing, if it is no call's sid."""
    played = (
        next((p for p in run.evidence.played if p.call.sid == sid), None) if run.evidence else None
    )
    if played is None or run.rows is None:
        return
    call = played.call
    yield f"seed {run.plan.seed} on {run.plan.database}, journey {played.number}, call {sid},"
    yield f"from {played.began:%H:%M:%S.%f} to {played.over:%H:%M:%S.%f}, from {played.visit}"
    yield f"at the carrier: {call.status}, {call.duration} s, {call.reached}, {call.answered_by}"
    yield from (f"heard     {entry}" for entry in call.entries)
    yield from (f"sent      {sent}" for sent in played.way.sent)
    yield from (f"struck    {line}" for line in played.way.struck)
    yield from (f"monkey    {line}" for line in run.spells.touching(played.began, played.over))
    yield f"kept      {run.rows.calls.get(sid)}"
    yield from (f"kept      {line}" for line in run.rows.reports.get(sid, ()))
    yield from (f"leg       {leg}" for leg in run.rows.legs.get(sid, ()))
    yield from (f"repaired  {kind}" for about, kind in run.rows.repairs if about == sid)


def _seconds(spell: Spell) -> float:
    return round((spell.ended - spell.began).total_seconds(), 1)


def _whys(call: LedgerCall) -> Iterator[str]:
    """What made the carrier turn to its fallback."""
    if _fell_back(call):
        for exchange in call.http_failures:
            yield f"{urlsplit(exchange.url).path} {exchange.failure} ({exchange.seconds:.0f} s)"


def _fallbacks(run: RealRun) -> int:
    return sum(map(_fell_back, run.ledger))


def _fell_back(call: LedgerCall) -> bool:
    return any(isinstance(entry, FallbackAsked) for entry in call.entries)

"""What a run with real processes came to, in figures; and one call of it in words."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from callweave.simulator.ledger import FallbackAsked, LedgerCall
from chaos.evidence import Breach
from chaos.monkeys import Monkeys

if TYPE_CHECKING:  # who plays a run is who tells of it
    from chaos.real import RealRun

MOST_FALLBACKS = 0.002  # of all calls, where somebody is killed
RECOVERED_S, BACKLOG_S = 5.0, 60.0


def figures(run: "RealRun") -> str:
    """One JSON object."""
    plan, rows = run.plan, run.rows
    return json.dumps(
        {
            "database": plan.database,
            "seed": plan.seed,
            "nets": str(plan.nets),
            "monkeys let in": plan.monkeys,
            "calls": len(run.ledger),
            "seconds": round(run.seconds),
            "outcomes acknowledged": run.owed,
            "reached": Counter(call.reached.value for call in run.ledger),
            "monkeys": run.mischief,
            "failed requests": sum(len(call.http_failures) for call in run.ledger),
            "carrier's fallback": _fallbacks(run),
            "because of": Counter(why for call in run.ledger for why in _whys(call)),
            "repaired": Counter(kind for _, kind in rows.repairs) if rows else {},
            "recovered after s, at most": max(run.recovered, default=None),
            "backlog gone after s, at most": max(run.backlog, default=None),
            "breaches": len(run.breaches),
        }
    )


def failing_figures(run: "RealRun") -> Iterator[Breach]:
    kills = run.plan.monkeys is Monkeys.ALL and bool(run.mischief)
    most = MOST_FALLBACKS * len(run.ledger) if kills else 0
    if _fallbacks(run) > most:
        yield Breach("fallback", "the carrier", f"needed its fallback {_fallbacks(run)} times")
    for seconds in run.recovered:
        if seconds > RECOVERED_S:
            yield Breach("recovery", "the service", f"had its first ring after {seconds} s")
    for seconds in run.backlog:
        if seconds > BACKLOG_S:
            yield Breach("backlog", "the service", f"had taken all in after {seconds} s")


def story(run: "RealRun", sid: str) -> Iterator[str]:
    """Nothing, if it is no call's sid."""
    call = next((call for call in run.ledger if call.sid == sid), None)
    if call is None or run.rows is None:
        return
    yield f"seed {run.plan.seed} on {run.plan.database}, call {sid}, {call.started_at} UTC"
    yield f"at the carrier: {call.status}, {call.duration} s, {call.reached}, {call.answered_by}"
    yield from (f"heard     {entry}" for entry in call.entries)
    for exchange in call.exchanges:
        path = exchange.url.partition("/voice/")[2]
        yield f"sent      {path} {exchange.status} {exchange.seconds} s {exchange.failure or ''}"
    yield from (f"kept      {line}" for line in run.rows.reports.get(sid, ()))
    yield from (f"leg       {leg}" for leg in run.rows.legs.get(sid, ()))
    yield from (f"repaired  {kind}" for about, kind in run.rows.repairs if about == sid)


def _whys(call: LedgerCall) -> Iterator[str]:
    """What made the carrier turn to its fallback."""
    if _fell_back(call):
        for exchange in call.http_failures:
            yield f"{urlsplit(exchange.url).path} {exchange.failure} ({exchange.seconds:.0f} s)"


def _fallbacks(run: "RealRun") -> int:
    return sum(map(_fell_back, run.ledger))


def _fell_back(call: LedgerCall) -> bool:
    return any(isinstance(entry, FallbackAsked) for entry in call.entries)

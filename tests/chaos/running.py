"""Seeds one after the other, each on a fresh database, and what came of them in words."""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from time import monotonic

from callweave.simulator.ledger import FallbackAsked
from chaos.ablation import ablate
from chaos.evidence import Breach
from chaos.faults import WEATHERS
from chaos.history import history
from chaos.nets import Nets
from chaos.stage import all_databases, fresh_stage
from chaos.virtual import Plan, Run, play
from databases import Databases

Say = Callable[[str], object]
MOST_STORIES = 5


def run_virtual(chosen: argparse.Namespace, say: Say) -> int:
    """0 when no seed had a breach, and every seed that was played twice ended the same."""
    failures = 0
    with all_databases(chosen.db) as databases:
        if chosen.ablate:
            weather = WEATHERS[chosen.weather]
            return min(1, ablate(databases, chosen.calls, chosen.first_seed, weather, say))
        for plan in _plans(chosen):
            began = monotonic()
            run = _played(plan, databases)
            say(_line(run, monotonic() - began))
            again = _played(plan, databases) if chosen.twice else run
            if again.digest != run.digest:
                say(f"seed {plan.seed}: played again it ended otherwise: {again.digest[:16]}")
                failures += 1
            failures += len(run.breaches)
            _tell(run, say)
    say("no breach" if not failures else f"{failures} breaches")
    return 1 if failures else 0


def _plans(chosen: argparse.Namespace) -> Iterator[Plan]:
    weather = WEATHERS[chosen.weather]
    for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds):
        yield Plan(chosen.calls, seed, weather, Nets.without(chosen.without), chosen.only_call)


def _played(plan: Plan, databases: Databases) -> Run:
    with fresh_stage(databases) as stage:
        return play(plan, stage)


def _line(run: Run, seconds: float) -> str:
    plan, calls = run.plan, len(run.ledger)
    reached = Counter(call.reached.value for call in run.ledger)
    fallbacks = sum(
        any(isinstance(entry, FallbackAsked) for entry in call.entries) for call in run.ledger
    )
    repaired = Counter(kind for _, kind in run.rows.repairs)
    struck = sum(len(faults) for sid, faults in run.evidence.struck.items() if sid)
    return (
        f"seed {plan.seed}, {plan.nets}: {calls} calls ({calls / seconds:.0f}/s), {struck} faults,"
        f" reached {dict(reached)}, fallback {fallbacks}, repaired {dict(repaired)},"
        f" breaches {len(run.breaches)}, sha256 {run.digest[:16]}"
    )


def _tell(run: Run, say: Say) -> None:
    by_call: dict[str, list[Breach]] = {}
    for breach in run.breaches:
        by_call.setdefault(breach.about, []).append(breach)
    for nth, (about, breaches) in enumerate(by_call.items()):
        for breach in breaches:
            say(f"  {breach}")
        if nth < MOST_STORIES:
            _tell_story(run, about, say)
    if run.plan.only_call is not None and not by_call:
        for call in run.ledger:
            _tell_story(run, call.sid, say)


def _tell_story(run: Run, sid: str, say: Say) -> None:
    for line in history(run, sid):
        say(f"    {line}")

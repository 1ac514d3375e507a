"""Seeds, each on a fresh database, one after the other or side by side, and what came of them."""

import argparse
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from time import monotonic
from traceback import format_exc

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


@dataclass(slots=True)
class Told:
    """Of one seed; ``failures`` are breaches, and a second playing that ended otherwise."""

    lines: list[str] = field(default_factory=list)
    failures: int = 0


def run_virtual(chosen: argparse.Namespace, say: Say) -> int:
    """0 when no seed had a breach, and every seed that was played twice ended the same."""
    if chosen.ablate:
        with all_databases(chosen.db) as databases:
            weather = WEATHERS[chosen.weather]
            return min(1, ablate(databases, chosen.calls, chosen.first_seed, weather, say))
    failures = 0
    with ExitStack() as stack:
        for told in _all_told(chosen, say, stack):
            for line in told.lines:
                say(line)
            failures += told.failures
    say("no breach" if not failures else f"{failures} breaches")
    return 1 if failures else 0


def _all_told(chosen: argparse.Namespace, say: Say, stack: ExitStack) -> Iterator[Told]:
    """In the order of the seeds. Whoever plays beside others has a database server alone."""
    plans, jobs = list(_plans(chosen)), min(chosen.jobs, chosen.seeds)
    if jobs > 1:
        say(f"seeds {plans[0].seed} to {plans[-1].seed}, {jobs} at a time")
        # Not forked: a copy of this process would share its locks and its connections.
        pool = stack.enter_context(
            ProcessPoolExecutor(jobs, get_context("spawn"), logging.disable, (logging.CRITICAL,))
        )
        return pool.map(partial(_told_apart, chosen), plans)
    databases = stack.enter_context(all_databases(chosen.db))
    return (_told(chosen, plan, databases, say) for plan in plans)


def _told_apart(chosen: argparse.Namespace, plan: Plan) -> Told:
    with all_databases(chosen.db) as databases:
        return _told(chosen, plan, databases, lambda _: None)


def _plans(chosen: argparse.Namespace) -> Iterator[Plan]:
    weather = WEATHERS[chosen.weather]
    for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds):
        yield Plan(chosen.calls, seed, weather, Nets.without(chosen.without), chosen.only_call)


def _told(chosen: argparse.Namespace, plan: Plan, databases: Databases, say: Say) -> Told:
    """One that breaks off costs no other its result."""
    try:
        return _played_and_told(chosen, plan, databases, say)
    except Exception:  # noqa: BLE001  whatever it is, it is told with its seed
        return Told([f"seed {plan.seed} broke off", *format_exc().splitlines()], failures=1)


def _played_and_told(
    chosen: argparse.Namespace, plan: Plan, databases: Databases, say: Say
) -> Told:
    say(f"seed {plan.seed} begins: {plan.calls} calls in {chosen.weather}, {plan.nets}")
    told, began = Told(), monotonic()
    run = _played(plan, databases)
    told.lines += [_line(run, monotonic() - began), *_strikes(run)]
    again = _played(plan, databases) if chosen.twice else run
    if again.digest != run.digest:
        told.lines.append(f"seed {plan.seed}: again it ended otherwise: {again.digest[:16]}")
        told.failures += 1
    told.failures += len(run.breaches)
    told.lines += _breaches(run)
    return told


def _played(plan: Plan, databases: Databases) -> Run:
    with fresh_stage(databases) as stage:
        return play(plan, stage)


def _line(run: Run, seconds: float) -> str:
    plan, calls = run.plan, len(run.ledger)
    reached = Counter(call.reached.value for call in run.ledger)
    fallbacks = sum(
        any(isinstance(entry, FallbackAsked) for entry in call.entries) for call in run.ledger
    )
    struck = sum(len(faults) for sid, faults in run.evidence.struck.items() if sid)
    return (
        f"seed {plan.seed}, {plan.nets}: {calls} calls ({calls / seconds:.0f}/s), {struck} faults,"
        f" reached {dict(reached)}, fallback {fallbacks}, repaired {_repaired(run)},"
        f" breaches {len(run.breaches)}, sha256 {run.digest[:16]}"
    )


def _repaired(run: Run) -> str:
    """How many of the reports that did not get through in time were repaired, by kind."""
    lost = Counter(run.evidence.lost)
    repaired = Counter(kind for _, kind in run.rows.repairs)
    told = (f"{kind} {repaired[kind]} of {lost[kind]}" for kind in sorted(repaired | lost))
    return f"{{{', '.join(told)}}}"


def _strikes(run: Run) -> Iterator[str]:
    """What was armed meets its moment, or not; what is not armed strikes by itself."""
    service = run.crowd.service
    for kind in sorted(service.armed.keys() | service.struck.keys()):
        armed = f" of {service.armed[kind]} armed" if kind in service.armed else ""
        yield f"  struck {service.struck[kind]:5}{armed}: {kind}"


def _breaches(run: Run) -> Iterator[str]:
    by_call: dict[str, list[Breach]] = {}
    for breach in run.breaches:
        by_call.setdefault(breach.about, []).append(breach)
    for about, breaches in by_call.items():
        yield from (f"  {breach}" for breach in breaches)
        yield from _story(run, about)
    if run.plan.only_call is not None and not by_call:
        for call in run.ledger:
            yield from _story(run, call.sid)


def _story(run: Run, sid: str) -> Iterator[str]:
    yield from (f"    {line}" for line in history(run, sid))

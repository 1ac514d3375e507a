"""Real processes and databases, and monkeys among them: who was lost, how soon it was over."""

import argparse
import math
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from sqlalchemy import text

from callweave.simulator.chance import chance
from callweave.storage.database import is_trouble
from chaos.evidence import Breach, Evidence
from chaos.judge import judge
from chaos.monkeys import Monkey, Monkeys, monkeys_for
from chaos.nets import Net, Nets
from chaos.real_facts import facts_of
from chaos.real_ledger import at_once
from chaos.real_log import read_log
from chaos.real_rules import Booked, RealEvidence, is_reckoned, judge_real
from chaos.real_run import CALLS_BETWEEN, RealPlan, RealRun
from chaos.real_stage import RealStage, real_stage
from chaos.real_story import failing_figures, figures, story
from chaos.real_traffic import Crowd
from chaos.real_watch import Watch
from chaos.real_way import wall
from chaos.rows import read_rows

MOST_MONKEYS = 24
_PATIENCE_S = 120.0
# The reconciler leaves for two minutes what has only just ended, and so does the outbox with what
# a dead worker had taken.
_SETTLED_S = 240.0
_LOOKS_AGAIN_S = 5.0
# By the carrier's clock calls overlap that take no time: see the rule "in two calls".
_NOT_TO_BE_TOLD = frozenset({"held twice"})
# What was seen once does not go away by waiting.
_FOR_GOOD = frozenset(
    {"answers", "carrier's fallback", "drained", "errors", "from memory", "in two calls", "pages"}
)
_OF_THE_RING = frozenset({"lease book", "matching", "rang"})
_FELL_BACK = text("SELECT sid FROM calls WHERE fell_back")
_NEWEST = text("SELECT max(rung_at) AS newest FROM calls")

Say = Callable[[str], object]


def run_real(chosen: argparse.Namespace, say: Say) -> int:
    """0 when no seed had a breach, and all figures are what they must be."""
    failures = 0
    for plan in _plans(chosen):
        run = play_real(plan, say)
        run.breaches += failing_figures(run)
        failures += tell(run, say)
    say("no breach" if not failures else f"{failures} breaches")
    return 1 if failures else 0


def _plans(chosen: argparse.Namespace) -> Iterator[RealPlan]:
    nets = Nets.without(chosen.without)
    for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds):
        monkeys = Monkeys(chosen.monkeys)
        between = max(CALLS_BETWEEN, chosen.calls // MOST_MONKEYS)
        yield RealPlan(chosen.db, chosen.calls, seed, nets, monkeys, between)


def play_real(plan: RealPlan, say: Say) -> RealRun:
    run = RealRun(plan)
    say(str(plan))
    began = time.monotonic()
    with real_stage(plan.database, plan.seed, plan.nets) as stage:
        run.starting_s = time.monotonic() - began
        crowd = Crowd(
            stage.traffic, plan.rates, plan.calls, say, tries_again=Net.RETRY in plan.nets
        )
        watch = Watch(stage.database.engine, crowd)
        with watch.watching():
            calling = time.monotonic()
            with crowd.calling():
                _let_monkeys_in(stage, crowd, run, say)
            run.calling_s = time.monotonic() - calling
            _settle(stage, crowd, watch, run)
            run.settling_s = time.monotonic() - calling - run.calling_s
    run.seconds = time.monotonic() - began
    return run


def _let_monkeys_in(stage: RealStage, crowd: Crowd, run: RealRun, say: Say) -> None:
    plan = run.plan
    if plan.monkeys is Monkeys.NONE:
        return
    found = monkeys_for(stage, kills=plan.monkeys is Monkeys.ALL)
    run.let_in = [monkey.name for monkey in found]
    comers = list(plan.timetable(found))
    say("  " + ", ".join(f"{due}: {monkey.name}" for due, monkey in comers))
    for nth, (due, monkey) in enumerate(comers):
        crowd.wait_for(due)
        say(f"  after {crowd.over} calls: {monkey.name}")
        with crowd.in_trouble(), run.spells.of(monkey.name, wall, answered=monkey.answered):
            began = time.monotonic()
            monkey.play(stage, chance(plan.seed, "mischief", nth))
            run.mischief_s += time.monotonic() - began
            _look_after(monkey, stage, run)


def _look_after(monkey: Monkey, stage: RealStage, run: RealRun) -> None:
    """Until all is well again, while calls come in."""
    began, at = time.monotonic(), wall()
    if monkey.stops_database:
        rang = _wait_for(lambda: _rang(stage, at))
        run.recovered.append(round(time.monotonic() - began, 2) if rang else math.inf)
        drained = _wait_for(lambda: not stage.spooled)
        run.backlog.append(round(time.monotonic() - began, 2) if drained else math.inf)
    if not _wait_for(stage.is_well):
        what = f"not well {_PATIENCE_S} s after {monkey.name}"
        stage.service.hung.append(what)


def _rang(stage: RealStage, since: datetime) -> bool:
    """A call that rang since then is committed."""
    try:
        with stage.database.engine.connect() as connection:
            found = connection.execute(_NEWEST).scalar_one()
    except Exception as error:
        if not is_trouble(error):
            raise
        return False
    at = datetime.fromisoformat(found) if isinstance(found, str) else found
    return at is not None and at > since


def _settle(stage: RealStage, crowd: Crowd, watch: Watch, run: RealRun) -> None:
    """What is under way comes to its end, and the carrier's list is read until nothing is lacking:
    calls that have only just ended are left to the next reading.
    """
    stage.service.wait_until_ready()
    _wait_for(lambda: not stage.spooled)
    deadline = time.monotonic() + _SETTLED_S
    while True:
        crowd.tell_late()
        compared = Net.RECONCILER not in stage.nets or stage.service.run("reconcile")
        _wait_for_facts(stage, deadline)
        watch.look()
        _judge(stage, crowd, watch, run)
        if not compared:
            run.breaches.append(Breach("reconcile", "the command", _last_words(stage)))
        lacking = any(breach.rule not in _FOR_GOOD for breach in run.breaches)
        if not lacking or Net.RECONCILER not in stage.nets or time.monotonic() > deadline:
            return
        time.sleep(_LOOKS_AGAIN_S)


def _last_words(stage: RealStage) -> str:
    return stage.service.log.read_text("utf-8", errors="replace")[-400:].strip()


def _wait_for_facts(stage: RealStage, deadline: float) -> None:
    """The last of them settle for some seconds, the rest follow in a queue. Which of them were
    heard and not written down comes again when the worker's claim to it has run out.
    """
    while time.monotonic() < deadline:
        heard = {fact_id for fact_id, _ in stage.listener.heard}
        if all(fact.id in heard or not fact.owed for fact in facts_of(stage.database.engine)):
            return
        time.sleep(0.5)


def _judge(stage: RealStage, crowd: Crowd, watch: Watch, run: RealRun) -> None:
    run.ledger, run.late = stage.ledger.calls(), len(crowd.late)
    run.rows = read_rows(stage.database.engine)
    run.evidence = evidence = _real_evidence(stage, crowd, watch, run)
    struck = {
        each.call.sid: [*each.way.struck, *run.spells.touching(each.began, each.over)]
        for each in crowd.played
    }
    shown = {each.call.sid: each.visit for each in crowd.played if each.visit}
    books = Evidence(
        run.ledger, crowd.owed, run.rows,
        struck=struck, shown=shown, spooled=stage.spooled, said=crowd.said,
    )  # fmt: skip
    found = [*judge(books), *judge_real(evidence)]
    reckoned = {each.call.sid for each in crowd.played if is_reckoned(evidence, each)}
    run.breaches = [breach for breach in found if not _is_of_the_harness(breach, reckoned)]


def _real_evidence(stage: RealStage, crowd: Crowd, watch: Watch, run: RealRun) -> RealEvidence:
    engine = stage.database.engine
    assert run.rows
    with engine.connect() as connection:
        fell_back = set(connection.execute(_FELL_BACK).scalars())
    return RealEvidence(
        played=list(crowd.played),
        spells=run.spells,
        booked={sid: Booked(row.rung_at, row.visit) for sid, row in run.rows.calls.items()},
        leases=run.rows.leases,
        repairs=run.rows.repairs,
        fell_back=fell_back,
        unacknowledged=crowd.unacknowledged,
        final=watch.final,
        said=list(read_log(stage.service.log)),
        facts=facts_of(engine),
        heard=list(stage.listener.heard),
        forged=stage.listener.receiver.forged,
        busy=list(at_once(stage.ledger, stage.agents)),
        hung=stage.service.hung,
    )


def _is_of_the_harness(breach: Breach, reckoned: Collection[str]) -> bool:
    """Of a ring whose time is reckoned, the rule "reckoned" says how it may be booked."""
    of_the_ring = breach.rule in _OF_THE_RING and breach.about in reckoned
    return breach.rule in _NOT_TO_BE_TOLD or of_the_ring


def tell(run: RealRun, say: Say) -> int:
    """How many breaches there are."""
    say(figures(run))
    for about in dict.fromkeys(breach.about for breach in run.breaches):
        for breach in run.breaches:
            if breach.about == about:
                say(f"  {breach}")
        for line in story(run, about):
            say(f"    {line}")
    return len(run.breaches)


def _wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True

"""Real processes and databases, and monkeys among them: who was lost, how soon it was over."""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import text

from callweave.simulator.chance import chance
from callweave.simulator.ledger import LedgerCall
from callweave.storage.database import is_trouble
from chaos.evidence import Breach, Evidence
from chaos.judge import judge
from chaos.monkeys import Monkey, Monkeys, monkeys_for, timetable
from chaos.nets import Net, Nets
from chaos.real_stage import RealStage, real_stage
from chaos.real_story import failing_figures, figures, story
from chaos.real_traffic import Crowd
from chaos.rows import Rows, read_rows

CALLS_BETWEEN, MOST_MONKEYS = 60, 60
MOST_STORIES = 5
_PATIENCE_S = 120.0
_SETTLED_S = 180.0  # the reconciler's grace is two minutes
# Calls take no time here, so that by the carrier's clock they overlap more than they do; and which
# of them a database that was away left without its whisper, nobody wrote down.
_NOT_TO_BE_TOLD = frozenset({"held twice", "whisper"})
_OF_THE_RING = frozenset({"lease book", "matching", "rang"})

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class RealPlan:
    """``between``: calls from one monkey to the next. ``only``: in place of a drawn timetable, who
    comes after how many calls.
    """

    database: str
    calls: int
    seed: int
    nets: Nets = field(default_factory=Nets)
    monkeys: Monkeys = Monkeys.ALL
    between: int = CALLS_BETWEEN
    only: Mapping[int, str] = field(default_factory=dict)

    def timetable(self, found: Sequence[Monkey]) -> Iterable[tuple[int, Monkey]]:
        if not self.only:
            return timetable(found, self.seed, self.calls, self.between)
        by_name = {monkey.name: monkey for monkey in found}
        return [(due, by_name[name]) for due, name in self.only.items() if name in by_name]


@dataclass(slots=True)
class RealRun:
    """``recovered`` and ``backlog``: seconds, one for each time that the database was away."""

    plan: RealPlan
    mischief: dict[str, int] = field(default_factory=dict)
    recovered: list[float] = field(default_factory=list)
    backlog: list[float] = field(default_factory=list)
    ledger: tuple[LedgerCall, ...] = ()
    owed: int = 0
    rows: Rows | None = None
    breaches: list[Breach] = field(default_factory=list)
    seconds: float = 0.0


def run_real(chosen: argparse.Namespace, say: Say) -> int:
    """0 when no seed had a breach, and all figures are what they must be."""
    failures = 0
    for plan in _plans(chosen):
        run = play_real(plan, say)
        run.breaches += failing_figures(run)
        say(figures(run))
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
    began = time.monotonic()
    with real_stage(plan.database, plan.seed, plan.nets) as stage:
        crowd = Crowd(stage.traffic, plan.calls)
        with crowd.calling():
            if plan.monkeys is not Monkeys.NONE:
                _let_monkeys_in(stage, crowd, run, say)
        _settle(stage, crowd, run)
    run.seconds = time.monotonic() - began
    return run


def _let_monkeys_in(stage: RealStage, crowd: Crowd, run: RealRun, say: Say) -> None:
    plan = run.plan
    found = monkeys_for(stage, kills=plan.monkeys is Monkeys.ALL)
    for nth, (due, monkey) in enumerate(plan.timetable(found)):
        crowd.wait_for(due)
        if crowd.over < plan.calls:
            say(f"  after {crowd.over} calls: {monkey.name}")
            with crowd.in_trouble():
                monkey.play(stage, chance(plan.seed, "mischief", nth))
                _look_after(monkey, stage, crowd, run)


def _look_after(monkey: Monkey, stage: RealStage, crowd: Crowd, run: RealRun) -> None:
    run.mischief[monkey.name] = run.mischief.get(monkey.name, 0) + 1
    if not monkey.stops_database:
        return
    began, at = time.monotonic(), datetime.now(UTC)
    if _wait_for(lambda: _rang(stage, at) or crowd.over == run.plan.calls) and _rang(stage, at):
        run.recovered.append(round(time.monotonic() - began, 2))
    _wait_for(lambda: not spooled(stage))
    run.backlog.append(round(time.monotonic() - began, 2))


def _rang(stage: RealStage, since: datetime) -> bool:
    """A call that rang since then is committed."""
    newest = text("SELECT max(rung_at) AS newest FROM calls")
    try:
        with stage.database.engine.connect() as connection:
            found = connection.execute(newest).scalar_one()
    except Exception as error:
        if not is_trouble(error):
            raise
        return False
    at = datetime.fromisoformat(found) if isinstance(found, str) else found
    return at is not None and at > since


def spooled(stage: RealStage) -> int:
    """Files of the spool in which something waits: what was taken in is overwritten by noughts."""
    written = (file.read_bytes() for file in stage.spool.glob("*.spool"))
    return sum(data.count(0) < len(data) for data in written)


def _settle(stage: RealStage, crowd: Crowd, run: RealRun) -> None:
    """What is under way comes to its end, and the carrier's list is read until nothing is lacking:
    calls that have only just ended are left to the next reading.
    """
    stage.service.wait_until_ready()
    _wait_for(lambda: not spooled(stage))
    deadline = time.monotonic() + _SETTLED_S
    while True:
        if Net.RECONCILER in stage.nets:
            stage.service.run("reconcile")
        crowd.tell_late()
        _judge(stage, crowd, run)
        if not run.breaches or Net.RECONCILER not in stage.nets or time.monotonic() > deadline:
            return
        time.sleep(5)


def _judge(stage: RealStage, crowd: Crowd, run: RealRun) -> None:
    run.ledger, run.owed = stage.carrier.ledger.calls(), len(crowd.owed)
    run.rows = rows = read_rows(stage.database.engine)
    struck = {"": [*run.mischief]} if run.mischief else {}
    found = judge(Evidence(run.ledger, crowd.owed, run.rows, struck, spooled=spooled(stage)))
    run.breaches = [breach for breach in found if not _is_of_the_harness(breach, run, rows)]


def _is_of_the_harness(breach: Breach, run: RealRun, rows: Rows) -> bool:
    """Calls that take no time rang, by any reckoning back from their length, before they began; as
    do those that the carrier's list alone tells of, in whole seconds. Who had the number then is
    another question.
    """
    row = rows.calls.get(breach.about)
    began = [call.started_at for call in run.ledger if call.sid == breach.about]
    reckoned = row is not None and any(row.rung_at < at for at in began)
    return breach.rule in _NOT_TO_BE_TOLD or (reckoned and breach.rule in _OF_THE_RING)


def tell(run: RealRun, say: Say) -> int:
    """How many breaches there are."""
    for nth, about in enumerate(dict.fromkeys(breach.about for breach in run.breaches)):
        for breach in run.breaches:
            if breach.about == about:
                say(f"  {breach}")
        if nth < MOST_STORIES:
            for line in story(run, about):
                say(f"    {line}")
    return len(run.breaches)


def _wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True

"""A short run with real processes; `make chaos PART=real` is the long one."""

from dataclasses import replace

import pytest

from callweave.simulator.faults import USUAL
from chaos.real import play_real, tell
from chaos.real_run import RealPlan
from chaos.real_story import failing_figures

CALLS = 40
# While the database is locked for 20 s: nobody waits until somebody else has been answered.
COMING = 60
MISCHIEF = {
    "sqlite": {
        10: "kill -9 of a web process",
        20: "long locked database",
        25: "locked database, kill -9",
        30: "full disk",
    },
    "postgresql": {
        10: "kill -9 of a web process",
        20: "long locked database",
        25: "database restart",
        30: "locked database, kill -9",
    },
}
# What is dropped is repaired two minutes later: the long run waits for that.
NOTHING_DROPPED = replace(USUAL, dropped=0)


@pytest.mark.slow
@pytest.mark.timeout(900)  # three quarters of a minute, unless others have the machine
@pytest.mark.parametrize("database", MISCHIEF)
def test_nobody_is_lost_while_processes_are_killed_and_the_database_goes_away(
    database: str,
) -> None:
    plan = RealPlan(database, CALLS, seed=20, only=MISCHIEF[database], rates=NOTHING_DROPPED)
    run = play_real(plan, print)
    run.breaches += failing_figures(run)
    assert tell(run, print) == 0
    assert "kill -9 of a web process" in run.mischief
    assert run.backlog
    assert run.evidence
    assert len(list(run.evidence.untouched)) >= CALLS // 2
    lock = next(spell for spell in run.spells.all if spell.name == "long locked database")
    assert sum(lock.began < each.began < lock.ended for each in run.evidence.played) >= COMING

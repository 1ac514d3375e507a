"""A short run with real processes; `make chaos PART=real` is the long one."""

import pytest

from chaos.real import RealPlan, play_real

CALLS = 60
MISCHIEF = {
    "sqlite": {
        5: "kill -9 of a web process",
        10: "locked database, kill -9",
        40: "full disk",
    },
    "postgresql": {
        5: "kill -9 of a web process",
        10: "database restart, kill -9",
        50: "deploy",
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("database", MISCHIEF)
def test_nobody_is_lost_while_processes_are_killed_and_the_database_goes_away(
    database: str,
) -> None:
    run = play_real(RealPlan(database, CALLS, seed=20, only=MISCHIEF[database]), print)
    assert run.breaches == []
    assert len(run.ledger) == CALLS
    assert "kill -9 of a web process" in run.mischief
    assert run.backlog

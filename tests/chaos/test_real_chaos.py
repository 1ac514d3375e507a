"""A short run with real processes; `make chaos PART=real` is the long one."""

import pytest

from chaos.real import RealPlan, play_real, tell

CALLS = 45
MISCHIEF = {
    "sqlite": {
        4: "kill -9 of a web process",
        8: "locked database, kill -9",
        35: "full disk",
    },
    "postgresql": {
        4: "kill -9 of a web process",
        8: "database restart, kill -9",
    },
}


@pytest.mark.slow
@pytest.mark.timeout(900)  # half a minute, unless others have the machine
@pytest.mark.parametrize("database", MISCHIEF)
def test_nobody_is_lost_while_processes_are_killed_and_the_database_goes_away(
    database: str,
) -> None:
    run = play_real(RealPlan(database, CALLS, seed=20, only=MISCHIEF[database]), print)
    assert tell(run, print) == 0
    assert len(run.ledger) == CALLS
    assert "kill -9 of a web process" in run.mischief
    assert run.backlog

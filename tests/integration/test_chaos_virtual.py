"""A short chaos on a virtual clock; the long ones are commands: docs/reliability.md."""

from collections.abc import Iterator

import pytest

from callweave.simulator.faults import Rates
from chaos.faults import CALM, LOSSLESS, STORM, Mishap, Weather
from chaos.history import history
from chaos.mutating import Mutant, mutants
from chaos.nets import ALL_NETS, Net, Nets
from chaos.stage import fresh_stage
from chaos.virtual import Plan, Run, play
from databases import Databases, SqliteDatabases

CALLS = 45


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Faults are what this is made of."""
    with caplog.at_level("CRITICAL"):
        yield


def played(
    databases: Databases, seed: int, weather: Weather, nets: Nets = ALL_NETS, calls: int = CALLS
) -> Run:
    with fresh_stage(databases) as stage:
        return play(Plan(calls, seed, weather, nets), stage)


def told(run: Run) -> str:
    lines = (line for breach in run.breaches for line in (str(breach), *history(run, breach.about)))
    return "\n".join(lines)


@pytest.mark.slow
def test_no_call_is_lost_in_a_storm(databases: Databases) -> None:
    run = played(databases, 5, STORM)
    assert not run.breaches, told(run)
    assert len(run.ledger) == CALLS
    assert sum(map(len, run.evidence.struck.values())) > CALLS
    assert len(run.evidence.owed) > CALLS / 3
    assert all(run.crowd.service.struck[each] for each in (Mishap.OUTAGE, Mishap.SKEW))
    assert run.crowd.service.struck[Mishap.RESTART] > 2  # two of them change the token


@pytest.mark.slow
def test_the_same_seed_ends_in_the_same_rows(sqlite: SqliteDatabases) -> None:
    first, again, other = (played(sqlite, seed, STORM, calls=15) for seed in (6, 6, 7))
    assert first.digest == again.digest != other.digest


@pytest.mark.slow
def test_without_faults_nothing_is_repaired(sqlite: SqliteDatabases) -> None:
    run = played(sqlite, 8, CALM, calls=20)
    assert not run.breaches, told(run)
    assert run.rows.repairs == []


@pytest.mark.slow
def test_what_no_report_was_dropped_of_needs_no_reconciler(sqlite: SqliteDatabases) -> None:
    run = played(sqlite, 9, LOSSLESS, Nets.without([Net.RECONCILER]), calls=25)
    assert not run.breaches, told(run)


@pytest.mark.slow
def test_the_judge_sees_what_the_reconciler_would_have_mended(sqlite: SqliteDatabases) -> None:
    dropped = Weather(Rates(dropped=0.5), skew_every=0)
    run = played(sqlite, 10, dropped, Nets.without([Net.RECONCILER]), calls=15)
    assert {breach.rule for breach in run.breaches} & {"books", "terminal", "legs"}


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_every_planted_mistake_can_still_be_made(mutant: Mutant) -> None:
    assert mutant.source.read_text("utf-8").count(mutant.before) == 1
    assert mutant.before != mutant.after
    assert mutant.why

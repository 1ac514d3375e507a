"""When the worker compares, how far it looks back, and what it says of a carrier that is away."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from callweave.reconciliation import Repairs
from callweave.storage.database import DatabaseError
from callweave.telephony.carrier import CarrierError
from callweave.worker import OVERLAP, SWEEP, Comparisons

MORNING = datetime.fromisoformat("2026-11-18T09:00:00+00:00")
SECONDS = timedelta(seconds=1)


class Compared:
    """The spans that were asked for; each answer may be an error instead."""

    def __init__(self, answers: Sequence[Exception | None] = ()) -> None:
        self.answers = list(answers)
        self.since: list[datetime] = []

    def __call__(self, since: datetime, _now: datetime) -> Repairs:
        self.since.append(since)
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer
        return Repairs()


def run(compared: Compared, *moments: datetime) -> None:
    comparisons = Comparisons(compared)
    for moment in moments:
        comparisons.run_if_due(moment)


def test_calls_are_compared_every_minute() -> None:
    compared = Compared()
    run(compared, *(MORNING + nth * SECONDS for nth in range(125)))
    assert len(compared.since) == 3


def test_the_first_comparison_looks_far_back_and_the_next_ones_to_the_last() -> None:
    compared = Compared()
    run(compared, MORNING, MORNING + 60 * SECONDS, MORNING + 120 * SECONDS)
    assert compared.since == [MORNING - SWEEP, MORNING - OVERLAP, MORNING + 60 * SECONDS - OVERLAP]


def test_the_first_comparison_of_a_day_looks_far_back() -> None:
    compared, midnight = Compared(), MORNING + timedelta(hours=15)
    run(compared, MORNING, midnight - SECONDS, midnight + 60 * SECONDS, midnight + 120 * SECONDS)
    assert compared.since[2:] == [
        midnight + 60 * SECONDS - SWEEP,
        midnight + 60 * SECONDS - OVERLAP,
    ]


def test_what_could_not_be_compared_is_in_the_next_comparison() -> None:
    compared = Compared([None, CarrierError("away"), CarrierError("away")])
    away = [MORNING + timedelta(minutes=nth) for nth in (1, 2, 3)]
    run(compared, MORNING, *away)
    assert compared.since[-1] == MORNING - OVERLAP


def test_after_days_without_the_carrier_no_day_is_left_out() -> None:
    compared = Compared([None, CarrierError("away")])
    run(compared, MORNING, MORNING + timedelta(days=1), MORNING + timedelta(days=5))
    assert compared.since[-1] == MORNING - OVERLAP


def test_a_clock_that_is_put_back_keeps_nothing_from_being_compared() -> None:
    compared = Compared()
    run(compared, MORNING, MORNING - timedelta(hours=5))
    assert compared.since[-1] == MORNING - timedelta(hours=5) - OVERLAP


@pytest.mark.parametrize("trouble", [CarrierError("no answer"), DatabaseError("no answer")])
def test_a_carrier_or_a_database_that_is_away_is_told_of_once(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "callweave.worker")
    answers = [trouble, trouble, CarrierError("another"), None, None]
    run(Compared(answers), *(MORNING + timedelta(minutes=nth) for nth in range(5)))
    assert [(line.message, vars(line).get("why")) for line in caplog.records] == [
        ("calls cannot be compared", "no answer"),
        ("calls cannot be compared", "another"),
        ("calls can be compared again", None),
        ("compared", None),
        ("compared", None),
    ]


def test_a_fault_of_ours_is_not_taken_for_the_carriers() -> None:
    with pytest.raises(ZeroDivisionError):
        run(Compared([ZeroDivisionError()]), MORNING)

"""When the worker compares, and what it says of a carrier that is away."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from callweave.reconciliation import Repairs
from callweave.storage.database import DatabaseError
from callweave.telephony.carrier import CarrierError
from callweave.worker import Comparisons

MORNING = datetime.fromisoformat("2026-11-18T09:00:00+00:00")
SECONDS = timedelta(seconds=1)


class Compared:
    """When it was asked for; each answer may be an error instead."""

    def __init__(self, answers: Sequence[Exception | None] = ()) -> None:
        self.answers = list(answers)
        self.at: list[datetime] = []

    def __call__(self, now: datetime) -> Repairs:
        self.at.append(now)
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
    assert compared.at == [MORNING + nth * 60 * SECONDS for nth in range(3)]


def test_a_clock_that_is_put_back_keeps_nothing_from_being_compared() -> None:
    compared = Compared()
    run(compared, MORNING, MORNING - timedelta(hours=5))
    assert len(compared.at) == 2


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

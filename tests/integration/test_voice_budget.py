"""Who is first, the commit or the fallback: never both, and never a caller who waits for long."""

import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from threading import Event

import pytest

from callweave.web.budget import OVERTIME, Budget, Deadline, TooLateError
from service import at_once

BUDGET_S = 0.4
SLACK_S = 1.5  # for a machine that has other things to do


@pytest.fixture
def free() -> Iterator[Event]:
    """Set when the test is over, so that nothing hangs for longer."""
    event = Event()
    yield event
    event.set()


@pytest.fixture
def budget(free: Event) -> Iterator[Budget]:
    budget = Budget(BUDGET_S, threads=8)
    yield budget
    free.set()
    budget.close()


def test_what_is_given_up_cannot_be_committed_any_more() -> None:
    deadline = Deadline(60)
    assert deadline.give_up()
    with pytest.raises(TooLateError):
        deadline.claim()


def test_what_is_being_committed_is_not_given_up() -> None:
    deadline = Deadline(60)
    deadline.claim()
    assert not deadline.give_up()
    deadline.claim()  # of the same work, which had to begin again


def test_nothing_is_committed_after_the_time() -> None:
    with pytest.raises(TooLateError):
        Deadline(0).claim()


def test_one_of_many_wins_the_gate_every_time() -> None:
    for _ in range(200):
        deadline = Deadline(60)

        def committed(deadline: Deadline = deadline) -> bool:
            try:
                deadline.claim()
            except TooLateError:
                return False
            return True

        wins = at_once([committed, deadline.give_up])
        assert sorted(wins) == [False, True]


def test_a_commit_that_is_under_way_is_waited_for(budget: Budget) -> None:
    def work(deadline: Deadline) -> str:
        deadline.claim()
        time.sleep(BUDGET_S * (1 + OVERTIME / 2))
        return "committed"

    assert budget.run(work) == "committed"


def test_a_commit_that_hangs_is_not_waited_for_any_longer(budget: Budget, free: Event) -> None:
    ends: list[object] = []

    def work(deadline: Deadline) -> None:
        deadline.claim()
        free.wait(30)
        try:
            deadline.claim()
        except TooLateError as error:
            ends.append(error)

    began = time.monotonic()
    with pytest.raises(TooLateError):
        budget.run(work)
    assert time.monotonic() - began < BUDGET_S * (1 + OVERTIME) + SLACK_S
    free.set()
    budget.close()
    assert len(ends) == 1  # and it does not begin anew


def test_the_ninth_does_not_wait_for_eight_that_are_stuck(budget: Budget, free: Event) -> None:
    def stuck() -> None:
        with pytest.raises(TooLateError):
            budget.run(lambda _: free.wait(30))

    at_once([stuck] * 8)
    began = time.monotonic()
    with pytest.raises(TooLateError):
        budget.run(lambda _: "there was no thread for it")
    assert time.monotonic() - began < BUDGET_S / 2
    free.set()
    while budget._held:
        time.sleep(0.01)
    assert budget.run(lambda _: "free again") == "free again"


def test_the_ninth_waits_no_longer_than_its_budget_where_others_may_still_end(
    budget: Budget, free: Event
) -> None:
    def one(nth: int) -> float:
        time.sleep(nth / 100)
        began = time.monotonic()
        with pytest.raises(TooLateError):
            budget.run(lambda _: free.wait(30))
        return time.monotonic() - began

    waited = at_once([partial(one, nth) for nth in range(12)])
    assert max(waited) < BUDGET_S + SLACK_S


def test_what_waited_for_a_thread_has_less_time(budget: Budget, free: Event) -> None:
    began = time.monotonic()
    lefts: list[float] = []

    def work(deadline: Deadline) -> None:
        lefts.append(deadline.left)
        free.wait(30)

    with pytest.raises(TooLateError):
        budget.run(work, began - BUDGET_S / 2)
    assert time.monotonic() - began < BUDGET_S / 2 + SLACK_S
    assert lefts[0] <= BUDGET_S / 2


@pytest.mark.parametrize(("waited", "begins"), [(0.5, True), (0.8, False), (60, False)])
def test_nothing_is_begun_when_most_of_the_time_is_gone(waited: float, *, begins: bool) -> None:
    budget = Budget(60, threads=1)
    begun: list[Deadline] = []
    with suppress(TooLateError):
        budget.run(begun.append, time.monotonic() - 60 * waited)
    budget.close()
    assert bool(begun) is begins


def test_what_the_work_raises_is_raised(budget: Budget) -> None:
    def work(_: Deadline) -> None:
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        budget.run(work)

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chaos.scheduler import Scheduler

START = datetime(2026, 11, 23, tzinfo=UTC)


def waits(scheduler: Scheduler, log: list[str], name: str, *seconds: float) -> Callable[[], None]:
    def life() -> None:
        for wait in seconds:
            scheduler.let_pass(wait)
            log.append(f"{name} at {scheduler.elapsed:g}")

    return life


def test_actors_take_turns_in_the_order_of_their_times() -> None:
    scheduler, log = Scheduler(START), list[str]()
    scheduler.act(0, waits(scheduler, log, "a", 2, 3))
    scheduler.act(1, waits(scheduler, log, "b", 2, 1))
    scheduler.run()
    assert log == ["a at 2", "b at 3", "b at 4", "a at 5"]
    assert scheduler.now == START + timedelta(seconds=5)


def test_at_the_same_time_whoever_was_there_first_comes_first() -> None:
    scheduler, log = Scheduler(START), list[str]()
    for name in "cab":
        scheduler.act(0, waits(scheduler, log, name, 1))
    scheduler.run()
    assert log == ["c at 1", "a at 1", "b at 1"]


def test_what_is_to_happen_later_may_bring_more() -> None:
    scheduler, log = Scheduler(START), list[float]()

    def again() -> None:
        log.append(scheduler.elapsed)
        if len(log) < 3:
            scheduler.after(10, again)

    scheduler.at(5, again)
    scheduler.run()
    assert log == [5, 15, 25]


def test_nothing_happens_in_the_past() -> None:
    scheduler, log = Scheduler(START), list[float]()
    scheduler.at(9, lambda: scheduler.at(3, lambda: log.append(scheduler.elapsed)))
    scheduler.run()
    assert log == [9]


def test_what_an_actor_raises_ends_the_run() -> None:
    scheduler = Scheduler(START)

    def fails() -> None:
        scheduler.let_pass(1)
        raise ValueError("wrong")

    scheduler.act(0, fails)
    with pytest.raises(ValueError, match="wrong"):
        scheduler.run()

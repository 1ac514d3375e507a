"""What goes wrong while calls come in. Each monkey does its mischief and undoes it."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from random import Random

import psycopg

from callweave.simulator.chance import chance
from chaos.real_stage import RealStage
from outages import locked

Mischief = Callable[[RealStage, Random], None]
# Seconds: long against the voice path's budget of 2, and just enough to begin to serve.
_LONG, _SHORT = (3.0, 5.0), (0.5, 1.5)
# So many callers come meanwhile that whoever waits for the database takes others' turns, too.
_VERY_LONG, _SLOW = (20.0, 20.0), (8.0, 12.0)
# What each statement that needs a lock waits for, and is not in the way of.
_WAITS_S, _GOES_S = 0.3, 0.05
_PERSISTENCE_S = 60.0


class Monkeys(StrEnum):
    """Which ones are let in: without those that kill, the carrier's fallback must stay unused."""

    ALL = "all"
    UNARMED = "unarmed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Monkey:
    """``stops_database``: then the service has to find its way back, which is measured.
    ``kills``: requests may break off in the middle. ``answered``: whatever the carrier asks is
    answered in time all the while. ``often``: its weight among the others.
    """

    name: str
    play: Mischief
    stops_database: bool = False
    kills: bool = False
    answered: bool = False
    often: int = 1


def _kill_web_process(stage: RealStage, draw: Random) -> None:
    stage.service.kill_web_process(draw)


def _kill_web(stage: RealStage, _draw: Random) -> None:
    stage.service.kill_web()


def _kill_worker(stage: RealStage, _draw: Random) -> None:
    stage.service.kill_worker()


def _reload(stage: RealStage, _draw: Random) -> None:
    stage.service.reload()


def _deploy(stage: RealStage, _draw: Random) -> None:
    """Old beside new, but where one process alone may write (docs/decisions/0007)."""
    if stage.postgres:
        stage.service.replace_web()
    else:
        stage.service.restart_web()


def _lock_database(stage: RealStage, draw: Random) -> None:
    with _locked(stage.url):
        _pause(draw)


def _lock_database_for_long(stage: RealStage, draw: Random) -> None:
    with _locked(stage.url):
        _pause(draw, _VERY_LONG)


def _slow_database(stage: RealStage, draw: Random) -> None:
    """Somebody else has it for a moment, again and again."""
    until = time.monotonic() + draw.uniform(*_SLOW)
    while time.monotonic() < until:
        with _locked(stage.url):
            time.sleep(_WAITS_S)
        time.sleep(_GOES_S)


def _lock_and_kill(stage: RealStage, draw: Random) -> None:
    """Whatever the dead had written down has to be taken in by those who come after them."""
    with _locked(stage.url):
        _pause(draw)
        stage.service.kill_web_process(draw)
        _pause(draw, _SHORT)


def _freeze_database(stage: RealStage, draw: Random) -> None:
    assert stage.postgres
    with stage.postgres.frozen():
        _pause(draw)


def _restart_database(stage: RealStage, draw: Random) -> None:
    assert stage.postgres
    stage.postgres.stop()
    _pause(draw)
    stage.postgres.start()


def _restart_database_and_kill(stage: RealStage, draw: Random) -> None:
    assert stage.postgres
    stage.postgres.stop()
    _pause(draw)
    stage.service.kill_web()
    _pause(draw, _SHORT)
    stage.postgres.start()


def _fill_disk(stage: RealStage, draw: Random) -> None:
    with stage.disk.full():
        _pause(draw)
    if stage.postgres and not _comes_back(stage.url, within_s=5):  # a full disk can be its end
        stage.postgres.start()


_EVERYWHERE = (
    Monkey("kill -9 of a web process", _kill_web_process, kills=True, often=6),
    Monkey("kill -9 of the whole web service", _kill_web, kills=True, often=2),
    Monkey("kill -9 of the worker", _kill_worker, kills=True, answered=True),
    Monkey("reload", _reload, answered=True),
    Monkey("locked database", _lock_database, stops_database=True, answered=True),
    Monkey(
        "long locked database", _lock_database_for_long, stops_database=True, answered=True, often=2
    ),
    Monkey("slow database", _slow_database, answered=True, often=2),
    Monkey("locked database, kill -9", _lock_and_kill, stops_database=True, kills=True),
)
_ON_SQLITE = (Monkey("deploy", _deploy),)
_ON_POSTGRESQL = (
    Monkey("deploy", _deploy, answered=True),
    Monkey("frozen database", _freeze_database, stops_database=True, answered=True),
    Monkey("database restart", _restart_database, stops_database=True, answered=True, often=2),
    Monkey(
        "database restart, kill -9", _restart_database_and_kill, stops_database=True, kills=True
    ),
)
_ON_A_SMALL_DISK = (Monkey("full disk", _fill_disk, stops_database=True, answered=True, often=2),)


def monkeys_for(stage: RealStage, *, kills: bool) -> list[Monkey]:
    found = [
        *_EVERYWHERE,
        *(_ON_POSTGRESQL if stage.postgres else _ON_SQLITE),
        *(_ON_A_SMALL_DISK if stage.disk.is_small else ()),
    ]
    return [monkey for monkey in found if kills or not monkey.kills]


def timetable(
    monkeys: Sequence[Monkey], seed: int, calls: int, between: int
) -> Iterator[tuple[int, Monkey]]:
    """After how many calls which monkey comes: each once, in a drawn order, then by their weights.

    ``between``: calls from one to the next, on average.
    """
    draw = chance(seed, "monkeys")
    first = draw.sample(monkeys, len(monkeys))
    due = 0
    while True:
        due += draw.randint(between // 2, between + between // 2)
        if due >= calls:
            return
        weights = [monkey.often for monkey in monkeys]
        yield due, first.pop() if first else draw.choices(monkeys, weights)[0]


def _pause(draw: Random, seconds: tuple[float, float] = _LONG) -> None:
    time.sleep(draw.uniform(*seconds))


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """In the middle of traffic the lock can be somebody else's for long, or a deadlock."""
    with ExitStack() as stack:
        deadline = time.monotonic() + _PERSISTENCE_S
        while not _holds(stack, url):
            if time.monotonic() > deadline:
                raise RuntimeError("the database was never to be had for ourselves")
            time.sleep(0.1)  # or the same ones meet again
        yield


def _holds(stack: ExitStack, url: str) -> bool:
    with suppress(sqlite3.OperationalError, psycopg.errors.DeadlockDetected):
        stack.enter_context(locked(url))
        return True
    return False


def _comes_back(url: str, within_s: int) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=within_s).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False

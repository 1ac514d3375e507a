"""The same rings under each load, one load after the other, round after round."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from time import sleep

from load.attacks import Attack, Flood, Slowloris, going_on
from load.people import NORMAL_PAGES_PER_S, TIMES_NORMAL, People, Told
from load.stage import Stage

# So often does it ring in every round, the idle one too: sixty times the normal rate, six times
# ten times it, since a p99.9 wants thousands of rings.
RINGS_PER_S = 2.0
_SETTLING_S = 1.0
_AT_ONCE, _A_MOMENT_S = 20, 0.1
_PAGES = NORMAL_PAGES_PER_S * TIMES_NORMAL


@dataclass(frozen=True, slots=True)
class Load:
    name: str
    pages_per_s: float = _PAGES
    slow: bool = False
    flood: bool = False

    def attacks(self, stage: Stage, slow_sockets: int, network: int) -> list[Attack]:
        slow = Slowloris(stage.entrance, slow_sockets) if self.slow else None
        flood = Flood(stage.entrance, stage.site, network) if self.flood else None
        return [attack for attack in (slow, flood) if attack]


IDLE = Load("idle: rings alone", pages_per_s=0)
LOADS = (
    IDLE,
    Load("10x: page views too"),
    Load("10x + slowloris", slow=True),
    Load("10x + lease flood", flood=True),
    Load("10x + slowloris + lease flood", slow=True, flood=True),
)


@dataclass(slots=True)
class Found:
    """Of all rounds of one load; ``did``: what the attackers counted."""

    load: Load
    seconds: float = 0
    told: list[Told] = field(default_factory=list)
    did: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int
    seconds: float
    rings_per_s: float
    slow_sockets: int


def measured(
    stage: Stage, loads: Sequence[Load], plan: Plan, say: Callable[[str], None]
) -> dict[str, Found]:
    _run_before_all_else()
    people, networks = People(stage, plan.rings_per_s), count()
    found = {load.name: Found(load) for load in loads}
    _warm_up(stage)
    for round_ in range(plan.rounds):
        for load in loads:
            say(f"round {round_ + 1} of {plan.rounds}: {load.name}")
            here = found[load.name]
            with going_on(load.attacks(stage, plan.slow_sockets, next(networks))) as did:
                here.told.append(asyncio.run(people.come(plan.seconds, load.pages_per_s)))
            here.did.update(did)
            here.seconds += plan.seconds
            sleep(_SETTLING_S)
    return found


def _warm_up(stage: Stage) -> None:
    """The first request of a process is slow. Many at once reach them all: a proxy that keeps its
    connections asks one of them again and again otherwise.
    """
    crowd = People(stage, calls_per_s=_AT_ONCE / _A_MOMENT_S, first=1_000_000)
    for _ in range(3):
        asyncio.run(crowd.come(_A_MOMENT_S, _AT_ONCE / _A_MOMENT_S))


def _run_before_all_else() -> None:
    """Whoever holds the clock must not wait for the attackers' share of its core to end."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:  # then what rings wait includes some of that
        return

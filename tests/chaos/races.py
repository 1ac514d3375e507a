"""Part C: what two transactions could do to each other. The virtual part never tries it, since in
there one actor moves at a time.

Every race is played some rounds on one database by several services at once; it says what it
finds wrong, and its name stands for the rule.
"""

import argparse
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import product
from time import monotonic

from chaos.evidence import Breach
from chaos.races_arena import Arena, arena
from chaos.races_calls import (
    compared,
    one_agent,
    one_call,
    one_report,
    ring_and_legs,
    ring_overtaken,
    spooled,
    unreadable,
    version_before,
)
from chaos.races_money import numbers, outcomes, tabs, told_facts
from chaos.stage import all_databases
from databases import Databases

Say = Callable[[str], object]
Race = Callable[[Arena], Iterator[str]]

ROUNDS = 10
RACES: Mapping[str, Race] = {
    "one report": one_report,
    "one call": one_call,
    "ring and legs": ring_and_legs,
    "ring overtaken": ring_overtaken,
    "version before": version_before,
    "one agent": one_agent,
    "spool": spooled,
    "reconciler": compared,
    "unreadable": unreadable,
    "outcomes": outcomes,
    "numbers": numbers,
    "tabs": tabs,
    "told facts": told_facts,
}


def run_races(chosen: argparse.Namespace, say: Say) -> int:
    """0 when no race of any seed came to something that no order of its parts would come to."""
    failures = 0
    with all_databases(chosen.db) as databases:
        for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds):
            began = monotonic()
            breaches = race(databases, seed, chosen.races or RACES)
            failures += len(breaches)
            taken = f"{monotonic() - began:.0f} s"
            say(f"races, seed {seed}, {chosen.db}: {len(breaches)} breaches ({taken})")
            for breach in breaches:
                say(f"  {breach}")
    return 1 if failures else 0


def race(
    databases: Databases, seed: int, names: Collection[str], rounds: int = ROUNDS
) -> list[Breach]:
    """Of the first race that went wrong: what it left may trip up the others."""
    with databases.migrated() as url, arena(url, seed) as stage:
        for nth, name in product(range(rounds), names):
            wrong = [*RACES[name](stage), *stage.complaints()]
            if wrong:
                return [Breach(name, f"seed {seed}, round {nth + 1}", what) for what in wrong]
    return []

"""Prove that no call is lost: `python -m tests.chaos --help`, or `make chaos N=.. SEEDS=..`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the tests' modules, too

from chaos.crashes import crashes_counted
from chaos.faults import WEATHERS
from chaos.monkeys import Monkeys
from chaos.mutating import run_mutants
from chaos.nets import Net
from chaos.races import RACES, run_races
from chaos.real import run_real
from chaos.running import run_virtual


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("-n", "--calls", type=int, default=200, help="of each seed (200)")
    parser.add_argument("--seeds", type=int, default=1, help="how many (1)")
    parser.add_argument("--first-seed", type=int, default=1, help="to begin with (1)")
    parser.add_argument("--jobs", type=int, default=_cores(), help="seeds at a time (the cores)")
    parser.add_argument("--db", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--part", choices=("virtual", "real", "both"), default="virtual")
    parser.add_argument("--without", action="append", choices=[*Net], help="this net", default=[])
    parser.add_argument("--twice", action="store_true", help="each seed again, to the same hash")
    parser.add_argument("--only-call", type=int, help="play this journey alone, and tell its story")
    parser.add_argument("--weather", choices=WEATHERS, default="storm", help="what strikes")
    parser.add_argument("--monkeys", choices=[*Monkeys], default="all", help="among processes")
    parser.add_argument("--ablate", action="store_true", help="each net away alone, as a table")
    parser.add_argument("--mutants", nargs="?", const="", metavar="TEXT", help="planted mistakes")
    parser.add_argument("--races", nargs="*", choices=[*RACES], help="these, or all there are")
    chosen = parser.parse_args(arguments)
    if chosen.part != "virtual" and Net.MEMORY in chosen.without:
        parser.error("what the service remembers can be taken away in the virtual part alone")
    return chosen


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _options(arguments)
    with crashes_counted() as crashes:
        ended = _run(chosen)
    for line in crashes.lines():
        _say(line)
    return ended


def _run(chosen: argparse.Namespace) -> int:
    if chosen.mutants is not None:
        return run_mutants(chosen.mutants, _say)
    if chosen.races is not None:
        return run_races(chosen, _say)
    virtual = run_virtual(chosen, _say) if chosen.part != "real" else 0
    of_virtual_alone = chosen.ablate or chosen.twice or chosen.only_call is not None
    real = run_real(chosen, _say) if chosen.part != "virtual" and not of_virtual_alone else 0
    return max(virtual, real)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())

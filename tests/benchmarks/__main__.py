"""Hot paths as ratios against a bare Flask endpoint: `python -m tests.benchmarks --help`.

Needs Linux: cores to pin to, and /proc to read CPU times from.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the tests' modules, too

from benchmarks.endpoints import NAMES, running
from benchmarks.farshore import FULL, QUICK
from benchmarks.figures import Figures, table
from benchmarks.sampling import samples
from benchmarks.servers import Cores


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of all endpoints (5)")
    parser.add_argument("--seconds", type=float, default=2, help="that one sample lasts (2)")
    parser.add_argument(
        "--only", action="append", metavar="TEXT", help="endpoints with this in their name"
    )
    parser.add_argument("--json", action="store_true", help="figures for programs")
    parser.add_argument(
        "--quick", action="store_true", help="one round of moments: whether it runs, not how fast"
    )
    chosen = parser.parse_args(arguments)
    chosen.names = [name for name in NAMES if _is_wanted(name, chosen.only)]
    if not chosen.names or chosen.rounds < 1 or chosen.seconds <= 0:
        parser.error("nothing to measure; the endpoints are\n  " + "\n  ".join(NAMES))
    if chosen.quick:
        chosen.rounds, chosen.seconds = 1, 0.1
    return chosen


def _is_wanted(name: str, only: Sequence[str] | None) -> bool:
    return not only or any(text.casefold() in name.casefold() for text in only)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _options(arguments)
    cores = Cores.found()
    if cores.server == cores.load:
        _say("There is one core only: load and server share it, waiting times mean little.")
    size = QUICK if chosen.quick else FULL
    with running(chosen.names, cores, size) as (bare, endpoints):
        found = samples(bare, endpoints, chosen.rounds, chosen.seconds, _say)
    figures = [Figures.of(name, rounds) for name, rounds in found.items()]
    as_json = json.dumps([asdict(each) for each in figures], indent=2)
    sys.stdout.write(f"{as_json if chosen.json else table(figures)}\n")


if __name__ == "__main__":
    main()

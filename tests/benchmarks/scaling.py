"""Whether more processes do more: first views a second under 1, 2 and 4 of gunicorn's workers on
PostgreSQL, and under the one that SQLite lets write: `python -m tests.benchmarks.scaling`.

Nobody is pinned: workers, database and load share all cores, whose time is counted as well.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the tests' modules, too

from benchmarks.farshore import FULL, QUICK, Farshore, Size, opened
from benchmarks.load import drive
from databases import postgres_databases, sqlite_databases

WORKERS = (1, 2, 4)
_IDLE, _WAITING_FOR_A_DISK = 3, 4  # where they stand in /proc/stat (proc_stat(5))


@dataclass(frozen=True, slots=True)
class Round:
    """``busy``: the share of all cores' time that somebody used."""

    per_second: float
    busy: float


@dataclass(frozen=True, slots=True)
class Scaled:
    """Medians over rounds; ``times``: beside the first stage, in the same round."""

    stage: str
    per_second: float
    times: float
    busy: float

    @classmethod
    def of(cls, stage: str, rounds: Sequence[Round], beside: Sequence[Round]) -> "Scaled":
        return cls(
            stage,
            median(each.per_second for each in rounds),
            median(a.per_second / b.per_second for a, b in zip(rounds, beside, strict=True)),
            median(each.busy for each in rounds),
        )

    def row(self) -> str:
        return f"| {self.stage} | {self.times:.2f} | {self.busy:.0%} | {self.per_second:.0f} |"


@contextmanager
def stages(size: Size) -> Iterator[dict[str, Farshore]]:
    """Each with a database of its own."""
    with ExitStack() as stack:
        copies = stack.enter_context(postgres_databases())
        files = stack.enter_context(sqlite_databases())
        found = {
            f"PostgreSQL, {workers} worker{'s' * (workers > 1)}": stack.enter_context(
                opened(copies, None, size, workers=workers)
            )
            for workers in WORKERS
        }
        yield found | {"SQLite, 1 worker": stack.enter_context(opened(files, None, size))}


def scaled(
    open_stages: dict[str, Farshore], size: Size, rounds: int, seconds: float
) -> list[Scaled]:
    found: dict[str, list[Round]] = {name: [] for name in open_stages}
    tried = size.numbers // 10  # so that there are some left, however quick it is
    visits = {name: _warmed_up(stage, tried, seconds) for name, stage in open_stages.items()}
    for _ in range(rounds):
        for name, stage in open_stages.items():
            found[name].append(_measured(stage, visits[name]))
    first = next(iter(found.values()))
    return [Scaled.of(name, rounds, first) for name, rounds in found.items()]


def _warmed_up(stage: Farshore, tried: int, seconds: float) -> int:
    """How many visits take so long."""
    drive(stage.server.address, stage.first_views(tried))
    taken = drive(stage.server.address, stage.first_views(tried)).seconds
    return max(tried, round(tried * seconds / taken))


def _measured(stage: Farshore, visits: int) -> Round:
    asked = stage.first_views(visits)
    used, all_of_it = _cores_time()
    driven = drive(stage.server.address, asked)
    used_by_then, all_by_then = _cores_time()
    return Round(
        len(driven.waits) / driven.seconds, (used_by_then - used) / (all_by_then - all_of_it)
    )


def _cores_time() -> tuple[int, int]:
    """Used, and all."""
    ticks = [
        int(each) for each in Path("/proc/stat").read_text("ascii").split("\n")[0].split()[1:9]
    ]
    return sum(ticks) - ticks[_IDLE] - ticks[_WAITING_FOR_A_DISK], sum(ticks)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scaling", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of all stages (5)")
    parser.add_argument("--seconds", type=float, default=3, help="of a stage in a round (3)")
    parser.add_argument("--quick", action="store_true", help="whether it runs, not how fast")
    parser.add_argument("--json", action="store_true", help="figures for programs")
    chosen = parser.parse_args(arguments)
    size, rounds, seconds = (
        (QUICK, 1, 0.1) if chosen.quick else (FULL, chosen.rounds, chosen.seconds)
    )
    with stages(size) as open_stages:
        found = scaled(open_stages, size, rounds, seconds)
    head = "| first views | times one worker's | cores busy | a second |\n|---|---|---|---|"
    as_table = "\n".join([head, *(each.row() for each in found)])
    as_json = json.dumps([asdict(each) for each in found], indent=2)
    sys.stdout.write(f"{as_json if chosen.json else as_table}\n")


if __name__ == "__main__":
    main()

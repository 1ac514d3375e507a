"""Mistakes that somebody could make tomorrow, planted one by one: does the chaos find each?

A mutant is data: what stands in a file of the product and what stands there instead. It is planted
in a copy of the sources and played on its ground, on which the clean code must be green.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scratch import scratch_folder

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "mutants"
AT_ONCE = 2
# Safety nets hide faults: most mistakes show only where the net behind them is away.
GROUNDS = {
    "storm": "--calls 60 --first-seed 1",
    "unrepaired": "--calls 45 --first-seed 2 --without reconciler --weather lossless",
    "slow": "--calls 45 --first-seed 5 --without reconciler --weather slow",
    "rough": "--calls 45 --first-seed 7 --without reconciler --weather rough",
    "calm": "--calls 40 --first-seed 3 --without reconciler --weather calm",
    "repaired": "--calls 400 --first-seed 4 --weather calm",
}

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Mutant:
    """``before`` stands once in ``file``. ``why``: what makes the mistake plausible."""

    name: str
    file: str
    before: str
    after: str
    why: str
    ground: str = "unrepaired"

    @property
    def source(self) -> Path:
        return ROOT / "src/callweave" / self.file


@dataclass(frozen=True, slots=True)
class Verdict:
    """``caught``: whether there was a breach; ``said``: the first one in its own words."""

    ground: str
    caught: bool
    said: str


def mutants() -> list[Mutant]:
    found: list[Mutant] = []
    for file in sorted(DATA.glob("*.toml")):
        tables = tomllib.loads(file.read_text("utf-8"))["mutant"]
        found += (Mutant(**table) for table in tables)
    return found


def run_mutants(wanted: str, say: Say) -> int:
    """``wanted``: part of a name. 0 when the clean code is green and every mutant is caught."""
    chosen = [each for each in mutants() if wanted in each.name]
    clean = [_played(None, ground) for ground in _grounds(chosen)]
    for verdict in clean:
        mark = f"BREACHED {verdict.said}" if verdict.caught else "green"
        say(f"clean code, {verdict.ground}: {mark}")
    caught = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for mutant, verdict in zip(chosen, pool.map(_tried, chosen), strict=True):
            mark = "caught" if verdict.caught else "MISSED"
            say(f"{mark}  {mutant.name} ({verdict.ground}): {verdict.said}")
            caught += verdict.caught
    say(f"{caught} of {len(chosen)} mutants caught")
    green = not any(verdict.caught for verdict in clean)
    return 0 if green and caught == len(chosen) else 1


def _grounds(chosen: Sequence[Mutant]) -> list[str]:
    return sorted({each.ground for each in chosen})


def _tried(mutant: Mutant) -> Verdict:
    return _played(mutant, mutant.ground)


def _played(mutant: Mutant | None, ground: str) -> Verdict:
    with _copied(mutant) as source:
        command = [sys.executable, "-m", "tests.chaos", *GROUNDS[ground].split()]
        environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    lines = [line.strip() for line in done.stdout.splitlines()]
    breaches = [line for line in lines if line.startswith("[")]
    said = breaches[:1] or done.stderr.strip().splitlines()[-1:] or lines[-1:]
    return Verdict(ground, caught=done.returncode != 0, said="".join(said))


@contextmanager
def _copied(mutant: Mutant | None) -> Iterator[Path]:
    folder = scratch_folder()
    try:
        kept = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / "src", folder / "src", ignore=kept)
        if mutant:
            target = folder / "src/callweave" / mutant.file
            text = target.read_text("utf-8")
            if text.count(mutant.before) != 1:
                raise ValueError(f"{mutant.name}: `before` is not once in {mutant.file}")
            target.write_text(text.replace(mutant.before, mutant.after), "utf-8")
        yield folder / "src"
    finally:
        shutil.rmtree(folder)

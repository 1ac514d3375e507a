"""Mistakes that somebody could make tomorrow, planted one by one: does the chaos find each?

A mutant is data: what stands in a file of the product, what stands there instead, and the rules
that would be right to complain. It is planted in a copy of the sources and played on its ground,
on which the clean code must be green. Only a breach of one of those rules counts: a run that
breaks off, for whatever reason, has found nothing, nor has one of a program that cannot work.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic

from chaos.crashes import MARK as CRASHED
from chaos.grounds import GROUNDS, RACES
from scratch import scratch_folder

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "mutants"
AT_ONCE = 2
# Several times what the slowest ground takes on a machine that has other work.
LONGEST_S = 600
_BREACH = re.compile(r"\[([^\]]+)\] ")
_CRASH = "Traceback (most recent call last)"

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Mutant:
    """``before`` stands once in ``file``. ``why``: what makes the mistake plausible; ``found_by``:
    the rules any of which is the right one to find it, of races the names.
    """

    name: str
    file: str
    before: str
    after: str
    why: str
    found_by: list[str]
    ground: str = "unrepaired"

    @property
    def source(self) -> Path:
        return ROOT / "src/callweave" / self.file

    @property
    def options(self) -> Sequence[str]:
        return _options(self.ground, self.found_by)


@dataclass(frozen=True, slots=True)
class Played:
    """``rules``: those that were breached, each once; ``said``: the first breach in its own words,
    or the last thing that was said. ``broken``: it broke off, or ended in failure without a breach,
    or the program broke on the way, as the first test that anybody runs would show.
    """

    rules: Sequence[str]
    said: str
    broken: bool
    seconds: float


class Mark(StrEnum):
    CAUGHT = "caught"
    MISSED = "MISSED"
    OTHERWISE = "FOUND OTHERWISE"
    BROKEN = "BROKEN"


def mutants() -> list[Mutant]:
    found: list[Mutant] = []
    for file in sorted(DATA.glob("*.toml")):
        tables = tomllib.loads(file.read_text("utf-8"))["mutant"]
        found += (Mutant(**table) for table in tables)
    return found


def planted(mutant: Mutant) -> str:
    """Its file with the mistake in it. Raises ValueError where that cannot be made any more."""
    text = mutant.source.read_text("utf-8")
    if text.count(mutant.before) != 1:
        raise ValueError(f"{mutant.name}: `before` is not once in {mutant.file}")
    return text.replace(mutant.before, mutant.after)


def run_mutants(wanted: str, say: Say) -> int:
    """``wanted``: part of a name, of a ground or of a rule. 0 when the clean code is green and
    every mutant is caught, each by a rule that is right to complain.
    """
    chosen = [each for each in mutants() if any(wanted in words for words in _words(each))]
    if not chosen:
        say(f"no mutant, ground or rule is called {wanted!r}, not even in part")
        return 1
    is_green = _clean_is_green(chosen, say)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = list(zip(chosen, pool.map(lambda each: _tried(each, say), chosen), strict=True))
    for line in _table(runs):
        say(line)
    marks = Counter(mark_of(mutant, played) for mutant, played in runs)
    say(f"{marks[Mark.CAUGHT]} of {len(chosen)} mutants caught")
    return 0 if is_green and marks[Mark.CAUGHT] == len(chosen) else 1


def mark_of(mutant: Mutant, played: Played) -> Mark:
    if played.broken:
        return Mark.BROKEN
    if not played.rules:
        return Mark.MISSED
    return Mark.CAUGHT if {*mutant.found_by} & {*played.rules} else Mark.OTHERWISE


def read_run(code: int | None, out: str, err: str, seconds: float) -> Played:
    """``code``: the exit's, None for a run that had to be ended."""
    lines = [line.strip() for line in out.splitlines()]
    breaches = [line for line in lines if _BREACH.match(line)]
    rules = list(dict.fromkeys(match[1] for line in lines if (match := _BREACH.match(line))))
    crashes = [line for line in lines if line.startswith(CRASHED)]
    broken = code is None or bool(crashes) or _CRASH in err or (code != 0) != bool(breaches)
    errors = crashes or err.strip().splitlines()
    last = [f"it took longer than {seconds:.0f} s"] if code is None else errors[-1:]
    said = (last if broken else breaches[:1]) or lines[-1:]
    return Played(rules, "".join(said), broken, seconds)


def _options(ground: str, found_by: Collection[str]) -> Sequence[str]:
    """Of all races only those that matter."""
    return [*GROUNDS[ground].split(), *(sorted({*found_by}) if ground == RACES else ())]


def _words(mutant: Mutant) -> Sequence[str]:
    return [mutant.name, mutant.ground, *mutant.found_by]


def _clean_is_green(chosen: Sequence[Mutant], say: Say) -> bool:
    grounds = sorted({each.ground for each in chosen})
    options = [
        _options(
            ground, [rule for each in chosen if each.ground == ground for rule in each.found_by]
        )
        for ground in grounds
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        clean = list(pool.map(lambda each: _played(None, each), options))
    for ground, played in zip(grounds, clean, strict=True):
        mark = "BROKEN" if played.broken else "BREACHED" if played.rules else "green"
        said = "" if mark == "green" else f" {played.said}"
        say(f"{mark}  clean code ({ground}, {played.seconds:.0f} s){said}")
    return not any(played.broken or played.rules for played in clean)


def _tried(mutant: Mutant, say: Say) -> Played:
    played = _played(mutant, mutant.options)
    where = f"{mutant.ground}, {played.seconds:.0f} s"
    say(f"{mark_of(mutant, played)}  {mutant.name} ({where}): {played.said}")
    return played


def _played(mutant: Mutant | None, options: Sequence[str]) -> Played:
    began = monotonic()
    with _copied(mutant) as source:
        command = [sys.executable, "-m", "tests.chaos", *options]
        environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                out, err = process.communicate(timeout=LONGEST_S)
                code = process.returncode
            except subprocess.TimeoutExpired:
                process.kill()
                (out, err), code = process.communicate(), None
    return read_run(code, out, err, monotonic() - began)


def _table(runs: Sequence[tuple[Mutant, Played]]) -> Iterator[str]:
    yield "| mistake | why somebody would make it | ground | found by |"
    yield "|---|---|---|---|"
    for mutant, played in runs:
        mark = mark_of(mutant, played)
        right = [rule for rule in played.rules if rule in mutant.found_by]
        found = ", ".join(right) if mark is Mark.CAUGHT else f"**{mark}** {', '.join(played.rules)}"
        yield f"| {mutant.name} | {mutant.why} | {mutant.ground} | {found.strip()} |"


@contextmanager
def _copied(mutant: Mutant | None) -> Iterator[Path]:
    folder = scratch_folder()
    try:
        kept = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / "src", folder / "src", ignore=kept)
        if mutant:
            (folder / "src/callweave" / mutant.file).write_text(planted(mutant), "utf-8")
        yield folder / "src"
    finally:
        shutil.rmtree(folder)

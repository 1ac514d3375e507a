"""That the comparison of large and old pools runs; how quick they are is for people to say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_large_and_old_pools_are_compared_on_both_databases() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.claims", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [row["what"].rpartition(", ")[2] for row in json.loads(done.stdout)] == [
        "SQLite",
        "SQLite",
        "PostgreSQL",
        "PostgreSQL",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("db", ["sqlite", "postgresql"])
def test_lending_at_length_ends_well(db: str) -> None:
    sizes = ["--visits", "160", "--processes", "2", "--pools", "10", "50", "--db", db]
    command = [sys.executable, "-m", "tests.assignments", *sizes]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("80 of 80 visits") == 2

"""That `make bench` runs and all endpoints answer as they should; how fast is for people to say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="benchmarks pin cores: Linux only")
def test_every_endpoint_is_measured_beside_the_bare_one() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    bare, *others = json.loads(done.stdout)
    assert bare["endpoint"].endswith("(bare)")
    assert len(others) == 26
    assert all(figures["ratio"] > 0 for figures in others)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="the cores' time is in /proc: Linux")
def test_more_workers_are_measured_beside_one() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.scaling", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, *others = json.loads(done.stdout)
    assert first["times"] == 1
    assert [each["stage"].split(",")[0] for each in others] == [
        "PostgreSQL",
        "PostgreSQL",
        "SQLite",
    ]
    assert all(0 < each["busy"] <= 1 for each in others)

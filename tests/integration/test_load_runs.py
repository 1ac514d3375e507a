"""That `make load` runs and the phone is answered in it; how fast is for people to say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="pins cores: Linux only")
def test_the_phone_is_answered_under_every_load() -> None:
    command = [sys.executable, "-m", "tests.load", "--quick", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [each["rings"] for each in found] == [6] * 5
    assert all("failure" not in each["heard"] for each in found)
    seen = [set(each["attackers"]) for each in found]
    assert seen[:2] == [set(), set()]
    assert "slow sockets that were opened" in seen[2] & seen[4]
    assert "shown the site's own" in seen[3] & seen[4] or "lent a number" in seen[3] & seen[4]

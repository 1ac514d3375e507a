"""The Chromium that this machine has."""

import os
import shutil
import subprocess

# *.example is this machine, and nothing else of the world is within reach
HOSTS = "MAP *.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules={HOSTS}",
]
# A browser that says it is headless is taken for a robot, and rightly so.
A_PERSONS_BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Its path: what CHROMIUM names, else the first usual name on PATH."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def chromium_version(path: str) -> str:
    asked = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()

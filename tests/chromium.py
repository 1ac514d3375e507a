"""The Chromium that this machine has."""

import os
import shutil
import subprocess

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Its path: what CHROMIUM names, else the first usual name on PATH."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def chromium_version(path: str) -> str:
    asked = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()

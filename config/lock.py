"""Write the locked requirements, with hashes, for every supported Python at once.

Names, versions and hashes only: the files name no registry, so any mirror serves them.
"""

import subprocess
import sys
from pathlib import Path

CONFIG = Path(__file__).parent
LOCKS = {"requirements.txt": ["build"], "requirements-dev.txt": ["build", "dev"]}


def lock(name: str, extras: list[str]) -> None:
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header"]
    command += [f"--extra={extra}" for extra in extras]
    command += ["--output-file", str(CONFIG / name), str(CONFIG.parent / "pyproject.toml")]
    subprocess.run([Path(sys.executable).with_name("uv"), *command[1:]], check=True)


if __name__ == "__main__":
    for name, extras in LOCKS.items():
        lock(name, extras)

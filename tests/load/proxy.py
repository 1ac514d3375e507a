"""nginx with config/nginx.conf, moved from the containers' network to this machine."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bring import LOUD, can_install
from load.waiting import free_port, say, until_it_answers

CONFIG = Path(__file__).parents[2] / "config" / "nginx.conf"
INSTALL = (("apt-get", "update"), ("apt-get", "install", "--yes", "nginx-light"))
WITHOUT = "No nginx: MEASURED WITHOUT THE PROXY, which is not how production stands."
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")


def find_nginx() -> str | None:
    return shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), *_PLACES)))


def bring_nginx() -> str | None:
    """Installed from Debian where root can do that; None is said loudly."""
    if not find_nginx() and can_install():
        say("nginx is missing; installing the system's package ...")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in INSTALL:
            subprocess.run(command, env=quiet, capture_output=True, check=False)
    found = find_nginx()
    if not found:
        say(f"{LOUD}\n{WITHOUT}")
        say(f"Slow sockets then meet the web pool itself. Install nginx.\n{LOUD}")
    return found


def on_this_machine(text: str, port: int, web: int, voice: int, folder: Path) -> str:
    """What docs/operations.md does by hand, and files in ``folder``."""
    for before, after in (
        ("server web:8000 resolve", f"server 127.0.0.1:{web}"),
        ("server voice:8000 resolve", f"server 127.0.0.1:{voice}"),
        ("resolver 127.0.0.11 valid=5s;", ""),
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        ("/tmp/", f"{folder}/"),
    ):
        if before not in text:
            raise ValueError(f"{CONFIG} has no {before!r} any more")
        text = text.replace(before, after)
    return text


@contextmanager
def proxied(nginx: str, web: int, voice: int, folder: Path) -> Iterator[int]:
    """The port of a proxy before these two; ``folder`` keeps its files and access log."""
    folder.chmod(0o755)  # its workers are somebody else where root starts it
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(on_this_machine(CONFIG.read_text("utf-8"), port, web, voice, folder))
    with (folder / "access.log").open("wb") as out, (folder / "nginx.log").open("wb") as errors:
        process = subprocess.Popen(
            [nginx, "-e", "stderr", "-c", str(config), "-p", str(folder), "-g", "daemon off;"],
            stdout=out,
            stderr=errors,
        )
    try:
        until_it_answers(port, process, folder / "nginx.log")
        yield port
    finally:
        process.terminate()
        process.wait(30)

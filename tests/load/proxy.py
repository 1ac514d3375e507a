"""nginx with config/nginx.conf, moved from the containers' network to this machine."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from bring import LOUD, NGINX, can_install, install
from load.waiting import free_port, say
from nginx import find_nginx, running_nginx

CONFIG = Path(__file__).parents[2] / "config" / "nginx.conf"
WITHOUT = "No nginx: MEASURED WITHOUT THE PROXY, which is not how production stands."


def bring_nginx() -> str | None:
    """Installed from Debian where root can do that; None is said loudly."""
    if not find_nginx() and can_install():
        with redirect_stdout(sys.stderr):  # figures go to the other one, for programs to read
            install(NGINX)
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
    port = free_port()
    config = on_this_machine(CONFIG.read_text("utf-8"), port, web, voice, folder)
    with running_nginx(nginx, config, port, folder):
        yield port

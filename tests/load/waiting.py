"""Servers of one's own on this machine: a port for each, when it answers, what there is to say."""

import http.client
import socket
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE_S = 60


def say(line: str) -> None:
    """Beside the figures, which programs read."""
    sys.stderr.write(f"{line}\n")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def until_it_answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Raises RuntimeError with what the server said if it never does."""
    deadline = time.monotonic() + _PATIENCE_S
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"nothing answers at port {port}:\n{log.read_text()}")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/readyz")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()

"""``callweave serve`` as a process of its own, on a port of this machine."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from callweave.simulator.signing import signature
from service import ACCOUNT, TOKEN


@contextmanager
def served(url: str, folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    base = f"http://127.0.0.1:{port}"
    environ = os.environ | {
        "PUBLIC_BASE_URL": base,
        "SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "CALLWEAVE_DEFAULT_DESTINATION": "+441614960100",
        "DATABASE_URL": url,
        "CALLWEAVE_DATA_DIR": str(folder),
        "CALLWEAVE_SPOOL_MB": "1",
        "PORT": str(port),
    }
    command = [str(Path(sys.executable).with_name("callweave")), "serve"]
    process = subprocess.Popen(command, env=environ, start_new_session=True)
    try:
        _wait_until_it_lives(base)
        yield process, base
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _wait_until_it_lives(base: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{base}/healthz", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    pytest.fail("the service did not start")


def post(base: str, path: str, form: dict[str, str]) -> requests.Response:
    url = f"{base}/voice/{path}"
    signed = {"X-Twilio-Signature": signature(TOKEN, url, form)}
    return requests.post(url, data=form, headers=signed, timeout=15)

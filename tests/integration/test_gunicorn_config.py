"""gunicorn as config/gunicorn.py sets it up, around an application of three lines."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

APP = """
import time

def app(environ, start_response):
    if environ["PATH_INFO"].endswith("/slow"):
        time.sleep(6)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
CONFIG = Path(__file__).parents[2] / "config" / "gunicorn.py"


@pytest.fixture
def gunicorn(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "three_lines.py").write_text(APP)
    command = [sys.executable, "-m", "gunicorn", f"--config={CONFIG}", "--bind=127.0.0.1:0"]
    process = subprocess.Popen(
        [*command, "three_lines:app"],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONWARNINGS": "error"},
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def address(gunicorn: subprocess.Popen[str]) -> str:
    return next(line.split()[2] for line in said(gunicorn) if line.startswith("Listening at"))


def connected(address: str) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


@pytest.mark.parametrize(
    ("slow", "quick"),
    [("GET /slow", "POST /voice/ring"), ("POST /voice/slow", "GET /")],
    ids=["pages", "rings"],
)
def test_one_kind_that_takes_long_does_not_hold_up_the_other(
    address: str, slow: str, quick: str
) -> None:
    with ExitStack() as waiting:
        for _ in range(4):
            waiting.enter_context(asked(address, slow))
        for _ in range(3):
            with asked(address, quick) as answered:
                answered.settimeout(4)
                assert answered.recv(15) == b"HTTP/1.1 200 OK"
        queued = waiting.enter_context(asked(address, slow.replace("slow", "behind")))
        queued.settimeout(0.5)
        with pytest.raises(TimeoutError):
            queued.recv(15)


def asked(address: str, request: str) -> socket.socket:
    line = connected(address)
    line.sendall(f"{request} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return line


def test_who_connects_and_says_nothing_holds_up_nobody(address: str) -> None:
    with ExitStack() as silent:
        for _ in range(12):
            silent.enter_context(connected(address))
        began = time.monotonic()
        assert requests.get(f"{address}/", timeout=10).text == "ok"
        assert time.monotonic() - began < 4  # gunicorn's own would wait 5 s for each with a thread


def test_one_connection_is_of_use_to_both(address: str) -> None:
    with requests.Session() as session:
        for _ in range(3):
            assert session.get(f"{address}/", timeout=5).text == "ok"
            assert session.post(f"{address}/voice/ring", {"To": "+44"}, timeout=5).text == "ok"


def test_a_request_that_comes_in_pieces_is_read_to_its_end(address: str) -> None:
    with connected(address) as slow:
        for piece in (
            b"POST /vo",
            b"ice/ring HTTP/1.1\r\nHost: x\r\nContent-Len",
            b"gth: 0\r\n\r\n",
        ):
            time.sleep(0.1)
            slow.sendall(piece)
        assert slow.recv(15) == b"HTTP/1.1 200 OK"


def test_two_requests_that_come_at_once_are_both_answered(address: str) -> None:
    request = b"POST /voice/ring HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    with connected(address) as line:
        line.sendall(request * 2)
        heard = b""
        while heard.count(b"200 OK") < 2:
            more = line.recv(4096)
            assert more
            heard += more


def said(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stderr is not None
    for line in process.stderr:
        yield json.loads(line)["message"]


def test_it_speaks_json_and_keeps_no_access_log(gunicorn: subprocess.Popen[str]) -> None:
    lines = said(gunicorn)
    address = next(line.split()[2] for line in lines if line.startswith("Listening at"))
    assert requests.get(address, timeout=10).text == "ok"
    gunicorn.terminate()
    rest = list(lines)
    assert any("Worker exiting" in line for line in rest)
    assert not any("GET" in line for line in rest)


def test_it_leaves_the_home_directory_alone(
    gunicorn: subprocess.Popen[str], tmp_path: Path
) -> None:
    lines = said(gunicorn)
    address = next(line.split()[2] for line in lines if line.startswith("Listening at"))
    assert requests.get(address, timeout=10).text == "ok"  # it can be told to stop by now
    gunicorn.terminate()
    gunicorn.wait(10)
    left = {path.name for path in tmp_path.iterdir()} - {"__pycache__", "three_lines.py"}
    assert left == set()

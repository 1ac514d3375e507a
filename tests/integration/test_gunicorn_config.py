"""gunicorn as config/gunicorn.py sets it up, around an application of three lines."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

APP = """
def app(environ, start_response):
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
    assert any("Booting worker" in line for line in said(gunicorn))
    gunicorn.terminate()
    gunicorn.wait(10)
    left = {path.name for path in tmp_path.iterdir()} - {"__pycache__", "three_lines.py"}
    assert left == set()

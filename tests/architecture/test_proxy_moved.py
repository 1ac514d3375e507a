"""docs/operations.md moves the containers' proxy to one machine by a command; here it is run."""

import re
import subprocess
from pathlib import Path

import pytest

from architecture.sources import ROOT
from nginx import find_nginx

OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
GOAL = "/etc/nginx/nginx.conf"


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    found = re.search(r"<!-- nginx -->\n```sh\n(.*?)```", OPERATIONS, re.DOTALL)
    assert found
    here = tmp_path / "nginx.conf"
    subprocess.run(["sh", "-ec", found[1].replace(GOAL, str(here))], cwd=ROOT, check=True)
    return here


def test_the_moved_proxy_knows_this_machine_only(moved: Path) -> None:
    servers = re.findall(r"server (\S+?)(?: backup[^;]*)?;", moved.read_text("utf-8"))
    assert servers == ["127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8000"]
    assert not re.search(r"resolve|/dev/stdout|stderr", moved.read_text("utf-8"))


@pytest.mark.skipif(find_nginx() is None, reason="no nginx on this machine")
def test_nginx_reads_it(moved: Path, tmp_path: Path) -> None:
    text = re.sub(r"/(var/log/nginx|run|tmp)/(?=[\w.]+[; ])", f"{tmp_path}/", moved.read_text())
    moved.write_text(text)
    command = [find_nginx() or "", "-t", "-e", "stderr", "-c", str(moved), "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr or "user" in done.stderr

"""The nginx example of docs/snippet.md is one that nginx takes."""

import subprocess
from pathlib import Path

import pytest

from nginx import find_nginx, passing_us_on

NGINX = find_nginx()


@pytest.mark.skipif(NGINX is None, reason="no nginx on this machine")
def test_the_example_of_a_proxying_host_is_taken(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; events {{}}\n"
        "http { access_log off; server { listen 127.0.0.1:8089;\n"
        # the name of the example is nobody's, and nginx asks for its address
        f"{passing_us_on('https://127.0.0.1')} }} }}",
        encoding="utf-8",
    )
    told = subprocess.run(
        [str(NGINX), "-t", "-q", "-e", "stderr", "-p", tmp_path, "-c", "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")

"""The nginx that this machine has, and one that runs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from load.waiting import until_it_answers

DOCS = Path(__file__).parents[1] / "docs" / "snippet.md"
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")


def find_nginx() -> str | None:
    return shutil.which("nginx", path=os.pathsep.join((os.environ.get("PATH", ""), *_PLACES)))


@contextmanager
def running_nginx(nginx: str, config: str, port: int, folder: Path) -> Iterator[None]:
    """``folder`` keeps its files; what it writes to its own output becomes the access log."""
    folder.chmod(0o755)  # its workers are somebody else where root starts it
    (folder / "nginx.conf").write_text(config, encoding="utf-8")
    with (folder / "access.log").open("wb") as out, (folder / "nginx.log").open("wb") as errors:
        process = subprocess.Popen(
            [nginx, "-e", "stderr", "-c", "nginx.conf", "-p", str(folder), "-g", "daemon off;"],
            stdout=out,
            stderr=errors,
        )
    try:
        until_it_answers(port, process, folder / "nginx.log")
        yield
    finally:
        process.terminate()
        process.wait(30)


def passing_us_on(to: str) -> str:
    """What docs/snippet.md has for a host that passes a folder on, to this address."""
    [example] = re.findall(r"```nginx\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    calls, host = "https://calls.example.com", to.partition("://")[2]
    return str(example).replace(calls, to).replace("calls.example.com", host)

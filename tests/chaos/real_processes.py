"""Processes of the service, started, killed and replaced; none of them outlives the tests."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import requests

_ROOT = Path(__file__).parents[2]
_CALLWEAVE = str(Path(sys.executable).with_name("callweave"))
_INHERITED = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
_PATIENCE_S = 60
# Gunicorn's graceful_timeout, and what compose.yaml gives it on top.
DRAINED_S = 35.0
# A socket on standard input is handed on as systemd hands sockets to a service.
_LISTENING = 'exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
# Standard input closes when the tests end, however they end; then nothing is left behind.
_KEEPER = 'read -r _; kill -KILL -- "-$1"'
# Where the parent stands after the command's name in /proc/PID/stat (proc_pid_stat(5)).
_PARENT = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """A process with all that it starts, in a group of its own."""

    process: subprocess.Popen[bytes]
    keeper: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def children(self) -> list[int]:
        return [pid for pid, parent in _families() if parent == self.pid]

    def kill(self) -> None:
        """All of it, at once, with no word to anybody."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self._forget()

    def stop(self) -> bool:
        """As a deploy does: what is under way is brought to its end, in time or else killed."""
        self.process.terminate()
        try:
            self.process.wait(DRAINED_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        self._forget()
        return True

    def _forget(self) -> None:
        self.process.wait(_PATIENCE_S)
        self.keeper.kill()
        self.keeper.communicate(timeout=_PATIENCE_S)


def start(
    words: Sequence[str],
    environ: Mapping[str, str],
    log: Path,
    listening: socket.socket | None = None,
) -> Kept:
    """``callweave`` with these words, listening where we do."""
    handed = ["sh", "-c", _LISTENING, "sh"] if listening else []
    with log.open("ab") as written:
        process = subprocess.Popen(
            [*handed, _CALLWEAVE, *words],
            stdin=listening.fileno() if listening else subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            cwd=_ROOT,
            env=_INHERITED | dict(environ),
            start_new_session=True,
        )
    keeper = subprocess.Popen(
        ["sh", "-c", _KEEPER, "sh", str(process.pid)],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return Kept(process, keeper)


def run(words: Sequence[str], environ: Mapping[str, str], log: Path) -> bool:
    """A command that comes to an end by itself; whether that was a good one."""
    with log.open("ab") as written:
        ended = subprocess.run(
            [_CALLWEAVE, *words],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            cwd=_ROOT,
            env=_INHERITED | dict(environ),
            timeout=10 * _PATIENCE_S,
            check=False,
        )
    return ended.returncode == 0


@dataclass(slots=True)
class Service:
    """``callweave serve`` and ``callweave worker``.

    The listening socket is ours and stays open while the service is away, as a socket unit of
    systemd does: whoever comes meanwhile waits instead of being turned away. ``leaving``: web
    processes whose end is near. ``hung``: what was told to stop and did not.
    """

    environ: Mapping[str, str]
    listening: socket.socket
    log: Path
    web: Kept
    worker: Kept
    leaving: set[int] = field(default_factory=set)
    hung: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return self.environ["PUBLIC_BASE_URL"]

    def kill_web_process(self, chance: Random) -> None:
        """One of gunicorn's, in the middle of whatever it does."""
        workers = self.web.children
        if workers:
            victim = chance.choice(workers)
            self.leaving.add(victim)
            os.kill(victim, signal.SIGKILL)

    def kill_web(self) -> None:
        """Gunicorn with all its processes; then it is started again."""
        self.web.kill()
        self.web = self._serve()

    def kill_worker(self) -> None:
        self.worker.kill()
        self.worker = start(["worker"], self.environ, self.log)

    def reload(self) -> None:
        """New processes take the place of the old ones, which finish what they have begun."""
        self.leaving.update(self.web.children)
        os.kill(self.web.pid, signal.SIGHUP)

    def replace_web(self) -> None:
        """A deploy: the new one beside the old one, which is then told to stop."""
        old, self.web = self.web, self._serve()
        self._wait_for_children(self.web)
        self._stop(old)

    def restart_web(self) -> None:
        """The old one stops first: the only way where one process alone may write."""
        self._stop(self.web)
        self.web = self._serve()

    def _stop(self, web: Kept) -> None:
        if not web.stop():
            self.hung.append(f"the service was not drained {DRAINED_S} s after SIGTERM")

    def run(self, *words: str) -> bool:
        return run(words, self.environ, self.log)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not self.is_ready():
            if time.monotonic() > deadline or self.web.process.poll() is not None:
                raise RuntimeError(f"the service did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.1)

    def is_whole(self) -> bool:
        """All processes that there ought to be, and none that are on their way out."""
        children = self.web.children
        self.leaving.intersection_update(children)
        wanted = int(self.environ["WEB_CONCURRENCY"])
        return not self.leaving and len(children) == wanted and self.worker.process.poll() is None

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.address}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def _serve(self) -> Kept:
        return start(["serve"], self.environ, self.log, self.listening)

    def _wait_for_children(self, kept: Kept) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not kept.children and time.monotonic() < deadline:
            time.sleep(0.05)


@contextmanager
def serving(environ: Mapping[str, str], listening: socket.socket, log: Path) -> Iterator[Service]:
    web = start(["serve"], environ, log, listening)
    service = Service(environ, listening, log, web, start(["worker"], environ, log))
    try:
        service.wait_until_ready()
        yield service
    finally:
        service.worker.kill()
        service.web.kill()


def _families() -> list[tuple[int, int]]:
    """Every process with its parent."""
    found = []
    for entry in os.listdir("/proc"):  # noqa: PTH208  one of the few places without paths
        if entry.isdigit():
            try:
                text = Path("/proc", entry, "stat").read_text()
            except OSError:  # ended meanwhile
                continue
            found.append((int(entry), int(text.rpartition(")")[2].split()[_PARENT])))
    return found

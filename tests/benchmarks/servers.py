"""Servers as in production, on a core of their own, and what the kernel says of their CPU time."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# Where the fields of /proc/PID/stat stand after the command's name (proc_pid_stat(5)).
_PARENT, _UTIME, _CSTIME = 1, 11, 14


@dataclass(frozen=True, slots=True)
class Cores:
    """The same core twice where this process may use only one."""

    server: int
    load: int

    @classmethod
    def found(cls) -> "Cores":
        allowed = sorted(os.sched_getaffinity(0))
        return cls(server=allowed[-1], load=allowed[0])


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """This process, and whatever it starts meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True, slots=True)
class Server:
    address: tuple[str, int]
    pid: int


@contextmanager
def serving(
    app: str, core: int | None, settings: Mapping[str, str], workers: int = 1
) -> Iterator[Server]:
    """Under our own configuration; ``app`` as gunicorn names it. Without a core on all of them."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        options = [
            "--config=config/gunicorn.py",
            f"--workers={workers}",
            "--log-level=warning",
            "--pythonpath=tests",
            f"--bind=fd://{listening.fileno()}",
        ]
        with nullcontext() if core is None else pinned(core):
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *options, app],
                cwd=_ROOT,
                env={"PATH": os.environ["PATH"], **settings},
                pass_fds=[listening.fileno()],
            )
        try:
            yield Server(listening.getsockname(), process.pid)
        finally:
            process.terminate()
            process.wait(30)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all below it, those that have ended included."""
    families: dict[int, list[int]] = {}
    spent: dict[int, float] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208  one of the few places without paths
        if entry.isdigit() and (fields := _stat(entry)):
            families.setdefault(int(fields[_PARENT]), []).append(int(entry))
            spent[int(entry)] = sum(map(int, fields[_UTIME : _CSTIME + 1])) * _TICK_S
    total, due = 0.0, [pid]
    while due:
        member = due.pop()
        total += spent.get(member, 0.0)
        due += families.get(member, [])
    return total


def parent_of(pid: int) -> int:
    fields = _stat(str(pid))
    if fields is None:
        raise ProcessLookupError(pid)
    return int(fields[_PARENT])


def _stat(pid: str) -> list[str] | None:
    try:
        text = Path("/proc", pid, "stat").read_text()
    except OSError:  # ended meanwhile
        return None
    return text.rpartition(")")[2].split()

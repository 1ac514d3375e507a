"""Webhooks to keep, takers to drain them into, and processes that die on their spool."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from callweave.intake import Webhook
from callweave.spool import Spool
from callweave.storage.database import DatabaseError
from shops import NOON

ROOM = 64 * 1024


def webhook(nth: int, kind: str = "ring", **fields: str) -> Webhook:
    form = {"CallSid": f"CA{nth:032x}", "From": "+447700900123"} | fields
    return Webhook(kind, None, tuple(form.items()), NOON + timedelta(seconds=nth))


class Taker:
    """Takes in what it is given, until it is told otherwise; then the database is gone."""

    def __init__(self, *, lasts: int = 10**9) -> None:
        self.taken: list[tuple[Webhook, str | None]] = []
        self.put_aside: list[tuple[Webhook, str | None, str]] = []
        self.lasts = lasts

    def take(self, hook: Webhook, given: str | None) -> None:
        if not self.is_well():
            raise DatabaseError("gone")
        self.taken.append((hook, given))

    def set_aside(self, hook: Webhook, given: str | None, why: str) -> None:
        self.put_aside.append((hook, given, why))

    def is_well(self) -> bool:
        return len(self.taken) < self.lasts

    @property
    def order(self) -> list[int]:
        return [round((hook.at - NOON).total_seconds()) for hook, _ in self.taken]


@contextmanager
def spool(folder: Path, capacity: int = ROOM) -> Iterator[Spool]:
    found = Spool(folder, capacity)
    yield found
    found.close()


def left_by_a_killed_process(folder: Path, first: int, last: int, capacity: int = ROOM) -> None:
    """A process keeps these and is killed before anything else can happen."""
    program = (
        "import sys, time; from pathlib import Path; from callweave.spool import Spool;"
        "from spools import webhook; folder, first, last, capacity = sys.argv[1:];"
        "spool = Spool(Path(folder), int(capacity));"
        "[spool.keep(webhook(nth), None) for nth in range(int(first), int(last) + 1)];"
        "print('kept', flush=True); time.sleep(60)"
    )
    words = [str(folder), str(first), str(last), str(capacity)]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"kept\n"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

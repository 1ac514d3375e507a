"""Databases that fail: locked by somebody else, stopped, frozen."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from callweave.storage.schema import TABLES, upgrade
from postgres import _PATIENCE_S, _SETTINGS, _account, _programs, _wait_for, running_postgres


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else holds every table and does not let go."""
    if url.startswith("sqlite:"):
        file = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file, isolation_level=None)) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            yield
        return
    with psycopg.connect(url) as holder:
        holder.execute(f"LOCK TABLE {', '.join(TABLES.tables)} IN ACCESS EXCLUSIVE MODE")
        yield
        holder.rollback()


# Standard input closes when the tests end, however they end; then nothing is left behind.
_KEEPER = '"$@" & read -r _; kill -QUIT $!; wait $!'
_THAWER = 'read -r _; kill -CONT "$@"'


@dataclass(slots=True)
class StoppablePostgres:
    """A server of its own, to be stopped, started again and frozen."""

    url: str
    programs: Path
    account: dict[str, Any]
    keepers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return Path(str(make_url(self.url).query["host"]))

    def stop(self) -> None:
        """As after a crash: at once, guests or no guests."""
        os.kill(self._postmaster(), signal.SIGQUIT)
        deadline = time.monotonic() + _PATIENCE_S
        while (self.folder / "data/postmaster.pid").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def start(self) -> None:
        options = [part for setting in _SETTINGS for part in ("-c", setting)]
        program, data = str(self.programs / "postgres"), str(self.folder / "data")
        self.keepers.append(
            self._shell(_KEEPER, program, "-D", data, "-k", str(self.folder), *options)
        )
        _wait_for(self.url, self.folder / "log")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Takes connections and requests, and answers none."""
        with psycopg.connect(self.url) as guest:
            pids = [pid for (pid,) in guest.execute("SELECT pid FROM pg_stat_activity")]
            everybody = [self._postmaster(), *(p for p in pids if p != guest.info.backend_pid)]
        thawer = self._shell(_THAWER, *map(str, everybody))
        for pid in everybody:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            thawer.communicate(timeout=_PATIENCE_S)

    def close(self) -> None:
        for keeper in self.keepers:
            keeper.communicate(timeout=_PATIENCE_S)

    def _shell(self, script: str, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["sh", "-c", script, "sh", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **self.account,
        )

    def _postmaster(self) -> int:
        return int((self.folder / "data/postmaster.pid").read_text().split()[0])


@contextmanager
def stoppable_postgres(folder: Path | None = None) -> Iterator[StoppablePostgres]:
    """Running, and with our tables. ``folder``: see ``running_postgres``."""
    account = _account()
    with running_postgres(folder) as url, _programs(account) as programs:
        server = StoppablePostgres(url, programs, account)
        upgrade(url)
        try:
            yield server
        finally:
            server.close()

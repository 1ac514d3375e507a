"""Webhooks that could not be committed, kept on this machine until they can be.

Every process writes a file of its own. The files of processes that died are taken over by the
next one that starts, or drained by whoever is alive: docs/decisions/0010.
"""

import fcntl
import heapq
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Lock

from callweave.intake import Webhook
from callweave.spool.files import SpoolFile
from callweave.spool.records import Kept, Slot, decoded, encoded
from callweave.storage.database import is_trouble

Take = Callable[[Webhook, str | None], None]

log = logging.getLogger(__name__)


class SpoolError(Exception):
    """Not kept: no room, no disk, or no spool wanted."""


class Spool:
    """``capacity``: bytes of this process's file; 0 for no spool at all."""

    def __init__(self, folder: Path, capacity: int) -> None:
        self._folder = folder
        self._capacity = capacity
        self._opening = Lock()
        self._draining = Lock()
        self._own: SpoolFile | None = None
        self._puzzling: set[tuple[Path, Slot]] = set()
        self._done_with: dict[Path, int] = {}
        if capacity:
            self._open_early()

    @property
    def waiting(self) -> int:
        """In this process's own file."""
        return self._own.waiting if self._own else 0

    @property
    def has_work(self) -> bool:
        """Here, or perhaps in a file that others left."""
        return self.waiting > 0 or any(map(self._changed, self._paths()))

    def keep(self, hook: Webhook, given: str | None) -> None:
        """On the disk when it returns. Raises SpoolError when it cannot be."""
        try:
            self._file().append(encoded(Kept(hook, given)))
        except OSError as error:
            raise SpoolError(str(error)) from error

    def drain(self, take: Take) -> int:
        """How many were taken in: this process's, and those of processes that are gone.

        Raises the database's trouble, and then the rest waits. What ``take`` cannot bear for
        any other reason stays where it is for the next process to try, and blocks no other.
        """
        if not self._capacity or not self._folder.is_dir():
            return 0
        with self._draining, self._all_files() as files:
            taken = 0
            try:
                for file, slot, kept in heapq.merge(*map(self._readable, files), key=_age):
                    taken += self._take(take, file, slot, kept)
            finally:
                for file in files:
                    file.settle()
            return taken

    def close(self) -> None:
        if self._own:
            self._own.close()
            self._own = None

    def _take(self, take: Take, file: SpoolFile, slot: Slot, kept: Kept) -> int:
        try:
            take(kept.hook, kept.given)
        except Exception as error:
            if is_trouble(error):
                raise
            self._puzzling.add((file.path, slot))
            log.exception("a kept webhook cannot be taken in", extra=_place(file, slot))
            return 0
        file.erase(slot)
        return 1

    def _readable(self, file: SpoolFile) -> Iterator[tuple[SpoolFile, Slot, Kept]]:
        for slot in file.slots():
            if (file.path, slot) in self._puzzling:
                continue
            record = file.read(slot)
            if record is None:
                log.error("a kept webhook was damaged and is lost", extra=_place(file, slot))
                file.erase(slot)
                continue
            try:
                kept = decoded(record)
            except ValueError:
                self._puzzling.add((file.path, slot))
                log.exception("a kept webhook is not understood", extra=_place(file, slot))
            else:
                yield file, slot, kept

    @contextmanager
    def _all_files(self) -> Iterator[list[SpoolFile]]:
        """Our own and, for as long as this takes, those without a process."""
        with ExitStack() as held:
            files = [self._own] if self._own else []
            with self._keeping_order():
                for path in self._paths():
                    orphan = self._changed(path) and self._left_behind(path)
                    if orphan:
                        held.callback(self._let_go, orphan)
                        files.append(orphan)
            yield files

    def _changed(self, path: Path) -> bool:
        """Since we found nothing in it that we could take in."""
        try:
            return self._done_with.get(path) != path.stat().st_mtime_ns
        except FileNotFoundError:  # somebody else was done with it
            return False

    def _let_go(self, file: SpoolFile) -> None:
        """An empty one of our size stays: the next process needs no room for it then."""
        with closing(file):
            if not file.waiting and file.capacity != self._capacity:
                with self._keeping_order():
                    file.path.unlink(missing_ok=True)
            elif all((file.path, slot) in self._puzzling for slot in file.slots()):
                self._done_with[file.path] = file.path.stat().st_mtime_ns

    def _left_behind(self, path: Path) -> SpoolFile | None:
        file = SpoolFile.left_behind(path)
        if file and file.damaged:
            known = {"spool": path.name, "bytes": file.damaged}
            log.warning("a webhook was cut off while it was written, or damaged", extra=known)
        return file

    def _paths(self) -> list[Path]:
        own = self._own.path if self._own else None
        return sorted(path for path in self._folder.glob("*.spool") if path != own)

    def _open_early(self) -> None:
        """A disk that will not have it keeps no phone from being answered."""
        try:
            self._file()
        except OSError as error:
            known = {"folder": str(self._folder), "why": str(error)}
            log.error("there is no spool: what cannot be committed is lost", extra=known)  # noqa: TRY400  the reason says it all

    def _file(self) -> SpoolFile:
        with self._opening:
            if not self._capacity:
                raise SpoolError("there is no spool: CALLWEAVE_SPOOL_MB is 0")
            if self._own is None:
                self._own = self._opened()
            return self._own

    def _opened(self) -> SpoolFile:
        """One that a process left behind, with all that waits in it, or a new one."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._keeping_order():
            for path in self._paths():
                file = self._left_behind(path)
                if file and file.capacity == self._capacity:
                    return file
                if file:
                    file.close()
            return SpoolFile.made(self._folder / f"{secrets.token_hex(8)}.spool", self._capacity)

    @contextmanager
    def _keeping_order(self) -> Iterator[None]:
        """Nobody takes a file for an orphan while it is being born."""
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _age(waiting: tuple[SpoolFile, Slot, Kept]) -> float:
    return waiting[2].hook.at.timestamp()


def _place(file: SpoolFile, slot: Slot) -> dict[str, object]:
    return {"spool": file.path.name, "at": slot.at, "bytes": slot.size}

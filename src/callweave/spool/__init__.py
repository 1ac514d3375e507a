"""Webhooks that could not be committed, kept on this machine until they can be.

Every process writes a file of its own. The files of processes that died are taken over by the
next one that starts, or drained by whoever is alive: docs/decisions/0010.
"""

import heapq
import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock

from callweave.intake import Webhook
from callweave.spool.files import SpoolFile
from callweave.spool.folder import Folder
from callweave.spool.puzzles import MOST_TRIES, PuzzlingFiles, Tries
from callweave.spool.records import Kept, Slot, decoded, encoded, is_whole, name_of
from callweave.spool.taking import Taker, Waiting
from callweave.storage.database import is_trouble

log = logging.getLogger(__name__)


class SpoolError(Exception):
    """Not kept: no room, no disk, or no spool wanted."""


class Spool:
    """``capacity``: bytes of this process's file; 0 for no spool at all."""

    def __init__(self, folder: Path, capacity: int) -> None:
        self._folder = Folder(folder, capacity)
        self._capacity = capacity
        self._opening = Lock()
        self._draining = Lock()
        self._own: SpoolFile | None = None
        self._gone: list[SpoolFile] = []
        self._tries = Tries()
        self._puzzling = PuzzlingFiles(folder)
        if capacity:
            self._open_early()

    @property
    def waiting(self) -> int:
        """In this process's own file."""
        return self._own.waiting if self._own else 0

    @property
    def has_work(self) -> bool:
        """Here, or perhaps in a file that others left."""
        if not self._capacity:
            return False
        return self.waiting > 0 or self._folder.has_news or bool(self._puzzling.unseen)

    @property
    def trouble(self) -> str | None:
        """Why nothing more can be kept here; None as well where no spool is wanted."""
        if not self._capacity:
            return None
        try:
            return self._file().trouble
        except OSError as error:
            return f"its folder cannot be used ({error.strerror})"

    def keep(self, hook: Webhook, given: str | None) -> None:
        """On the disk when it returns. Raises SpoolError when it cannot be."""
        try:
            self._file().append(encoded(Kept(hook, given)))
        except OSError as error:
            raise SpoolError(str(error)) from error

    def drain(self, taker: Taker) -> int:
        """How many were taken in: this process's, and those of processes that are gone.

        Raises the database's trouble, and then the rest waits. What cannot be taken in although
        the database is well blocks no other: it is tried again later, and at last put somewhere
        else.
        """
        if not self.has_work:
            return 0
        with self._draining:
            self._tries.turn += 1
            taken, done = 0, False
            try:
                with closing(self._all_waiting()) as all_waiting:
                    for waiting in all_waiting:
                        taken += self._take(taker, waiting)
                done = True
            finally:
                self._folder.let_go(of_all=not done)
            return taken

    def others_were_kept(self) -> None:
        """The database has taken in a report, from here or as it came."""
        self._tries.taken += 1

    def forget(self, before: datetime) -> None:
        """Records that nobody could make anything of since."""
        forgotten = self._puzzling.forget(before)
        if forgotten:
            log.warning("forgot puzzling webhooks", extra={"webhooks": forgotten})

    def close(self) -> None:
        self._folder.let_go(of_all=True)
        for file in [*self._gone, *([self._own] if self._own else [])]:
            file.close()
        self._own = None
        self._gone.clear()

    def _take(self, taker: Taker, waiting: Waiting) -> int:
        """1 where it was taken in, or set aside; 0 where it is somewhere on the disk yet."""
        hook, given = waiting.kept.hook, waiting.kept.given
        try:
            taker.take(hook, given)
        except Exception as error:
            if self._is_tried_again(taker, waiting, error):
                return 0
            log.exception("set aside, since it could not be taken in", extra={"kind": hook.kind})
            return self._set_aside(taker, waiting, repr(error))
        self._erase(waiting)
        self.others_were_kept()
        return 1

    def _set_aside(self, taker: Taker, waiting: Waiting, why: str) -> int:
        try:
            taker.set_aside(waiting.kept.hook, waiting.kept.given, why)
        except Exception as error:
            if self._is_tried_again(taker, waiting, error):
                return 0
            log.exception("a kept webhook cannot be set aside either")
            if not waiting.puzzles:
                self._put_away(waiting.name, waiting.record, waiting.erase)
            return 0
        self._erase(waiting)
        return 1

    def _is_tried_again(self, taker: Taker, waiting: Waiting, error: Exception) -> bool:
        """Raises the database's trouble where it has it with everybody."""
        if not is_trouble(error):
            return False
        if not taker.is_well():
            raise error
        if self._tries.failed(waiting.name) >= MOST_TRIES:
            return False
        log.warning("a kept webhook is tried again later", extra={"why": repr(error)})
        return True

    def _erase(self, waiting: Waiting) -> None:
        waiting.erase()
        self._tries.done(waiting.name)

    def _put_away(self, name: str, record: bytes, erase: Callable[[], None]) -> None:
        if self._puzzling.keep(name, record):
            erase()
            self._tries.done(name)
        else:
            self._tries.failed(name)

    def _all_waiting(self) -> Generator[Waiting, None, None]:
        """Oldest first; what puzzled another process before all others."""
        yield from self._puzzled_over()
        files = [*([self._own] if self._own else []), *self._folder.orphans()]
        try:
            yield from heapq.merge(*map(self._readable, files), key=lambda each: each.age)
        finally:
            for file in files:
                file.settle()

    def _readable(self, file: SpoolFile) -> Iterator[Waiting]:
        for slot in file.slots():
            record = file.read(slot)
            if record is None:
                log.error("a kept webhook was damaged and is lost", extra=_place(file, slot))
                file.erase(slot)
                continue
            name, erase = name_of(record), partial(file.erase, slot)
            if not self._tries.is_due(name):
                continue
            try:
                kept = decoded(record)
            except ValueError:
                log.exception("a kept webhook is not understood", extra=_place(file, slot))
                self._put_away(name, record, erase)
            else:
                yield Waiting(name, record, kept, erase)

    def _puzzled_over(self) -> Iterator[Waiting]:
        """By the version before, or by one that is newer."""
        for path, record in self._puzzling.read():
            try:
                kept = decoded(record) if is_whole(record) else None
            except ValueError:
                continue
            if kept:
                erase = partial(path.unlink, missing_ok=True)
                yield Waiting(name_of(record), record, kept, erase, puzzles=True)

    def _open_early(self) -> None:
        """A disk that will not have it keeps no phone from being answered."""
        try:
            self._file()
        except OSError as error:
            known = {"folder": str(self._folder.path), "why": str(error)}
            log.error("there is no spool: what cannot be committed is lost", extra=known)  # noqa: TRY400  the reason says it all

    def _file(self) -> SpoolFile:
        with self._opening:
            if not self._capacity:
                raise SpoolError("there is no spool: CALLWEAVE_SPOOL_MB is 0")
            if self._own is None:
                self._own = self._folder.own()
            elif self._own.is_gone:
                self._own = self._in_place_of(self._own)
            return self._own

    def _in_place_of(self, gone: SpoolFile) -> SpoolFile:
        """Somebody may be draining the one that was taken away: it is closed when all is."""
        log.error("its file was taken away: a new one takes over", extra={"spool": gone.path.name})
        file = self._folder.own()
        try:
            file.take_over(gone)
        except OSError:
            file.close()
            raise
        self._gone.append(gone)
        return file


def _place(file: SpoolFile, slot: Slot) -> dict[str, object]:
    return {"spool": file.path.name, "at": slot.at, "bytes": slot.size}

"""The files of a spool: this process's own, and those that others left behind."""

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callweave.spool.files import SpoolFile, sync_folder

log = logging.getLogger(__name__)


class Folder:
    """``capacity``: bytes of each file that is made."""

    def __init__(self, path: Path, capacity: int) -> None:
        self.path = path
        self._capacity = capacity
        self._own: Path | None = None
        self._orphans: dict[Path, SpoolFile] = {}
        self._done_with: dict[Path, int] = {}

    def own(self) -> SpoolFile:
        """One that a process left behind, with all that waits in it, or a new one."""
        self._make()
        with self._keeping_order():
            for path in self._others():
                file = self._left_behind(path)
                if file and file.capacity == self._capacity:
                    self._own = path
                    return file
                if file:
                    file.close()
            self._own = self.path / f"{secrets.token_hex(8)}.spool"
            return SpoolFile.made(self._own, self._capacity)

    @property
    def has_news(self) -> bool:
        """Something in a file of others, perhaps."""
        return any(self._is_new(path) for path in self._others())

    def orphans(self) -> list[SpoolFile]:
        """Without a process. They are ours until we let go of them."""
        new = [path for path in self._others() if path not in self._orphans and self._is_new(path)]
        if new:
            with self._keeping_order():
                found = {path: self._left_behind(path) for path in new}
            self._orphans |= {path: file for path, file in found.items() if file}
        return list(self._orphans.values())

    def let_go(self, *, of_all: bool) -> None:
        """Of what is empty, or of all: whoever starts now may need one. An empty one of our size
        stays: the next process needs no room for it then.
        """
        for path, file in list(self._orphans.items()):
            if file.waiting and not of_all:
                continue
            del self._orphans[path]
            if not file.waiting and file.capacity != self._capacity:
                with self._keeping_order():
                    path.unlink(missing_ok=True)
            elif not file.waiting:
                self._done_with[path] = path.stat().st_mtime_ns
            file.close()

    def _left_behind(self, path: Path) -> SpoolFile | None:
        """None also for what cannot be opened: it must not stand in the way of the others."""
        try:
            file = SpoolFile.left_behind(path)
        except FileNotFoundError:  # somebody else was done with it
            return None
        except OSError as error:
            self._done_with[path] = _changed_at(path)
            why = {"spool": path.name, "why": str(error)}
            log.error("a file of the spool cannot be opened", extra=why)  # noqa: TRY400  the reason says it all
            return None
        if file and file.damaged:
            known = {"spool": path.name, "bytes": file.damaged}
            log.warning("a webhook was cut off while it was written, or damaged", extra=known)
        return file

    def _is_new(self, path: Path) -> bool:
        """Changed since we were done with it."""
        if file := self._orphans.get(path):
            return file.waiting > 0
        return self._done_with.get(path) != _changed_at(path)

    def _others(self) -> list[Path]:
        return sorted(path for path in self.path.glob("*.spool") if path != self._own)

    def _make(self) -> None:
        if not self.path.is_dir():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(self.path.parent)

    @contextmanager
    def _keeping_order(self) -> Iterator[None]:
        """Nobody takes a file for an orphan while it is being born."""
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _changed_at(path: Path) -> int:
    """In nanoseconds; 0 where nobody tells."""
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return 0

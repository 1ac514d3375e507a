"""One file of a spool: its room is taken before it is needed, so that a full disk still holds it.

Whoever has the file open holds its lock; the system lets go of it when the process dies, however
it dies.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Self

from callweave.spool.records import LARGEST, Damage, Slot, found_in, is_whole

_NOUGHT = bytes(1 << 20)
_NO_SUCH_CALL = {errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}


class SpoolFile:
    """``damaged``: bytes that were no record when it was opened; they are erased."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._writing = Lock()
        self._syncing = Lock()
        self._written = self._synced = self._in_doubt = 0
        self._slots: dict[int, Slot] = {}
        self._end = 0
        self.damaged = 0
        self._look()

    @classmethod
    def made(cls, path: Path, capacity: int) -> Self:
        """A new one, locked and as long as it will ever be."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _take_room(descriptor, capacity)
            os.fsync(descriptor)
            return cls(path, descriptor)
        except BaseException:
            path.unlink()
            os.close(descriptor)
            raise

    @classmethod
    def left_behind(cls, path: Path) -> Self | None:
        """One whose process is gone; None while it lives."""
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(path, descriptor)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise

    @property
    def capacity(self) -> int:
        return os.fstat(self._descriptor).st_size

    @property
    def waiting(self) -> int:
        return len(self._slots)

    def append(self, record: bytes) -> None:
        """On the disk when it returns; whoever writes at the same time shares the waiting for it.
        Raises OSError; what is full is full for as long as anything waits in it.
        """
        with self._writing:
            slot = Slot(self._end, len(record))
            if slot.size > LARGEST or slot.at + slot.size > self.capacity:
                raise OSError(errno.ENOSPC, "the spool is full")
            if os.pwrite(self._descriptor, record, slot.at) != slot.size:
                raise OSError(errno.EIO, "the disk took a part of it")
            self._slots[slot.at] = slot
            self._end += slot.size
            self._written += 1
            mine = self._written
        with self._syncing:
            if mine > self._synced:
                self._sync()
            if mine <= self._in_doubt:
                raise OSError(errno.EIO, "the disk did not keep what was written")

    def slots(self) -> list[Slot]:
        """What waits just now, oldest first."""
        with self._writing:
            return list(self._slots.values())

    def read(self, slot: Slot) -> bytes | None:
        """None where the disk has changed it since it was written."""
        record = os.pread(self._descriptor, slot.size, slot.at)
        return record if is_whole(record) else None

    def erase(self, slot: Slot) -> None:
        """Callers' numbers do not stay on the disk; ``settle`` makes sure of it."""
        self._zero(slot)
        with self._writing:
            del self._slots[slot.at]
            if not self._slots:
                self._end = 0

    def settle(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)

    def _sync(self) -> None:
        upto = self._written
        try:
            os.fsync(self._descriptor)
        except OSError:
            self._in_doubt = upto  # the next one would succeed, and say nothing about these
        self._synced = upto

    def _look(self) -> None:
        for found in self._found():
            if isinstance(found, Slot):
                self._slots[found.at] = found
                self._end = found.at + found.size
            else:
                self._zero(found)
                self.damaged += found.size

    def _found(self) -> Iterator[Slot | Damage]:
        with os.fdopen(os.dup(self._descriptor), "rb", buffering=1 << 20) as file:
            file.seek(0)
            yield from found_in(file)

    def _zero(self, place: Slot | Damage) -> None:
        for at in range(place.at, place.at + place.size, len(_NOUGHT)):
            size = min(len(_NOUGHT), place.at + place.size - at)
            os.pwrite(self._descriptor, _NOUGHT[:size], at)


def _take_room(descriptor: int, capacity: int) -> None:
    """Noughts where the file system cannot promise room without writing them."""
    try:
        os.posix_fallocate(descriptor, 0, capacity)
    except OSError as error:
        if error.errno not in _NO_SUCH_CALL:
            raise
        for at in range(0, capacity, len(_NOUGHT)):
            os.pwrite(descriptor, _NOUGHT[: capacity - at], at)

"""One file of a spool: its room is taken before it is needed, so that a full disk still holds it.

Whoever has the file open holds its lock; the system lets go of it when the process dies, however
it dies.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Self

from callweave.spool.records import LARGEST, Damage, Slot, age_of, found_in, is_whole

_NOUGHT = bytes(1 << 20)
_MORE_THAN_ANY = LARGEST + 1
ORDINARY = 4096  # bytes; a report of the carrier and what it was answered
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
        self._free = self._until = 0
        self._too_much = _MORE_THAN_ANY
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
            sync_folder(path.parent)
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

    @property
    def is_gone(self) -> bool:
        """Somebody took it away: what is in it is nowhere once this process ends."""
        return os.fstat(self._descriptor).st_nlink == 0

    @property
    def trouble(self) -> str | None:
        """Why an ordinary report would not be kept."""
        with self._writing:
            return None if self._has_room(ORDINARY) else "it is full"

    def append(self, record: bytes) -> None:
        """On the disk when it returns; whoever writes at the same time shares the waiting for it.
        Raises OSError.
        """
        with self._writing:
            slot = Slot(self._room(len(record)), len(record))
            if os.pwrite(self._descriptor, record, slot.at) != slot.size:
                raise OSError(errno.EIO, "the disk took a part of it")
            self._slots[slot.at] = slot
            self._free += slot.size
            self._written += 1
            mine = self._written
        with self._syncing:
            if mine > self._synced:
                self._sync()
            if mine <= self._in_doubt:
                raise OSError(errno.EIO, "the disk did not keep what was written")
        if self.is_gone:
            raise OSError(errno.ENOENT, "its file was taken away")

    def take_over(self, other: "SpoolFile") -> None:
        """What still waits in it, on the disk when it returns. Raises OSError."""
        for slot in other.slots():
            if record := other.read(slot):
                self.append(record)

    def slots(self) -> list[Slot]:
        """What waits just now, oldest first."""
        with self._writing:
            return list(self._slots.values())

    def read(self, slot: Slot) -> bytes | None:
        """None where the disk has changed it since it was written."""
        record = self._bytes(slot)
        return record if is_whole(record) else None

    def erase(self, slot: Slot) -> None:
        """Callers' numbers do not stay on the disk; ``settle`` makes sure of it."""
        self._zero(slot)
        with self._writing:
            del self._slots[slot.at]
            self._too_much = _MORE_THAN_ANY

    def settle(self) -> None:
        os.fsync(self._descriptor)

    def close(self) -> None:
        os.close(self._descriptor)

    def _bytes(self, slot: Slot) -> bytes:
        return os.pread(self._descriptor, slot.size, slot.at)

    def _sync(self) -> None:
        upto = self._written
        try:
            os.fsync(self._descriptor)
        except OSError:
            self._in_doubt = upto  # the next one would succeed, and say nothing about these
        self._synced = upto

    def _room(self, size: int) -> int:
        if not self._has_room(size):
            raise OSError(errno.ENOSPC, "the spool is full")
        return self._free

    def _has_room(self, size: int) -> bool:
        """From ``_free`` on. A gap that was found is used up before the next one is looked for."""
        if size >= self._too_much:
            return False
        if self._free + size <= self._until:
            return True
        for begin, end in self._gaps():
            if begin + size <= end:
                self._free, self._until = begin, end
                return True
        self._too_much = size  # until something is erased
        return False

    def _gaps(self) -> Iterator[tuple[int, int]]:
        ends = sorted((slot.at, slot.at + slot.size) for slot in self._slots.values())
        for (_, begin), (end, _) in pairwise([(0, 0), *ends, (self.capacity, 0)]):
            if begin < end:
                yield begin, end

    def _look(self) -> None:
        slots = []
        for found in self._found():
            if isinstance(found, Slot):
                slots.append(found)
            else:
                self._zero(found)
                self.damaged += found.size
        ages = {slot.at: age_of(self._bytes(slot)) for slot in slots}
        self._slots = {slot.at: slot for slot in sorted(slots, key=lambda slot: ages[slot.at])}

    def _found(self) -> Iterator[Slot | Damage]:
        with os.fdopen(os.dup(self._descriptor), "rb", buffering=1 << 20) as file:
            file.seek(0)
            yield from found_in(file)

    def _zero(self, place: Slot | Damage) -> None:
        for at in range(place.at, place.at + place.size, len(_NOUGHT)):
            size = min(len(_NOUGHT), place.at + place.size - at)
            os.pwrite(self._descriptor, _NOUGHT[:size], at)


def sync_folder(folder: Path) -> None:
    """So that a file that was made in it is there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _take_room(descriptor: int, capacity: int) -> None:
    """Noughts where the file system cannot promise room without writing them."""
    try:
        os.posix_fallocate(descriptor, 0, capacity)
    except OSError as error:
        if error.errno not in _NO_SUCH_CALL:
            raise
        for at in range(0, capacity, len(_NOUGHT)):
            os.pwrite(descriptor, _NOUGHT[: capacity - at], at)

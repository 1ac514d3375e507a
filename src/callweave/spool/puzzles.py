"""Records that cannot be taken in while all others can: how long each is left alone before it is
tried again, and files of their own for those of which nothing can be made.
"""

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from callweave.spool.files import sync_folder

MOST_TRIES = 8
_LONGEST_PAUSE = 60  # turns
_PAUSE_OF_ALL = 10
MOST_FILES = 1000

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Tries:
    """By a record's name, since its place may be another's by now. A turn is one draining;
    ``taken`` are the reports that the database has taken in so far.

    A try counts where another report was taken in since the one before: as long as none is, the
    trouble is the database's.
    """

    turn: int = 0
    taken: int = 0
    _made: dict[str, int] = field(default_factory=dict)
    _next: dict[str, int] = field(default_factory=dict)
    _taken_then: dict[str, int] = field(default_factory=dict)

    def is_due(self, name: str) -> bool:
        return self._next.get(name, 0) <= self.turn

    def failed(self, name: str) -> int:
        """How often by now."""
        made = self._made.get(name, 0)
        if self._taken_then.get(name) == self.taken:
            self._next[name] = self.turn + _PAUSE_OF_ALL
            return made
        made = self._made[name] = made + 1
        self._taken_then[name] = self.taken
        self._next[name] = self.turn + min(2 ** (made - 1), _LONGEST_PAUSE)
        return made

    def done(self, name: str) -> None:
        for known in (self._made, self._next, self._taken_then):
            known.pop(name, None)


@dataclass(slots=True)
class PuzzlingFiles:
    """Each record in a file of its own, named by what is in it. A process tries each once: what
    this version cannot understand, the next one may.
    """

    folder: Path
    _seen: set[Path] = field(default_factory=set)

    @property
    def unseen(self) -> list[Path]:
        return sorted(set(self.folder.glob("*.puzzling")) - self._seen)

    def read(self) -> Iterator[tuple[Path, bytes]]:
        """Seen is what the reader goes on from: not where the database goes away in between."""
        for path in self.unseen:
            try:
                record = path.read_bytes()
            except OSError as error:
                known = {"file": path.name, "why": str(error)}
                log.warning("a puzzling webhook cannot be read", extra=known)
            else:
                yield path, record
            self._seen.add(path)

    def keep(self, name: str, record: bytes) -> bool:
        """On the disk when it returns; False where there is no room for it."""
        path = self.folder / f"{name}.puzzling"
        if len(list(self.folder.glob("*.puzzling"))) >= MOST_FILES:
            return False
        try:
            _put(path, record)
        except OSError as error:
            log.warning("a puzzling webhook stays in the spool", extra={"why": str(error)})
            return False
        self._seen.add(path)
        return True

    def forget(self, before: datetime) -> int:
        """Those that nobody could make anything of since: they hold callers' numbers."""
        old = [path for path in self.folder.glob("*.puzzling*") if _written(path) < before]
        for path in old:
            path.unlink(missing_ok=True)
            self._seen.discard(path)
        return len(old)


def _put(path: Path, record: bytes) -> None:
    new = path.with_suffix(".puzzling.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(record)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)
    sync_folder(path.parent)


def _written(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:  # another process forgot it just now
        return datetime.max.replace(tzinfo=UTC)

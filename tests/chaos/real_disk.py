"""A small disk that can be filled, and a database on it."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from scratch import scratch_folder

_SIZE = "1536m"
# Standard input closes when the tests end, however they end; then nothing is left behind.
# A moment later than what runs on it, and with what that wrote beside it.
_KEEPER = 'read -r _; sleep 1; umount -l "$1"; rm -rf "$1" "$1.log"'
_PIECES = (1 << 24, 1 << 16, 1 << 12)  # bytes


@dataclass(frozen=True, slots=True)
class Disk:
    """``is_small``: a file system of its own, in memory, which may be filled."""

    folder: Path
    is_small: bool

    @contextmanager
    def full(self) -> Iterator[None]:
        """To the last block; the space comes back at the end."""
        filler = self.folder / "filler"
        try:
            with filler.open("wb") as file:
                _fill(file.fileno())
                yield
        finally:
            filler.unlink()


@contextmanager
def own_disk() -> Iterator[Disk]:
    """Where file systems may not be mounted: an ordinary folder, and a word about it."""
    folder = scratch_folder()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=1777", "callweave", str(folder)]
    folder.chmod(0o1777)  # PostgreSQL is somebody else
    mounted = os.geteuid() == 0 and _succeeds(command)
    if not mounted:
        sys.stderr.write("NO FULL DISK IN THIS RUN: mounting a small one takes root\n")
        try:
            yield Disk(folder, is_small=False)
        finally:
            shutil.rmtree(folder)
        return
    keeper = subprocess.Popen(
        ["sh", "-c", _KEEPER, "sh", str(folder)],
        stdin=subprocess.PIPE,
        cwd="/",
        start_new_session=True,
    )
    try:
        yield Disk(folder, is_small=True)
    finally:
        keeper.communicate(timeout=30)


def _succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, check=False, timeout=30).returncode == 0


def _fill(file: int) -> None:
    end = 0
    for piece in _PIECES:
        with suppress(_FullError):
            while True:
                _take(file, end, piece)
                end += piece


class _FullError(Exception):
    pass


def _take(file: int, end: int, piece: int) -> None:
    try:
        os.posix_fallocate(file, end, piece)
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        raise _FullError from None

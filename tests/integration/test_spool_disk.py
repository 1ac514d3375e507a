"""The spool on disks that fail, and in folders that somebody tidies up."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from callweave.spool import SpoolError
from callweave.storage.database import DatabaseError
from spools import Taker, spool, webhook


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def test_what_is_kept_is_on_the_disk_before_anybody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[int, int]] = []
    with spool(tmp_path) as kept:
        (file,) = files(tmp_path)

        def watched(descriptor: int) -> None:
            synced.append((os.fstat(descriptor).st_ino, file.read_bytes().count(b"+447700900123")))

        monkeypatch.setattr(os, "fsync", watched)
        for nth in range(3):
            kept.keep(webhook(nth), None)
            assert synced == [(file.stat().st_ino, done + 1) for done in range(nth + 1)]


def test_what_the_disk_did_not_keep_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with spool(tmp_path) as kept:
        monkeypatch.setattr(os, "fsync", disk_fails)
        with pytest.raises(SpoolError, match="did not keep"):
            kept.keep(webhook(1), None)
        monkeypatch.undo()
        kept.keep(webhook(2), None)


def disk_fails(_: int) -> None:
    raise OSError(errno.EIO, "the disk is broken")


def test_a_file_that_is_taken_away_is_made_anew_with_what_waited_in_it(tmp_path: Path) -> None:
    with spool(tmp_path) as kept:
        for nth in (1, 2, 3):
            kept.keep(webhook(nth), None)
        with pytest.raises(DatabaseError):
            kept.drain(Taker(lasts=1))
        files(tmp_path)[0].unlink()
        kept.keep(webhook(4), None)
        assert (kept.waiting, kept.trouble) == (3, None)
    with spool(tmp_path) as after:
        late = Taker()
        after.drain(late)
    assert late.order == [2, 3, 4]


def test_a_file_that_is_taken_away_while_it_is_written_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with spool(tmp_path) as kept:
        monkeypatch.setattr(os, "fsync", lambda _: files(tmp_path)[0].unlink())
        with pytest.raises(SpoolError, match="taken away"):
            kept.keep(webhook(1), None)
        monkeypatch.undo()
        kept.keep(webhook(2), None)
        assert len(files(tmp_path)) == 1


def test_a_folder_that_is_taken_away_and_cannot_be_had_keeps_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    with spool(folder) as kept:
        kept.keep(webhook(1), None)
        shutil.rmtree(folder)
        folder.write_text("in the way")
        with pytest.raises(SpoolError):
            kept.keep(webhook(2), None)
        take = Taker()
        kept.drain(take)
    assert take.order == [1]

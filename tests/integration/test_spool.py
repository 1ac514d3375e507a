"""What cannot be committed is on this machine's disk, and nothing that happens there loses it."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from callweave.spool import Spool, SpoolError
from callweave.storage.database import DatabaseError
from spools import ROOM, Taker, left_by_a_killed_process, spool, webhook


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.spool"))


def test_what_is_kept_is_taken_in_as_it_came_with_what_was_said(tmp_path: Path) -> None:
    odd = webhook(1, "status", SpeechResult="\x00 São ☎ \ud800", Digits="")
    with spool(tmp_path) as kept:
        kept.keep(odd, "<Response/>")
        kept.keep(webhook(2), None)
        take = Taker()
        assert (kept.waiting, kept.drain(take), kept.waiting) == (2, 2, 0)
    assert take.taken == [(odd, "<Response/>"), (webhook(2), None)]


def test_what_was_taken_in_is_not_taken_in_again(tmp_path: Path) -> None:
    with spool(tmp_path) as kept:
        kept.keep(webhook(1), None)
        assert (kept.drain(Taker()), kept.drain(Taker())) == (1, 0)


def test_a_database_that_goes_away_again_leaves_the_rest_waiting(tmp_path: Path) -> None:
    with spool(tmp_path) as kept:
        for nth in range(5):
            kept.keep(webhook(nth), None)
        with pytest.raises(DatabaseError):
            kept.drain(Taker(lasts=2))
        assert kept.waiting == 3
        later = Taker()
        kept.drain(later)
    assert later.order == [2, 3, 4]


def test_the_next_process_takes_over_what_a_killed_one_kept(tmp_path: Path) -> None:
    left_by_a_killed_process(tmp_path, 1, 3)
    with spool(tmp_path) as kept:
        assert (kept.waiting, len(files(tmp_path))) == (3, 1)
        kept.keep(webhook(4), None)
        take = Taker()
        kept.drain(take)
    assert take.order == [1, 2, 3, 4]


def test_whoever_is_alive_drains_what_others_left_in_order_of_arrival(tmp_path: Path) -> None:
    with spool(tmp_path) as kept:
        left_by_a_killed_process(tmp_path, 3, 4)
        for nth in (1, 2, 5):
            kept.keep(webhook(nth), None)
        take = Taker()
        assert kept.drain(take) == 5
        assert take.order == [1, 2, 3, 4, 5]
        assert kept.drain(take) == 0


def test_a_process_that_lives_keeps_its_file_to_itself(tmp_path: Path) -> None:
    with spool(tmp_path) as mine, spool(tmp_path) as theirs:
        theirs.keep(webhook(1), None)
        assert len(files(tmp_path)) == 2
        assert mine.drain(Taker()) == 0
        assert theirs.waiting == 1


def test_processes_that_come_and_go_need_no_more_room_than_they_had_at_once(tmp_path: Path) -> None:
    for _ in range(5):
        with spool(tmp_path), spool(tmp_path):
            assert len(files(tmp_path)) == 2


def test_a_file_of_another_size_is_drained_and_gone(tmp_path: Path) -> None:
    left_by_a_killed_process(tmp_path, 1, 2, capacity=ROOM * 2)
    with spool(tmp_path) as kept:
        assert kept.drain(Taker()) == 2
        assert [file.stat().st_size for file in files(tmp_path)] == [ROOM]


def test_nobody_else_reads_it_and_nothing_stays_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "of" / "its" / "own"
    with spool(folder) as kept:
        kept.keep(webhook(1), "<Response>+447700900123</Response>")
        (file,) = files(folder)
        assert b"+447700900123" in file.read_bytes()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600] * 2
        kept.drain(Taker())
        assert file.read_bytes() == bytes(ROOM)


def test_its_room_is_taken_before_it_is_needed(tmp_path: Path) -> None:
    with spool(tmp_path, 1 << 20):
        (file,) = files(tmp_path)
        assert file.stat().st_blocks * 512 >= 1 << 20


def test_a_full_spool_says_so_and_has_room_again_after_draining(tmp_path: Path) -> None:
    with spool(tmp_path, 4096) as kept:
        for nth in range(8):
            kept.keep(webhook(nth), None)
        with pytest.raises(SpoolError, match="full"):
            kept.keep(webhook(8), None)
        kept.drain(Taker())
        kept.keep(webhook(9), None)
        assert kept.waiting == 1


def test_room_that_became_free_in_the_middle_is_used_again(tmp_path: Path) -> None:
    with spool(tmp_path, 4096) as kept:
        for nth in range(8):
            kept.keep(webhook(nth), None)
        with pytest.raises(DatabaseError):
            kept.drain(Taker(lasts=3))
        for nth in (8, 9, 10):
            kept.keep(webhook(nth), None)
        with pytest.raises(SpoolError, match="full"):
            kept.keep(webhook(11), None)
        late = Taker()
        assert kept.drain(late) == 8
    assert late.order == list(range(3, 11))


def test_the_next_process_knows_the_order_where_room_was_used_again(tmp_path: Path) -> None:
    with spool(tmp_path, 4096) as kept:
        for nth in range(8):
            kept.keep(webhook(nth), None)
        with pytest.raises(DatabaseError):
            kept.drain(Taker(lasts=3))
        kept.keep(webhook(8), None)
    with spool(tmp_path, 4096) as after:
        late = Taker()
        after.drain(late)
    assert late.order == [3, 4, 5, 6, 7, 8]


def test_a_record_that_needs_more_than_a_gap_has_goes_elsewhere(tmp_path: Path) -> None:
    with spool(tmp_path, 8192) as kept:
        for nth in range(14):
            kept.keep(webhook(nth), None)
        with pytest.raises(DatabaseError):
            kept.drain(Taker(lasts=1))
        kept.keep(webhook(20, Digits="5" * 600), None)
        kept.keep(webhook(21), None)
        with pytest.raises(SpoolError, match="full"):
            kept.keep(webhook(22), None)
        take = Taker()
        kept.drain(take)
    assert take.order == [*range(1, 14), 20, 21]


def in_the_way(path: Path, what: str) -> None:
    match what:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to("nowhere")
        case "pipe":
            os.mkfifo(path)


@pytest.mark.parametrize("what", ["folder", "link", "pipe"])
def test_what_cannot_be_opened_is_skipped_and_told_of_once(
    tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way(tmp_path / "x.spool", what)
    with spool(tmp_path) as kept:
        left_by_a_killed_process(tmp_path, 1, 2)
        kept.keep(webhook(3), None)
        take = Taker()
        assert (kept.drain(take), kept.drain(take)) == (3, 0)
        assert not kept.has_work
    assert caplog.text.count("cannot be opened") <= 2  # by each who looks


def test_a_new_file_is_there_after_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    with spool(tmp_path / "new"):
        (file,) = files(tmp_path / "new")
    folder, above = (path.stat().st_ino for path in (file.parent, tmp_path))
    assert synced.index(above) < synced.index(file.stat().st_ino) < synced.index(folder)


def test_a_spool_says_when_it_can_keep_nothing(tmp_path: Path) -> None:
    with spool(tmp_path / "in", 8192) as kept, spool(tmp_path, 0) as none:
        told = [kept.trouble, none.trouble]
        for nth in range(9):
            kept.keep(webhook(nth), None)
        told.append(kept.trouble)
        kept.drain(Taker())
        told.append(kept.trouble)
    assert told == [None, None, "it is full", None]
    (tmp_path / "file").write_text("in the way")
    with spool(tmp_path / "file") as homeless:
        assert "exists" in (homeless.trouble or "")


def test_no_spool_keeps_nothing_and_makes_no_file(tmp_path: Path) -> None:
    with spool(tmp_path, 0) as none:
        with pytest.raises(SpoolError, match="CALLWEAVE_SPOOL_MB"):
            none.keep(webhook(1), None)
        assert none.drain(Taker()) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_had_is_tried_again_when_it_is_needed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "spool").write_text("in the way")
    with spool(tmp_path / "spool") as kept:
        assert "there is no spool" in caplog.text
        with pytest.raises(SpoolError):
            kept.keep(webhook(1), None)
        assert kept.drain(Taker()) == 0
        (tmp_path / "spool").unlink()
        kept.keep(webhook(1), None)
        assert kept.waiting == 1


def test_many_can_keep_at_once_while_others_are_drained(tmp_path: Path) -> None:
    take = Taker()
    with spool(tmp_path, 1 << 20) as kept, ThreadPoolExecutor(8) as threads:
        keeping = [threads.submit(kept.keep, webhook(nth), None) for nth in range(200)]
        while not all(done.done() for done in keeping):
            kept.drain(take)
        assert all(done.result() is None for done in keeping)
        kept.drain(take)
    assert sorted(take.order) == list(range(200))


def test_a_closed_spool_lets_go_of_its_file(tmp_path: Path) -> None:
    first = Spool(tmp_path, ROOM)
    first.close()
    first.close()
    with spool(tmp_path):
        assert len(files(tmp_path)) == 1

"""One record that cannot be taken in, whoever is at fault, holds up no other and is not lost."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callweave.intake import Webhook
from callweave.spool import Spool
from callweave.spool.puzzles import MOST_TRIES
from callweave.storage.database import DatabaseError
from spools import Taker, left_by_a_killed_process, spool, webhook

STRANGE: Any = ("three", "in", "one")
SECOND = webhook(2).at


class Allergic(Taker):
    """To the second one."""

    def __init__(self, error: Exception, *, also_aside: bool = False) -> None:
        super().__init__()
        self.error, self.also_aside = error, also_aside
        self.tries = 0

    def take(self, hook: Webhook, given: str | None) -> None:
        if hook.at == SECOND:
            self.tries += 1
            raise self.error
        super().take(hook, given)

    def set_aside(self, hook: Webhook, given: str | None, why: str) -> None:
        if self.also_aside:
            raise self.error
        super().set_aside(hook, given, why)


class Full(Allergic):
    """To all of them."""

    def take(self, hook: Webhook, given: str | None) -> None:
        self.tries += 1
        raise self.error


def keep_three(kept: Spool) -> None:
    for nth in (1, 2, 3):
        kept.keep(webhook(nth), f"<{nth}/>")


def puzzling(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.puzzling"))


def test_what_a_fault_of_ours_refuses_is_set_aside_and_needs_no_room(tmp_path: Path) -> None:
    allergic = Allergic(KeyError("a fault of ours"))
    with spool(tmp_path) as kept:
        keep_three(kept)
        assert (kept.drain(allergic), kept.waiting) == (3, 0)
    assert allergic.order == [1, 3]
    assert allergic.put_aside == [(webhook(2), "<2/>", "KeyError('a fault of ours')")]


def test_one_that_always_meets_trouble_blocks_no_other_and_is_set_aside_at_last(
    tmp_path: Path,
) -> None:
    allergic = Allergic(DatabaseError("deadlock"))
    with spool(tmp_path) as kept:
        keep_three(kept)
        assert (kept.drain(allergic), kept.waiting, allergic.order) == (2, 1, [1, 3])
        turns = 1
        while kept.waiting:
            kept.keep(webhook(9), None)
            assert kept.drain(allergic) >= 1
            turns += 1
            assert turns < 1000
    assert allergic.tries == MOST_TRIES < turns / 10  # longer and longer pauses
    assert [hook for hook, _, _ in allergic.put_aside] == [webhook(2)]


def test_tries_are_of_the_record_and_not_of_its_place(tmp_path: Path) -> None:
    """Else what comes to stand there next would be left alone as well."""
    allergic = Allergic(KeyError("a fault of ours"))
    with spool(tmp_path) as kept:
        kept.keep(webhook(2), None)
        kept.drain(allergic)
        kept.keep(webhook(4), None)
        assert kept.drain(allergic) == 1
    assert allergic.order == [4]


def test_in_a_file_that_others_left_as_well(tmp_path: Path) -> None:
    allergic = Allergic(DatabaseError("deadlock"))
    with spool(tmp_path) as kept:
        left_by_a_killed_process(tmp_path, 1, 3)
        assert kept.drain(allergic) == 2
        for _ in range(300):
            kept.keep(webhook(9), None)
            kept.drain(allergic)
        assert not kept.has_work
    assert len(allergic.put_aside) == 1


def test_as_long_as_none_is_taken_in_none_is_given_up(tmp_path: Path) -> None:
    """A disk that is full for an hour: the database answers, and keeps nothing."""
    full, well = Full(DatabaseError("database or disk is full")), Taker()
    with spool(tmp_path) as kept:
        keep_three(kept)
        for _ in range(3600):
            kept.drain(full)
        assert (full.put_aside, puzzling(tmp_path), kept.waiting) == ([], [], 3)
        assert full.tries < 3 * 3600 / 9
        for _ in range(10):
            kept.drain(well)
        assert not kept.has_work
    assert sorted(well.order) == [1, 2, 3]


def test_files_of_others_are_let_go_of_where_the_database_goes_away(tmp_path: Path) -> None:
    """Whoever starts now on a full disk needs one."""
    with spool(tmp_path) as kept:
        left_by_a_killed_process(tmp_path, 1, 3)
        with pytest.raises(DatabaseError):
            kept.drain(Taker(lasts=1))
        with spool(tmp_path) as late:
            assert late.waiting == 2


def test_what_cannot_even_be_set_aside_is_put_into_a_file_until_the_next_version(
    tmp_path: Path,
) -> None:
    allergic = Allergic(KeyError("a fault of ours"), also_aside=True)
    with spool(tmp_path) as kept:
        keep_three(kept)
        assert (kept.drain(allergic), kept.drain(allergic), kept.waiting) == (2, 0, 0)
        assert (len(puzzling(tmp_path)), kept.has_work) == (1, False)
        assert puzzling(tmp_path)[0].stat().st_mode & 0o777 == 0o600
    with spool(tmp_path) as still_wrong:
        assert still_wrong.drain(allergic) == 0
        assert len(puzzling(tmp_path)) == 1
    with spool(tmp_path) as mended:
        take = Taker()
        assert (mended.drain(take), mended.drain(take)) == (1, 0)
    assert take.taken == [(webhook(2), "<2/>")]
    assert puzzling(tmp_path) == []


def test_a_record_of_another_version_is_put_away_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    newer = webhook(1)
    object.__setattr__(newer, "fields", (STRANGE,))
    with spool(tmp_path) as kept:
        kept.keep(newer, None)
        kept.keep(webhook(2), None)
        assert (kept.drain(Taker()), kept.drain(Taker()), kept.waiting) == (1, 0, 0)
    assert len(puzzling(tmp_path)) == 1
    with spool(tmp_path) as next_one:
        assert next_one.drain(Taker()) == 0
    assert len(puzzling(tmp_path)) == 1
    assert caplog.text.count("not understood") == 1


def test_a_database_that_goes_away_over_a_puzzle_leaves_it_for_the_next_turn(
    tmp_path: Path,
) -> None:
    with spool(tmp_path) as kept:
        keep_three(kept)
        kept.drain(Allergic(KeyError("a fault of ours"), also_aside=True))
    with spool(tmp_path) as mended:
        with pytest.raises(DatabaseError):
            mended.drain(Taker(lasts=0))
        assert mended.drain(Taker()) == 1


def test_what_finds_no_room_stays_in_the_spool(tmp_path: Path) -> None:
    with spool(tmp_path) as kept:
        kept.keep(webhook(2), None)
        ((tmp_path / name_in(kept, tmp_path)).with_suffix(".puzzling.new")).mkdir()
        assert kept.drain(Allergic(KeyError("a fault of ours"), also_aside=True)) == 0
        assert kept.waiting == 1


def name_in(kept: Spool, folder: Path) -> str:
    """Of its only record: what is in the file before its text, without mark and length."""
    (file,) = folder.glob("*.spool")
    assert kept.waiting == 1
    return file.read_bytes()[8:24].hex()


def test_puzzles_of_long_ago_are_forgotten(tmp_path: Path) -> None:
    with spool(tmp_path) as kept:
        keep_three(kept)
        kept.drain(Allergic(KeyError("a fault of ours"), also_aside=True))
        kept.forget(datetime.now(UTC) - timedelta(days=1))
        (file,) = puzzling(tmp_path)
        os.utime(file, (0, 0))
        kept.forget(datetime.now(UTC) - timedelta(days=1))
    assert puzzling(tmp_path) == []

"""What is known without the database: where each number rings, and never a number of ours."""

import json
import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.web.memory import Destinations
from databases import SqliteDatabases
from shops import FRONT_DESK, Clock, open_shop, tracked

LAST_RESORT = "+441614960999"
NUMBER = tracked(1)[0]


@pytest.fixture
def database(sqlite: SqliteDatabases) -> Iterator[Database]:
    with sqlite.migrated() as url:
        database = Database(url)
        open_shop(database)
        yield database
        database.close()


def memory(database: Database, folder: Path, otherwise: str = LAST_RESORT) -> Destinations:
    return Destinations(database, Clock(), otherwise, folder / "data" / "destinations.json")


def rings_at(database: Database, destination: str) -> None:
    with database.writing() as session:
        session.execute(update(Site).values(default_destination=destination))


def test_the_next_process_knows_what_the_last_one_knew(database: Database, tmp_path: Path) -> None:
    memory(database, tmp_path).warm()
    late = memory(database, tmp_path)
    assert late.of(NUMBER) == LAST_RESORT
    late.recall()
    assert (late.of(NUMBER), late.of("+442079460555")) == (FRONT_DESK, LAST_RESORT)
    assert late.is_stale


def test_nobody_else_reads_the_file_and_no_half_of_it_stays(
    database: Database, tmp_path: Path
) -> None:
    known = memory(database, tmp_path)
    known.warm()
    assert list(known.file.parent.iterdir()) == [known.file]
    assert stat.S_IMODE(known.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(known.file.parent.stat().st_mode) == 0o700


def test_the_file_is_written_anew_only_when_something_is_new(
    database: Database, tmp_path: Path
) -> None:
    known = memory(database, tmp_path)
    known.warm()
    first = known.file.stat().st_ino
    known.warm()
    assert known.file.stat().st_ino == first
    rings_at(database, "+441614960111")
    known.warm()
    late = memory(database, tmp_path)
    late.recall()
    assert late.of(NUMBER) == "+441614960111"


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"numbers": {}}', b'{"numbers": 3, "digest": ""}'],
)
def test_a_damaged_file_is_as_good_as_none(
    database: Database, tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    known = memory(database, tmp_path)
    known.file.parent.mkdir()
    known.file.write_bytes(damage)
    known.recall()
    assert known.of(NUMBER) == LAST_RESORT
    assert "cannot be used" in caplog.text


def test_a_file_that_somebody_changed_is_not_believed(database: Database, tmp_path: Path) -> None:
    known = memory(database, tmp_path)
    known.warm()
    text = known.file.read_text().replace(FRONT_DESK, "+441614960666")
    known.file.write_text(text)
    late = memory(database, tmp_path)
    late.recall()
    assert late.of(NUMBER) == LAST_RESORT


def test_what_cannot_be_rung_is_not_believed_from_the_file_either(
    database: Database, tmp_path: Path
) -> None:
    rings_at(database, "sip:anywhere?X=1")
    known = memory(database, tmp_path)
    known.warm()
    assert known.of(NUMBER) == LAST_RESORT
    assert json.loads(known.file.read_text())["numbers"][NUMBER] is None


def test_a_number_of_ours_is_never_rung(database: Database, tmp_path: Path) -> None:
    rings_at(database, tracked(2)[1])
    known = memory(database, tmp_path)
    known.warm()
    assert known.of(NUMBER) == LAST_RESORT
    circular = memory(database, tmp_path, otherwise=tracked(3)[2])
    circular.recall()
    assert circular.of(NUMBER) is None
    assert memory(database, tmp_path, NUMBER).of(NUMBER) is None


def test_a_folder_that_cannot_be_written_leaves_what_is_in_memory(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    (tmp_path / "data").write_text("in the way")
    known = memory(database, tmp_path)
    known.warm()
    assert known.of(NUMBER) == FRONT_DESK
    assert "could not be written" in caplog.text

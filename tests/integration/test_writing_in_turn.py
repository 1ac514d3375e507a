"""Writers of one process: one at a time on SQLite, and no accident of one costs the others."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import select

from callweave.domain.ids import Mint
from callweave.storage import arrivals
from callweave.storage.database import Database, DatabaseError, DuplicateError, is_trouble
from callweave.storage.visits import Visitor
from databases import SqliteDatabases
from shops import NOON, counting_mint, open_shop


class AccidentError(Exception):
    pass


@pytest.fixture
def impatient(sqlite: SqliteDatabases) -> Iterator[Database]:
    with sqlite.migrated() as url:
        database = Database(url, timeout_s=0.2)
        yield database
        database.close()


def twice_the_same_visitor(database: Database, mint: Mint) -> None:
    site, visitor = open_shop(database, mint=mint), mint.new("vr", NOON)
    with database.hot() as tx:
        for _ in range(2):
            tx.run(arrivals.WRITE_VISITOR, visitor=visitor, site=site.id, now=NOON)


def test_after_a_refused_row_the_next_one_writes(database: Database) -> None:
    mint = counting_mint()
    with pytest.raises(DuplicateError):
        twice_the_same_visitor(database, mint)
    with database.writing() as session:
        assert session.scalars(select(Visitor)).first() is None


def test_after_an_accident_the_next_one_writes(database: Database) -> None:
    with pytest.raises(AccidentError), database.writing():
        raise AccidentError
    with pytest.raises(AccidentError), database.hot():
        raise AccidentError
    open_shop(database)


def test_who_waits_in_vain_for_a_turn_is_told_that_the_database_is_in_trouble(
    impatient: Database,
) -> None:
    begun, done = Event(), Event()

    def write_on_and_on() -> None:
        with impatient.hot():
            begun.set()
            done.wait(10)

    with ThreadPoolExecutor(1) as other:
        other.submit(write_on_and_on)
        assert begun.wait(10)
        with pytest.raises(DatabaseError) as trouble, impatient.hot():
            pass
        done.set()
    assert is_trouble(trouble.value)


def test_readers_wait_for_nobody(database: Database) -> None:
    open_shop(database)
    with database.hot(), database.reading() as session:
        assert session.scalars(select(Visitor)).first() is None

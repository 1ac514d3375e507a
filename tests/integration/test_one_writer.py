"""SQLite's one writer: turns in order, work that is handed on, one commit for all of it."""

import gc
import sqlite3
import time
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import text

from callweave.storage.database import Database, DatabaseError, DuplicateError
from callweave.storage.one_writer import MOST_TOGETHER, OneWriter, _Place
from databases import SqliteDatabases
from outages import locked

PATIENCE_S = 5


@pytest.fixture
def database(sqlite: SqliteDatabases) -> Iterator[Database]:
    with sqlite.empty() as url:
        database = Database(url, timeout_s=PATIENCE_S)
        with database.writing() as session:
            session.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
        yield database
        database.close()


class Commits:
    """Counts them, and lets one fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.times, self.failure = 0, None
        commit = OneWriter._connected

        def watched(writer: OneWriter) -> Any:
            return Watched(commit(writer), self)

        monkeypatch.setattr(OneWriter, "_connected", watched)

    failure: Exception | None


class Watched:
    def __init__(self, real: Any, commits: Commits) -> None:
        self.real, self.commits, self.cursor = real, commits, real.cursor
        self.dbapi_connection, self.close = real.dbapi_connection, real.close

    def commit(self) -> None:
        self.commits.times += 1
        if self.commits.failure:
            raise self.commits.failure
        self.real.commit()


class Writers:
    """Threads that write a word each; the first holds its turn until all others wait for theirs."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.said: dict[str, str] = {}
        self.threads: list[Thread] = []

    def run(self, *works: tuple[str, Callable[[Any], None]]) -> None:
        go, begun = Event(), Event()

        def first(cursor: Any) -> None:
            begun.set()
            assert go.wait(PATIENCE_S)
            cursor.execute("INSERT INTO words VALUES ('first')")

        self._start("first", first)
        assert begun.wait(PATIENCE_S)
        for nth, (name, work) in enumerate(works, start=1):
            self._start(name, work)
            self._wait_for(nth)
        go.set()
        for thread in self.threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def _start(self, name: str, work: Callable[[Any], None]) -> None:
        def write() -> None:
            try:
                with self.database.hot() as tx:
                    work(tx._cursor)
                self.said[name] = "committed"
            except DatabaseError as error:
                self.said[name] = type(error).__name__

        self.threads.append(Thread(target=write))
        self.threads[-1].start()

    def _wait_for(self, waiting: int) -> None:
        alone = self.database._alone
        assert alone
        pause = Event()
        while len(alone._waiting) < waiting:
            pause.wait(0.001)

    @property
    def words(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(text("SELECT word FROM words ORDER BY rowid")))


def word(text_: str) -> tuple[str, Callable[[Any], None]]:
    return text_, lambda cursor: cursor.execute("INSERT INTO words VALUES (?)", [text_])


def test_those_who_wait_are_committed_together_in_their_order(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits, writers = Commits(monkeypatch), Writers(database)
    writers.run(word("b"), word("a"), word("c"))
    assert writers.words == ["first", "b", "a", "c"]
    assert {*writers.said.values()} == {"committed"}
    assert commits.times == 1


def test_no_commit_is_for_more_than_a_few(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits, writers = Commits(monkeypatch), Writers(database)
    writers.run(*(word(f"w{nth}") for nth in range(MOST_TOGETHER)))
    assert len(writers.words) == MOST_TOGETHER + 1
    assert commits.times == 2


@pytest.mark.parametrize("place", [0, 1, 2])
def test_who_fails_takes_nothing_of_the_others_along(database: Database, place: int) -> None:
    def fail(cursor: Any) -> None:
        cursor.execute("INSERT INTO words VALUES ('never')")
        cursor.execute("INSERT INTO words VALUES ('first')")

    works = [word("a"), word("b")]
    works.insert(place, ("failing", fail))
    writers = Writers(database)
    writers.run(*works)
    assert writers.said.pop("failing") == DuplicateError.__name__
    assert {*writers.said.values()} == {"committed"}
    assert writers.words == ["first", "a", "b"]


def test_what_cannot_be_committed_is_nobodys(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits, writers = Commits(monkeypatch), Writers(database)
    commits.failure = sqlite3.OperationalError("the disk is full")
    writers.run(word("a"), word("b"))
    assert {*writers.said.values()} == {DatabaseError.__name__}
    assert writers.words == []
    commits.failure = None
    writers.run(word("c"))
    assert writers.words == ["first", "c"]


def test_a_transaction_that_the_database_gave_up_is_lost_for_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a full disk: there is no savepoint to go back to."""

    def lose(cursor: Any) -> None:
        cursor.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    writers = Writers(database)
    writers.run(word("a"), ("losing", lose), word("b"))
    assert writers.said == {
        "first": "DatabaseError",
        "a": "DatabaseError",
        "losing": "DatabaseError",
        "b": "committed",
    }
    assert writers.words == ["b"]


def test_who_is_told_of_a_duplicate_is_told_when_that_is_committed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits, writers = Commits(monkeypatch), Writers(database)
    commits.failure = sqlite3.OperationalError("the disk is full")
    writers.run(word("first"), word("a"))
    assert {*writers.said.values()} == {DatabaseError.__name__}
    assert writers.words == []


def test_those_who_fail_count_among_the_few(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits, writers = Commits(monkeypatch), Writers(database)
    fail = word("first")[1]
    most = range(MOST_TOGETHER - 1)
    writers.run(*((f"fails {nth}", fail) for nth in most), *(word(f"w{nth}") for nth in most))
    assert (len(writers.words), commits.times) == (MOST_TOGETHER, 2)


def test_what_the_database_has_rolled_back_is_not_called_committed(database: Database) -> None:
    def lose(cursor: Any) -> None:
        cursor.execute("INSERT INTO words VALUES ('lost')")
        cursor.execute("ROLLBACK")

    writers = Writers(database)
    writers.run(("losing", lose), word("a"))
    assert writers.said == {"first": "DatabaseError", "losing": "DatabaseError", "a": "committed"}
    assert writers.words == ["a"]


class Interrupted(BaseException):
    pass


def test_who_is_interrupted_in_the_queue_leaves_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bell:
        def acquire(self, timeout: float = -1) -> bool:
            del timeout
            raise Interrupted

        def release(self) -> None: ...

    with database.writing():
        monkeypatch.setattr(_Place, "__init__", with_bell(Bell()))
        with pytest.raises(Interrupted), database.hot():
            pass
        monkeypatch.undo()
    with database.hot() as tx:
        tx._cursor.execute("INSERT INTO words VALUES ('after')")
    assert Writers(database).words == ["after"]


def with_bell(bell: Any) -> Callable[..., None]:
    made = _Place.__init__

    def make(place: _Place, writer: OneWriter, *, alone: bool) -> None:
        made(place, writer, alone=alone)
        place.bell = bell

    return make


def test_a_session_begins_when_all_before_it_is_committed(database: Database) -> None:
    seen: list[list[str]] = []
    writers = Writers(database)

    def look() -> None:
        with database.writing() as session:
            seen.append(list(session.scalars(text("SELECT word FROM words"))))

    looking = Thread(target=look)

    def then_look(cursor: Any) -> None:
        looking.start()
        alone = database._alone
        while alone and len(alone._waiting) < 1:
            Event().wait(0.001)
        word("a")[1](cursor)

    writers.run(("a", then_look))
    looking.join(PATIENCE_S)
    assert seen == [["first", "a"]]


def test_who_waits_for_too_long_is_told_and_holds_up_nobody(sqlite: SqliteDatabases) -> None:
    with sqlite.empty() as url:
        hasty = Database(url, timeout_s=0.05)
        with hasty.writing() as session:
            session.execute(text("CREATE TABLE words (word TEXT PRIMARY KEY)"))
            with pytest.raises(DatabaseError, match="others were writing"), hasty.hot():
                pass
        with hasty.hot() as tx:
            tx._cursor.execute("INSERT INTO words VALUES ('after')")
        hasty.close()


def test_who_failed_leaves_nothing_behind_that_others_would_wait_for(
    sqlite: SqliteDatabases,
) -> None:
    """Whichever thread collects an open cursor waits until nobody uses its connection."""
    with sqlite.migrated() as url:
        database = Database(url, timeout_s=2)
        gc.freeze()  # what all other tests have left behind takes its time, too
        with locked(url):
            failures = [_failure(database)]
            waiting = Thread(target=lambda: failures.append(_failure(database)))
            waiting.start()
            time.sleep(0.3)  # the second one waits for the lock by now
            failures.clear()
            gc.collect()
            others_still_wait = waiting.is_alive()
            waiting.join()
        gc.unfreeze()
        database.close()
    assert others_still_wait


def _failure(database: Database) -> Exception:
    """With all that hangs on it."""
    with pytest.raises(DatabaseError) as failure, database.hot():
        pass
    return failure.value

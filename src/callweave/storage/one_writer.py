"""SQLite's writers, one at a time.

SQLite itself lets others sleep and ask again, ever longer and in no order. Here they queue up, and
whoever is done while the next one waits hands the open transaction on; the last one commits for
all. Nobody goes on before what they wrote is committed.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from callweave.storage.writers import LostError, NoTurnError, Turn

# So many wait for one commit at most: each waits for the work of those who come after.
MOST_TOGETHER = 8


class _Place:
    """In the queue, or in a transaction that another one commits. ``alone``: one of one's own."""

    __slots__ = ("alone", "bell", "cursor", "failure", "writer")

    def __init__(self, writer: "OneWriter", *, alone: bool) -> None:
        self.writer = writer
        self.alone = alone
        self.bell = Lock()
        self.bell.acquire()
        self.failure: BaseException | None = None
        self.cursor: Any = None

    def close(self) -> None:
        """Not when it is garbage: whichever thread collects that waits for whoever writes then."""
        if self.cursor:
            self.cursor.close()

    def commit(self) -> None:
        self.writer.commit(self)

    def undo(self, error: BaseException) -> None:
        self.writer.undo(self, error)


class OneWriter:
    """``timeout_s``: how long one waits for a turn."""

    def __init__(self, engine: Engine, timeout_s: float) -> None:
        self._engine = engine
        self._timeout_s = timeout_s
        self._guard = Lock()
        self._is_taken = False
        self._waiting: deque[_Place] = deque()
        self._together: list[_Place] = []
        self._connection: PoolProxiedConnection | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        self._wait(_Place(self, alone=True))
        try:
            yield
        finally:
            self._pass_on()

    def begin(self) -> Turn:
        """In a transaction that may hold the work of others."""
        turn = _Place(self, alone=False)
        self._wait(turn)
        try:
            turn.cursor = self._connected().cursor()
            turn.cursor.execute("SAVEPOINT own" if self._together else "BEGIN IMMEDIATE")
        except BaseException as error:
            self._lose_all(error, turn)
            raise
        return turn

    def commit(self, turn: _Place) -> None:
        """Returns when it is done, by whomever."""
        turn.close()
        self._expect_a_transaction()
        if not self._hand_on(turn):
            self._commit()
            return
        turn.bell.acquire()
        if turn.failure:
            raise LostError(f"what was written together is lost: {turn.failure}") from turn.failure

    def undo(self, turn: _Place, error: BaseException) -> None:
        if not self._together:
            self._lose_all(error, turn)
            return
        try:
            turn.cursor.execute("ROLLBACK TO own")
        except BaseException:  # noqa: BLE001  SQLite has rolled back all of it, and said why before
            self._lose_all(error, turn)
            return
        self.commit(turn)

    def close(self) -> None:
        with self.alone():
            self._let_go()

    def _wait(self, turn: _Place) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            self._waiting.append(turn)
        try:
            came = turn.bell.acquire(timeout=self._timeout_s)
        except BaseException:  # a signal's
            self._leave(turn)
            raise
        if came:
            return
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                raise NoTurnError("others were writing all the while")
        turn.bell.acquire()  # it came in this very moment

    def _leave(self, turn: _Place) -> None:
        """Whether or not it has come."""
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        if self._together:
            self._commit()
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().bell.release()
            else:
                self._is_taken = False

    def _hand_on(self, turn: _Place) -> bool:
        """The open transaction, to whoever is next and takes it."""
        with self._guard:
            is_full = len(self._together) >= MOST_TOGETHER - 1
            if is_full or not self._waiting or self._waiting[0].alone:
                return False
            heir = self._waiting.popleft()
            self._together.append(turn)
        heir.bell.release()
        return True

    def _commit(self) -> None:
        try:
            self._connected().commit()
        except BaseException as error:
            self._lose_all(error)
            raise
        self._end(None)

    def _connected(self) -> PoolProxiedConnection:
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        return self._connection

    def _expect_a_transaction(self) -> None:
        """SQLite rolls back by itself when a disk is full, and then commits nothing, silently."""
        driver: Any = self._connected().dbapi_connection
        if not driver.in_transaction:
            lost = LostError("there is no transaction any more")
            self._lose_all(lost)
            raise lost

    def _lose_all(self, error: BaseException, turn: _Place | None = None) -> None:
        try:
            if turn:
                turn.close()
            self._let_go()
        finally:
            self._end(error)

    def _let_go(self) -> None:
        """Rolls back what is not committed."""
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _end(self, failure: BaseException | None) -> None:
        together, self._together = self._together, []
        self._pass_on()
        for each in together:
            each.failure = failure
            each.bell.release()

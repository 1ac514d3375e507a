"""Work that has to be done by a deadline, or is somebody else's turn."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

# Whoever has begun to commit is waited for this much of the budget longer.
OVERTIME = 0.25
# With less of the budget than this nothing is begun: it would only hold a thread.
LEAST = 0.25
ARRIVED = "callweave.arrived"
"""In a request's environment: when it came, by ``time.monotonic``, before it waited for a thread.
Without it a request has come when its work is begun.
"""

_T = TypeVar("_T")


class TooLateError(Exception):
    """The time was up: whatever was begun is not committed, unless a commit hangs."""


class Deadline:
    """Seconds from now on the machine's steady clock, and a gate with two ways through.

    Work claims it before it commits; whoever waits for the work gives it up before saying
    something else. The first one through closes it to the other, so that nothing is committed
    of which the carrier hears the opposite.
    """

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._gate = Lock()
        self._claimed = self._given_up = False

    @property
    def left(self) -> float:
        return max(0.0, self._at - time.monotonic())

    def claim(self) -> None:
        """Raises TooLateError where nobody waits any more. Twice is once."""
        with self._gate:
            if self._given_up or not (self._claimed or self.left):
                raise TooLateError
            self._claimed = True

    def give_up(self) -> bool:
        """False where the work was first: it is being committed just now."""
        with self._gate:
            self._given_up = not self._claimed
            return self._given_up

    def give_up_all_the_same(self) -> None:
        """A commit that hangs: whether it happened shows later."""
        with self._gate:
            self._given_up = True


class Budget:
    """Runs work on threads of its own, so that a hanging database holds them and not the caller.

    A worker thread cannot be stopped; work asks ``deadline.claim()`` before it commits. Where
    every thread is held by work that nobody waits for any more, nobody waits for a thread either.
    """

    def __init__(self, seconds: float, threads: int) -> None:
        self._seconds = seconds
        self._size = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="voice")
        self._held = 0
        self._counting = Lock()

    def run(self, work: Callable[[Deadline], _T], since: float | None = None) -> _T:
        """Raises TooLateError, or whatever the work raises. ``since``: see ``ARRIVED``."""
        waited = 0.0 if since is None else time.monotonic() - since
        left = self._seconds - waited
        if self._held >= self._size or left < self._seconds * LEAST:
            raise TooLateError
        deadline = Deadline(left)
        future = self._threads.submit(work, deadline)
        try:
            return future.result(timeout=deadline.left)
        except TimeoutError:
            return self._at_the_end(deadline, future)

    def close(self) -> None:
        self._threads.shutdown()

    def _at_the_end(self, deadline: Deadline, future: Future[_T]) -> _T:
        try:
            if not deadline.give_up():
                return future.result(timeout=self._seconds * OVERTIME)
        except TimeoutError:
            deadline.give_up_all_the_same()
        if not future.cancel():
            self._count(1)
            future.add_done_callback(lambda _: self._count(-1))
        raise TooLateError

    def _count(self, more: int) -> None:
        with self._counting:
            self._held += more

"""Work that has to be done by a deadline, or is somebody else's turn."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
log = logging.getLogger(__name__)


class TooLateError(Exception):
    """The time was up: whatever was begun is not committed."""


class Deadline:
    """Seconds from now on the machine's steady clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return max(0.0, self._at - time.monotonic())

    def check(self) -> None:
        if not self.left:
            raise TooLateError


class Budget:
    """Runs work on threads of its own, so that a hanging database holds them and not the caller.

    A worker thread cannot be stopped; work asks ``deadline.check()`` before it commits.
    """

    def __init__(self, seconds: float, threads: int) -> None:
        self._seconds = seconds
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="voice")

    def run(self, work: Callable[[Deadline], _T]) -> _T:
        """Raises TooLateError, or whatever the work raises."""
        deadline = Deadline(self._seconds)
        future = self._threads.submit(work, deadline)
        try:
            return future.result(timeout=deadline.left)
        except TimeoutError:
            future.cancel()
            raise TooLateError from None

    def later(self, work: Callable[[], None]) -> None:
        """Nobody waits for it; what it raises is logged."""
        self._threads.submit(work).add_done_callback(_log_failure)


def _log_failure(done: Future[None]) -> None:
    failure = done.exception()
    if failure:
        log.error("work behind a request failed", exc_info=failure)

"""What the program itself broke on: errors that no fault brings about, whoever hides them.

The service lives on whatever its own code raises, and answers from memory. It logs each error, so
the log is where they are found.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import extract_tb

MARK = "the program broke"
# Of names, too, that are not bound yet.
_BROKEN = (AttributeError, NameError, TypeError)


class Crashes(logging.Handler):
    """Takes all that is logged, and shows none of it. Of any level, or Flask adds one that does."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        while error:
            if isinstance(error, _BROKEN):
                self.found[_told(error)] += 1
            error = error.__cause__

    def lines(self) -> Iterator[str]:
        for what, times in self.found.items():
            yield f"{MARK} {times} times: {what}"


@contextmanager
def crashes_counted() -> Iterator[Crashes]:
    """Nothing else is logged meanwhile: faults are what it is all made of."""
    root, crashes = logging.getLogger(), Crashes()
    before, root.handlers[:] = root.handlers[:], [crashes]
    logging.disable(logging.WARNING)
    try:
        yield crashes
    finally:
        root.handlers[:] = before
        logging.disable(logging.NOTSET)


def _told(error: BaseException) -> str:
    """Without what differs from time to time but for the words of the error."""
    where = extract_tb(error.__traceback__)[-1:]
    place = "".join(f" ({frame.name}, line {frame.lineno})" for frame in where)
    return f"{type(error).__name__}{place}: {error}"

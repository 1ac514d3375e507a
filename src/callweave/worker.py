"""The worker: what destinations are owed, each in a lane of its own, so that one that is slow,
silent or broken keeps nobody waiting but itself.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from callweave.domain.facts import Delivered, Failed
from callweave.integrations.catalogue import KINDS
from callweave.integrations.destination import Kind
from callweave.storage import outbox
from callweave.storage.database import Database
from callweave.workflows.deliver_fact import Tried, deliver_fact

IDLE_S = 1.0
LANES = 16
# A lane with more to tell than this lets the others have their turn.
TURN = 100
TIDIED_EVERY = timedelta(hours=1)
# Longer than workflows.tell_fact asks what was told already.
REMEMBERED = timedelta(days=31)

log = logging.getLogger(__name__)


class Worker:
    """``clock`` and ``chance`` (from 0 to 1) enter here and are handed down."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        kinds: Mapping[str, Kind] = KINDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._chance = chance
        self._kinds = kinds
        self._busy: set[str] = set()
        self._tidied_at: datetime | None = None
        self._stopping = False

    def run(self) -> None:
        """Until it is told to stop; tries that are under way then are brought to their end."""
        with ThreadPoolExecutor(LANES, "lane") as lanes:
            while not self._stopping:
                _whatever_happens(partial(self._look, lanes))
                time.sleep(IDLE_S)

    def stop(self) -> None:
        """Safe to call from a signal's handler."""
        self._stopping = True

    def _look(self, lanes: ThreadPoolExecutor) -> None:
        now = self._clock()
        with self._database.reading() as session:
            waiting = outbox.lanes(session, now)
        for lane in waiting:
            if lane not in self._busy:
                self._busy.add(lane)
                lanes.submit(self._work, lane)
        if self._tidied_at is None or now - self._tidied_at > TIDIED_EVERY:
            self._tidied_at = now
            self._tidy(now)

    def _work(self, lane: str) -> None:
        _whatever_happens(partial(self._take_turn, lane))
        self._busy.discard(lane)

    def _take_turn(self, lane: str) -> None:
        for _ in range(TURN):
            if self._stopping:
                return
            tried = deliver_fact(self._database, self._kinds, lane, self._clock(), self._chance())
            if tried is None:
                return
            _tell(lane, tried)
            if isinstance(tried.answer, Failed):
                return

    def _tidy(self, now: datetime) -> None:
        with self._database.writing() as session:
            forgotten = outbox.forget(session, now - REMEMBERED)
        if forgotten:
            log.info("forgot old deliveries", extra={"deliveries": forgotten})


def _whatever_happens(work: Callable[[], None]) -> None:
    """A database that is away, or a fault of ours: what is owed stays owed."""
    try:
        work()
    except Exception:
        log.exception("the worker goes on")


def _tell(lane: str, tried: Tried) -> None:
    known = {"destination": lane, "fact": tried.fact_id, "try": tried.tries}
    if isinstance(tried.answer, Delivered):
        log.info("told", extra=known)
    else:
        log.warning("not told", extra={**known, "why": tried.answer.reason})

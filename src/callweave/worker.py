"""The worker: what destinations are owed, each in a lane of its own, so that one that is slow,
silent or broken keeps nobody waiting but itself; and the comparison with the carrier's list.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from threading import Thread

from callweave.domain.facts import Delivered, Failed
from callweave.integrations.catalogue import KINDS
from callweave.integrations.destination import Kind
from callweave.reconciliation import Repairs
from callweave.storage import outbox, set_aside
from callweave.storage.database import Database, is_trouble
from callweave.telephony.carrier import CarrierError
from callweave.workflows.deliver_fact import Tried, deliver_fact

IDLE_S = 1.0
LANES = 16
# A lane with more to tell than this lets the others have their turn.
TURN = 100
TIDIED_EVERY = timedelta(hours=1)
# Longer than workflows.tell_fact asks what was told already.
REMEMBERED = timedelta(days=31)

COMPARED_EVERY = timedelta(seconds=60)
# A comparison that is under way may be cut off anywhere, but it is better to let it end.
LAST_WAIT_S = 20.0

log = logging.getLogger(__name__)

Compare = Callable[[datetime], Repairs]
"""With what can have changed since the last time, whoever did it then."""


class Comparisons:
    """Our calls against the carrier's list. A carrier or a database that is away is told of once,
    and what could not be compared is in the next comparison.
    """

    def __init__(self, compare: Compare) -> None:
        self._compare = compare
        self._tried_at: datetime | None = None
        self._trouble: str | None = None

    def run_if_due(self, now: datetime) -> None:
        if self._tried_at and timedelta(0) <= now - self._tried_at < COMPARED_EVERY:
            return  # a clock that was put back must not mean waiting until it has caught up
        self._tried_at = now
        try:
            found = self._compare(now)
        except Exception as error:
            if not (isinstance(error, CarrierError) or is_trouble(error)):
                raise
            self._tell_trouble(str(error))
        else:
            self._tell_trouble(None)
            repairs, unreadable = dict(found.by_kind), found.unreadable
            told = {"calls": found.compared, "repairs": repairs, "unreadable": unreadable}
            log.info("compared", extra=told)

    def _tell_trouble(self, trouble: str | None) -> None:
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble:
            log.warning("calls cannot be compared", extra={"why": trouble})
        else:
            log.info("calls can be compared again")


class Worker:
    """``clock`` and ``chance`` (from 0 to 1) enter here and are handed down. Without ``compare``
    it only tells destinations.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        kinds: Mapping[str, Kind] = KINDS,
        compare: Compare | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._chance = chance
        self._kinds = kinds
        self._comparisons = Comparisons(compare) if compare else None
        self._busy: set[str] = set()
        self._tidied_at: datetime | None = None
        self._stopping = False

    def run(self) -> None:
        """Until it is told to stop; tries that are under way then are brought to their end."""
        comparing = Thread(target=self._go_on_comparing, name="comparing", daemon=True)
        comparing.start()
        with ThreadPoolExecutor(LANES, "lane") as lanes:
            while not self._stopping:
                _whatever_happens(partial(self._look, lanes))
                time.sleep(IDLE_S)
        comparing.join(LAST_WAIT_S)

    def stop(self) -> None:
        """Safe to call from a signal's handler."""
        self._stopping = True

    def _go_on_comparing(self) -> None:
        while self._comparisons and not self._stopping:
            _whatever_happens(partial(self._comparisons.run_if_due, self._clock()))
            time.sleep(IDLE_S)

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
            deliveries = outbox.forget(session, now - REMEMBERED)
            forms = set_aside.forget(session, now - REMEMBERED)
        if deliveries:
            log.info("forgot old deliveries", extra={"deliveries": deliveries})
        if forms:
            log.warning("forgot forms that were set aside", extra={"forms": forms})


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

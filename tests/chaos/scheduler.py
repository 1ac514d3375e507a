"""One virtual clock for many calls at once, and always the same order for the same seed.

Every actor (a caller, a visitor) lives in a thread of its own, but only the one that holds the
baton runs; whoever lets time pass hands it back, and the earliest who waits gets it next.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from threading import Lock, Thread, local

Work = Callable[[], object]


@dataclass(slots=True)
class _Actor:
    baton: Lock = field(default_factory=Lock)
    failure: BaseException | None = None


class Scheduler:
    """``now`` and ``elapsed`` are virtual; nothing in here asks the machine's clock."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self.elapsed = 0.0
        self._due: list[tuple[float, int, Work]] = []
        self._order = count()
        self._back = Lock()
        self._back.acquire()
        self._current = local()

    @property
    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed)

    def at(self, elapsed: float, work: Work) -> None:
        """``work`` must not let time pass: what does is an actor."""
        heapq.heappush(self._due, (max(elapsed, self.elapsed), next(self._order), work))

    def after(self, seconds: float, work: Work) -> None:
        self.at(self.elapsed + seconds, work)

    def act(self, elapsed: float, life: Work) -> None:
        """An actor begins its life then."""
        self.at(elapsed, lambda: self._begin(life))

    def let_pass(self, seconds: float) -> None:
        """For actors: somebody else's turn, until so much time has passed."""
        actor: _Actor = self._current.actor
        self.after(seconds, lambda: self._resume(actor))
        self._back.release()
        actor.baton.acquire()

    def run(self) -> None:
        """Until nothing is left to happen. Raises what an actor raised."""
        while self._due:
            self.elapsed, _, work = heapq.heappop(self._due)
            work()

    def _begin(self, life: Work) -> None:
        actor = _Actor()
        actor.baton.acquire()

        def live() -> None:
            self._current.actor = actor
            actor.baton.acquire()
            try:
                life()
            except BaseException as failure:  # noqa: BLE001  it is the scheduler's, who raises it
                actor.failure = failure
            self._back.release()

        Thread(target=live, daemon=True).start()
        self._resume(actor)

    def _resume(self, actor: _Actor) -> None:
        actor.baton.release()
        self._back.acquire()
        if actor.failure:
            raise actor.failure

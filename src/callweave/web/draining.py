"""What is done behind everybody's back: what waits in the spool is taken in whenever the database
answers, and once a minute what is known from memory is made new and what was refused is counted.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread

from sqlalchemy import false, update

from callweave.intake import Intake, Webhook
from callweave.spool import Spool
from callweave.storage.calls import Call
from callweave.storage.database import is_trouble
from callweave.web.memory import Destinations
from callweave.web.tally import Tally

EVERY_S = 1.0
# As long as deliveries are remembered: they hold callers' numbers as well.
LEFTOVERS_KEPT = timedelta(days=31)

# Takes the locks that a report takes.
_NOTHING = update(Call).where(false()).values(whisper=Call.whisper)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Draining:
    spool: Spool
    intake: Intake
    destinations: Destinations
    refused: Tally
    clock: Callable[[], datetime]
    _stopping: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        """At once and then every second. A process that ends in the middle loses nothing."""
        self._thread = Thread(target=self._go_on, name="draining", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def turn(self) -> int:
        """How many were taken in; none while the database is away."""
        if self.spool.has_work and not self.is_well():
            return 0
        taken = 0
        try:
            taken = self.spool.drain(self)
            self._make_new()
        except Exception as error:
            if not is_trouble(error):
                raise
        if taken:
            log.info("took in what was kept", extra={"webhooks": taken})
        return taken

    def take(self, hook: Webhook, given: str | None) -> None:
        self.intake.take(hook, given)

    def set_aside(self, hook: Webhook, given: str | None, why: str) -> None:
        self.intake.set_aside(hook, why, given)

    def is_well(self) -> bool:
        """Whether the database lets somebody write who changes nothing."""
        try:
            with self.intake.database.writing() as session:
                session.execute(_NOTHING)
        except Exception as error:
            if not is_trouble(error):
                raise
            return False
        return True

    def _make_new(self) -> None:
        """Here and nowhere else: no caller waits for it, and a quiet line has it done as well."""
        now = self.clock()
        if self.destinations.is_stale:
            self.destinations.warm()
            self.spool.forget(now - LEFTOVERS_KEPT)
        self.refused.write_if_due(self.intake.database, now)

    def _go_on(self) -> None:
        while True:
            try:
                self.turn()
            except Exception:
                log.exception("draining goes on")
            if self._stopping.wait(EVERY_S):
                return

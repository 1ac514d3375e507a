"""Takes in what waits in the spool, behind everybody's back, whenever the database answers."""

import logging
from dataclasses import dataclass, field
from threading import Event, Thread

from sqlalchemy import select

from callweave.intake import Intake, Webhook
from callweave.spool import Spool
from callweave.storage.database import is_trouble

EVERY_S = 1.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Draining:
    spool: Spool
    intake: Intake
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
        if not self.spool.has_work:
            return 0
        try:
            with self.intake.database.reading() as session:
                session.execute(select(1))
            taken = self.spool.drain(self._take)
        except Exception as error:
            if not is_trouble(error):
                raise
            return 0
        if taken:
            log.info("took in what was kept", extra={"webhooks": taken})
        return taken

    def _take(self, hook: Webhook, given: str | None) -> None:
        """What cannot be taken in, by a fault of ours, is kept where a person finds it."""
        try:
            self.intake.take(hook, given)
        except Exception as error:
            if is_trouble(error):
                raise
            log.exception("set aside, since it could not be taken in", extra={"kind": hook.kind})
            self.intake.set_aside(hook, repr(error), given)

    def _go_on(self) -> None:
        while True:
            try:
                self.turn()
            except Exception:
                log.exception("draining goes on")
            if self._stopping.wait(EVERY_S):
                return

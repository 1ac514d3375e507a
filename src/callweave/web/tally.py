"""What was refused since the last time anybody looked, by site and by reason.

A flood of forged webhooks or of robots must cost no database, and a pool that is used up must not
make its visitors wait for one row: all is counted in memory, and the sums are written once a
minute. A killed worker loses at most that minute of them.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from callweave.storage.database import Database, DuplicateError, is_trouble
from callweave.workflows.count_refusal import CARRIER, Refusal, count_refusal

EVERY = timedelta(minutes=1)


@dataclass(slots=True)
class Tally:
    _times: Counter[tuple[str, Refusal]] = field(default_factory=Counter)
    _written_at: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def add(self, reason: Refusal, scope: str = CARRIER) -> None:
        """``scope`` is a site's id, or CARRIER for webhooks."""
        with self._lock:
            self._times[scope, reason] += 1

    def write_if_due(self, database: Database, now: datetime) -> None:
        """What cannot be written is kept for the next time."""
        counted = self._take(now)
        try:
            if counted:
                with database.hot() as tx:
                    for (scope, reason), times in sorted(counted.items()):
                        count_refusal(tx, scope, reason, now, times)
        except Exception as error:
            with self._lock:
                self._times.update(counted)
            if not (is_trouble(error) or isinstance(error, DuplicateError)):
                raise

    def _take(self, now: datetime) -> Counter[tuple[str, Refusal]]:
        with self._lock:
            fresh = self._written_at and timedelta() <= now - self._written_at < EVERY
            if fresh or not self._times:
                return Counter()
            counted, self._times, self._written_at = self._times, Counter(), now
            return counted

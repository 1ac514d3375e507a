"""Webhooks refused since the last time anybody looked.

A flood of forged webhooks must cost no database: they are counted in memory, and the sums are
written now and then. A killed worker loses at most its last minute of them.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from callweave.storage.database import Database
from callweave.workflows.count_refusal import CARRIER, Refusal, count_refusal


@dataclass(slots=True)
class Tally:
    _times: Counter[Refusal] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def add(self, reason: Refusal) -> None:
        with self._lock:
            self._times[reason] += 1

    def write(self, database: Database, now: datetime) -> None:
        with self._lock:
            counted, self._times = self._times, Counter()
        try:
            with database.hot() as tx:
                for reason, times in counted.items():
                    count_refusal(tx, CARRIER, reason, now, times=times)
        except BaseException:
            with self._lock:
                self._times.update(counted)
            raise

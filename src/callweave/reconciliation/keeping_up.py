"""From one comparison to the next, by a bookmark in the carrier's list: whatever began before it
was compared when it had ended. It is kept in the database, so workers can come and go.

The bookmark moves by the carrier's times alone. Ours only says how far the daily look back goes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from callweave.intake import Intake
from callweave.reconciliation import LONGEST_CALL, Carrier, Comparison, Repairs
from callweave.storage import repairs
from callweave.storage.repairs import Bookmark

# Lines of the carrier's list may come late by some minutes, and so may callbacks.
OVERLAP = timedelta(minutes=15)
# How far the very first comparison looks back, and the first of every day (UTC).
SWEEP = timedelta(hours=48)
# What lies further back is made up for in steps, each of which is done for good.
STEP = timedelta(days=1)


def keep_up(intake: Intake, carrier: Carrier, now: datetime) -> Repairs:
    """Compares what can have changed since it was last done. Raises CarrierError where the carrier
    does not answer, and the database's trouble; what was done until then stays done.
    """
    return _Reading(intake, carrier, now).go_on()


@dataclass(frozen=True, slots=True)
class _Reading:
    intake: Intake
    carrier: Carrier
    now: datetime

    def go_on(self) -> Repairs:
        """The newest first: what has waited for days can wait for another minute."""
        with self.intake.database.reading() as session:
            mark = repairs.bookmark(session)
        comparison = Comparison(self.intake, self.carrier, self.now)
        since = self._since(mark)
        comparison.read(since)
        if mark and mark.at < since:
            self._make_up(comparison, mark, since)
        else:
            self._turn_to(_settled(comparison, since))
        comparison.ask_for_forgotten()
        return comparison.repairs

    def _since(self, mark: Bookmark | None) -> datetime:
        sweep = self.now - SWEEP
        if mark is None or mark.at < sweep - STEP:
            return sweep
        return mark.at if mark.swept_on == self.now.date() else min(mark.at, sweep)

    def _make_up(self, comparison: Comparison, mark: Bookmark, since: datetime) -> None:
        end = min(mark.at + STEP, since)
        comparison.read(mark.at, end)
        self._turn_to(end)

    def _turn_to(self, at: datetime) -> None:
        """In turn, since two workers may begin at the same moment."""
        database = self.intake.database
        with database.writing() as session:
            database.within(session).lock("bookmark")
            repairs.turn_to(session, at, self.now.date())


def _settled(comparison: Comparison, since: datetime) -> datetime:
    """Before which every call has been compared, or has lasted for longer than calls can."""
    if comparison.newest is None:
        return since
    settled = comparison.newest - OVERLAP
    lasting = max(comparison.unsettled or settled, settled - LONGEST_CALL)
    return max(since, min(settled, lasting))

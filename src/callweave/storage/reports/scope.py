"""Which calls a report is about."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement

from callweave.storage.calls import Call

# No zone is further from UTC, so a local day lies within a day of the UTC day of the same name.
_FAR_ENOUGH = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scope:
    """An account's calls, of one site or of all, by the day on which they rang.

    Days are those of the call's own site, the first and the last included: a call at 23:30 in
    London belongs to that evening wherever the report is read.
    """

    account_id: str
    site_id: str | None
    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def before(self) -> "Scope":
        """The same number of days, up to the day before."""
        return replace(
            self, since=self.since - timedelta(self.days), until=self.since - timedelta(1)
        )

    @property
    def with_before(self) -> "Scope":
        return replace(self, since=self.before.since)

    def holds(self) -> list[ColumnElement[bool]]:
        """The time is there for the index, the day is what counts."""
        conditions = [
            Call.account_id == self.account_id,
            Call.rung_at >= _midnight(self.since) - _FAR_ENOUGH,
            Call.rung_at < _midnight(self.until) + 2 * _FAR_ENOUGH,
            Call.day >= self.since,
            Call.day <= self.until,
        ]
        return [*conditions, Call.site_id == self.site_id] if self.site_id else conditions


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

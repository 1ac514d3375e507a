"""Where each number rings when the database cannot be asked: known before it is needed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.numbers import Number

FRESH = timedelta(minutes=1)


@dataclass(slots=True)
class Destinations:
    """``otherwise`` is for numbers that nobody told us of."""

    database: Database
    clock: Callable[[], datetime]
    otherwise: str
    _by_number: dict[str, str] = field(default_factory=dict)
    _warmed_at: datetime | None = None

    def of(self, number: str) -> str:
        return self._by_number.get(number, self.otherwise)

    @property
    def is_stale(self) -> bool:
        return self._warmed_at is None or self.clock() - self._warmed_at > FRESH

    def warm(self) -> None:
        """Raises the database's trouble, and then still knows what it knew before."""
        wanted = select(Number.e164, Site.default_destination).join(Site, Site.id == Number.site_id)
        with self.database.reading() as session:
            self._by_number = dict(iter(session.execute(wanted)))
        self._warmed_at = self.clock()

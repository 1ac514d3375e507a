"""Where each number rings when the database cannot be asked: known before it is needed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from callweave.domain.phone import last_two
from callweave.domain.routing.endpoints import Endpoint, InvalidEndpoint
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.numbers import Number

FRESH = timedelta(minutes=1)

log = logging.getLogger(__name__)


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
            rows = [(number, destination) for number, destination in session.execute(wanted)]
        self._by_number = {
            number: destination for number, destination in rows if _can_be_rung(number, destination)
        }
        self._warmed_at = self.clock()


def _can_be_rung(number: str, destination: str) -> bool:
    """The last resort must not fail, so it is tried before it is needed."""
    try:
        Endpoint.parse(destination)
    except InvalidEndpoint as why:
        said = {"number": last_two(number), "why": str(why)}
        log.warning("a site's default destination cannot be rung", extra=said)
        return False
    return True

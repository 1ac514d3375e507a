"""Sites as they were a few seconds ago: every page view asks, and they hardly change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callweave.storage.database import Database
from callweave.storage.sites import SiteFacts, load_site

FRESH = timedelta(seconds=10)
MOST_SITES = 10_000


@dataclass(slots=True)
class SiteShelf:
    database: Database
    clock: Callable[[], datetime]
    _kept: dict[str, tuple[datetime, SiteFacts | None]] = field(default_factory=dict)

    def get(self, site_id: str) -> SiteFacts | None:
        """Raises the database's trouble when the site is not on the shelf."""
        now = self.clock()
        kept = self._kept.get(site_id)
        if kept and now - kept[0] < FRESH:
            return kept[1]
        with self.database.reading() as session:
            site = load_site(session, site_id)
        if len(self._kept) >= MOST_SITES:  # somebody is making up sites
            self._kept = {key: kept for key, kept in self._kept.items() if kept[1]}
        self._kept[site_id] = (now, site)
        return site

    def last_known(self, site_id: str) -> SiteFacts | None:
        """However old: for when the database is in trouble."""
        kept = self._kept.get(site_id)
        return kept[1] if kept else None

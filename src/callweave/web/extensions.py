"""The parts that requests work with, hung on the app once by callweave.app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from callweave.domain.ids import Mint, Seal
from callweave.intake import Intake
from callweave.spool import Spool
from callweave.storage.database import Database
from callweave.web.budget import Budget
from callweave.web.draining import Draining
from callweave.web.memory import Destinations
from callweave.web.networks import NewVisits
from callweave.web.recent import RecentCalls
from callweave.web.sites import SiteShelf
from callweave.web.tally import Tally


@dataclass(frozen=True, slots=True)
class Parts:
    """``budget`` is for what a caller waits for, ``keeping`` for the spool's disk, ``probing`` for
    whoever asks whether we are ready: each on threads of its own, so that none holds another up.
    """

    database: Database
    sites: SiteShelf
    mint: Mint
    seal: Seal
    clock: Callable[[], datetime]
    public_base_url: str
    auth_tokens: tuple[str, ...]
    destinations: Destinations
    recent: RecentCalls
    budget: Budget
    keeping: Budget
    probing: Budget
    refused: Tally
    new_visits: NewVisits
    intake: Intake
    spool: Spool
    draining: Draining


def parts() -> Parts:
    found: Parts = current_app.extensions["callweave"]
    return found

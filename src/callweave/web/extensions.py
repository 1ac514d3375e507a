"""The parts that requests work with, hung on the app once by callweave.app."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from callweave.domain.ids import Mint, Seal
from callweave.intake import Intake
from callweave.storage.database import Database
from callweave.web.budget import Budget
from callweave.web.memory import Destinations
from callweave.web.networks import NewVisits
from callweave.web.sites import SiteShelf
from callweave.web.tally import Tally


@dataclass(frozen=True, slots=True)
class Parts:
    database: Database
    sites: SiteShelf
    mint: Mint
    seal: Seal
    clock: Callable[[], datetime]
    public_base_url: str
    auth_tokens: tuple[str, ...]
    destinations: Destinations
    budget: Budget
    refused: Tally
    new_visits: NewVisits
    intake: Intake


def parts() -> Parts:
    found: Parts = current_app.extensions["callweave"]
    return found

"""One of several processes that lend from one pool; a module, so that a new process finds it."""

import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callweave.domain.ids import Mint
from callweave.storage.database import Database
from callweave.storage.lending import Lent
from callweave.storage.sites import load_site
from callweave.workflows.welcome_visitor import Arrival, welcome_visitor
from shops import NOON


@dataclass(frozen=True)
class FastClock:
    """The same for all processes: ten minutes pass in a second."""

    started: float
    faster: float = 600

    def __call__(self) -> datetime:
        return NOON + timedelta(seconds=(time.time() - self.started) * self.faster)


def lend_many(url: str, site_id: str, visitors: int, clock: FastClock, results: Any) -> None:
    database, mint = Database(url, timeout_s=60), Mint(os.urandom)
    with database.reading() as session:
        site = load_site(session, site_id)
    assert site
    for _ in range(visitors):
        arrival = Arrival(None, None, "https://shop.example/", None, "", ["main"], None, None)
        with database.hot() as tx:
            lent = welcome_visitor(tx, mint, site, arrival, clock()).numbers[0]
        results.put(lent.assignment if isinstance(lent, Lent) else "none")
    database.close()

"""Fresh databases with the demo's shop in them, and the shop's key."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from callweave.domain.ids import Mint
from callweave.simulator.demo import Demo, load_demo
from callweave.storage.database import Database
from callweave.storage.outbox import Destination
from callweave.workflows.make_key import make_key
from callweave.workflows.set_up_site import AgentSetUp, PoolSetUp, SiteSetUp, set_up_site
from databases import Databases, postgres_databases, sqlite_databases
from scratch import scratch_folder

# Just before midnight at the site, whose clocks go back an hour in the night.
START = datetime(2026, 10, 24, 22, 54, tzinfo=UTC)
ORIGIN = "https://shop.example"
FACTS = ["call.completed", "outcome.recorded"]


@dataclass(frozen=True, slots=True)
class Stage:
    """``folder`` is the service's own, for its spool; all is gone when the run is over."""

    url: str
    folder: Path
    demo: Demo
    site: str
    key: str


@contextmanager
def all_databases(kind: str) -> Iterator[Databases]:
    with sqlite_databases() if kind == "sqlite" else postgres_databases() as databases:
        yield databases


@contextmanager
def fresh_stage(databases: Databases) -> Iterator[Stage]:
    folder = scratch_folder()
    try:
        with databases.migrated() as url:
            demo = load_demo()
            site, key = _fill(url, demo)
            yield Stage(url, folder, demo, site, key)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(url: str, demo: Demo) -> tuple[str, str]:
    entropy, before = Random("stage").randbytes, START - timedelta(days=1)
    mint, database = Mint(entropy), Database(url)
    with database.writing() as session:
        site = set_up_site(session, mint, _set_up(demo), "chaos", before)
        key = make_key(session, mint, entropy, site.account_id, "the shop's CRM", before)
        session.add(_listener(site.account_id, mint, before))
        found = site.id, key.secret
    database.close()
    return found


def _set_up(demo: Demo) -> SiteSetUp:
    pool = demo.pool
    numbers = tuple(number.e164 for number in pool.numbers)
    return SiteSetUp(
        account=demo.account,
        name=demo.site.name,
        time_zone=demo.site.time_zone,
        currency=demo.site.currency,
        own_number=demo.site.own_number.e164,
        default_destination=demo.site.default_destination,
        allowed_origins=(ORIGIN,),
        lookback_days=90,
        topics=tuple(demo.topics),
        pools=(PoolSetUp(pool.name, pool.lease_s, numbers, pool.overflow.e164),),
        agents=tuple(AgentSetUp(a.name, a.endpoint, a.skills, {}) for a in demo.agents),
        plan=demo.plan,
    )


def _listener(account: str, mint: Mint, now: datetime) -> Destination:
    """Facts are owed to somebody; whether they arrive is the worker's story."""
    return Destination(
        id=mint.new("de", now),
        account_id=account,
        kind="webhook",
        address="https://listener.example/facts",
        facts=FACTS,
        secret="whsec_" + "c2VjcmV0" * 4,
        allow_private=False,
        created_at=now,
    )

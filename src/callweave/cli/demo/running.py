"""The demo's own copy of everything: a database, the service in a process, a carrier, a log-in."""

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import requests
from sqlalchemy import select

from callweave.cli.context import mint, now
from callweave.cli.demo.stage import SharedClock, demo_app
from callweave.cli.serving import run_web, usual_config
from callweave.settings import Settings
from callweave.simulator.carrier import Account, Carrier, Scenario, numbers_at
from callweave.simulator.demo import Demo, demo_people
from callweave.simulator.ledger import Ledger
from callweave.simulator.people import AddressBook
from callweave.simulator.server import serve_carrier
from callweave.storage import accounts, schema
from callweave.storage.database import Database
from callweave.telephony.twiml import CONNECTION
from callweave.web.auth import Role, hash_password
from callweave.workflows.make_key import make_key
from callweave.workflows.set_up_site import AgentSetUp, PoolSetUp, SiteSetUp, set_up_site

EMAIL = "sam@farshore.example"
START_S = 60
HISTORY = timedelta(days=30)
SPOOL_MB = 4


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs, and how to get in."""

    settings: Settings
    demo: Demo
    site: str
    api_key: str = field(repr=False)
    password: str = field(repr=False)
    database: Database
    carrier: Carrier
    carrier_url: str
    behind: Any

    @property
    def clock(self) -> SharedClock:
        """The service's."""
        return SharedClock(self.behind)

    def travel(self, to: datetime) -> None:
        """Sets the service's clock; it goes on from there."""
        self.behind.value = (now() - to).total_seconds()

    def carrier_at(self, scenario: Scenario) -> Carrier:
        """The same carrier on another day."""
        people, ledger = demo_people(self.demo), self.carrier.ledger
        return _carrier(self.settings, self.demo, scenario, people, ledger)


@contextmanager
def running_stage(
    demo: Demo, database_url: str, scenario: Scenario, people: AddressBook | None = None
) -> Iterator[Stage]:
    """Migrates and fills the database, starts the service and the carrier, and stops them.

    ``people`` answer the phones; the demo's own if left out.
    """
    schema.upgrade(database_url)
    database = Database(database_url)
    with closing(database), TemporaryDirectory(prefix="callweave-demo-") as folder:
        settings = _settings(demo, database_url, Path(folder), _free_port())
        site, api_key, password = _fill(database, demo, settings)
        carrier = _carrier(settings, demo, scenario, people or demo_people(demo))
        serving = serve_carrier(carrier, [settings.public_base_url])
        behind = get_context("spawn").Value("d", 0.0)
        process = get_context("spawn").Process(
            target=serve_demo, args=(settings, demo, site, serving.url, behind), name="service"
        )
        process.start()
        try:
            _wait_until_ready(settings.public_base_url, process.is_alive)
            yield Stage(
                settings, demo, site, api_key, password, database, carrier, serving.url, behind
            )
        finally:
            process.terminate()
            process.join(10)
            serving.stop()


def serve_demo(settings: Settings, demo: Demo, site: str, carrier: str, behind: Any) -> None:
    """The main function of the service's process."""
    clock = SharedClock(behind)
    run_web(settings, usual_config(), lambda: demo_app(settings, demo, site, carrier, clock))


def _settings(demo: Demo, database_url: str, folder: Path, port: int) -> Settings:
    return Settings(
        public_base_url=f"http://127.0.0.1:{port}",
        secret_key=secrets.token_urlsafe(48),
        twilio_account_sid="AC" + secrets.token_hex(16),
        twilio_auth_tokens=(secrets.token_hex(16),),
        default_destination=demo.site.default_destination,
        database_url=database_url,
        data_dir=folder,
        host="127.0.0.1",
        port=port,
        web_concurrency=1,
        voice_budget_ms=2000,
        spool_mb=SPOOL_MB,
        visits_per_network=120,
        log_level="WARNING",
    )


def _fill(database: Database, demo: Demo, settings: Settings) -> tuple[str, str, str]:
    """The shop's key, an API key, and the password of the log-in."""
    password, before = secrets.token_urlsafe(12), now() - HISTORY - timedelta(days=1)
    with database.writing() as session:
        if session.scalar(select(accounts.Account.id).limit(1)):
            raise click.ClickException("the demo needs a database of its own: this one is in use")
        site = set_up_site(session, mint, _as_set_up(demo, settings), "the demo", before)
        key = make_key(
            session, mint, secrets.token_bytes, site.account_id, "the shop's CRM", before
        )
        session.add(
            accounts.User(
                id=mint.new("us", before),
                account_id=site.account_id,
                email=EMAIL,
                name="Sam Okoro",
                role=Role.ADMIN.value,
                password_hash=hash_password(password),
                created_at=before,
            )
        )
    return site.id, key.secret, password


def _as_set_up(demo: Demo, settings: Settings) -> SiteSetUp:
    pool = demo.pool
    numbers = tuple(number.e164 for number in pool.numbers)
    return SiteSetUp(
        account=demo.account,
        name=demo.site.name,
        time_zone=demo.site.time_zone,
        currency=demo.site.currency,
        own_number=demo.site.own_number.e164,
        default_destination=demo.site.default_destination,
        allowed_origins=(settings.public_base_url,),
        lookback_days=90,
        topics=tuple(demo.topics),
        pools=(PoolSetUp(pool.name, pool.lease_s, numbers, pool.overflow.e164),),
        agents=tuple(AgentSetUp(a.name, a.endpoint, a.skills, {}) for a in demo.agents),
        plan=demo.plan,
    )


def _carrier(
    settings: Settings,
    demo: Demo,
    scenario: Scenario,
    people: AddressBook,
    ledger: Ledger | None = None,
) -> Carrier:
    account = Account(settings.twilio_account_sid, settings.twilio_auth_tokens[0])
    numbers = numbers_at(settings.public_base_url, demo.tracked_numbers, f"#{CONNECTION}")
    return Carrier(account, numbers, people, ledger, scenario)


def _wait_until_ready(url: str, is_alive: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and is_alive():
        try:
            if requests.get(f"{url}/readyz", timeout=2).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise click.ClickException("the service did not start: its messages are above")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

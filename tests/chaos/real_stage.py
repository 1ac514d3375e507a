"""The service in processes of its own, on a disk and a database of its own, its carrier, and
somebody who is told facts.
"""

import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from callweave.cli.context import mint
from callweave.simulator.browsing import Shop
from callweave.simulator.carrier import Account, Carrier, Scenario, numbers_at
from callweave.simulator.demo import Demo, demo_people, load_demo
from callweave.simulator.server import serve_carrier
from callweave.simulator.traffic import Traffic
from callweave.storage.database import Database
from callweave.storage.schema import upgrade
from callweave.workflows.make_key import make_key
from callweave.workflows.set_up_site import AgentSetUp, PoolSetUp, SiteSetUp, set_up_site
from chaos.nets import ALL_NETS, Net, Nets
from chaos.real_disk import Disk, own_disk
from chaos.real_facts import Listener, listening
from chaos.real_ledger import TimedLedger
from chaos.real_processes import Service, serving
from outages import StoppablePostgres, stoppable_postgres

# So few, and for so short, that numbers go from hand to hand: each is one visitor's only for now.
NUMBERS, LEASE_S = 120, 10
SPOOL_MB = 8
# As docs/operations.md tells the carrier.
OVERRIDES = "#ct=2000&rt=5000&rc=1&rp=all"
_NOBODY = "http://127.0.0.1:9"  # a port that refuses: then there is no list to compare with
WEB_PROCESSES = {"sqlite": 1, "postgresql": 3}


@dataclass(frozen=True, slots=True)
class RealStage:
    """``database`` is the judge's own way in."""

    nets: Nets
    disk: Disk
    url: str
    postgres: StoppablePostgres | None
    service: Service
    database: Database
    ledger: TimedLedger
    traffic: Traffic
    listener: Listener

    @property
    def agents(self) -> frozenset[str]:
        """Their phones."""
        return frozenset(agent.endpoint for agent in load_demo().agents)

    @property
    def spooled(self) -> int:
        """Files of the spool in which something waits: what was taken in is overwritten by
        noughts.
        """
        files = (self.disk.folder / "data" / "spool").glob("*.spool")
        return sum(data.count(0) < len(data) for data in (file.read_bytes() for file in files))

    def is_well(self) -> bool:
        """Nothing of what was done to it is left."""
        return self.service.is_whole() and self.service.is_ready() and not self.spooled


@contextmanager
def real_stage(kind: str, seed: int, nets: Nets = ALL_NETS) -> Iterator[RealStage]:
    with ExitStack() as stack:
        disk = stack.enter_context(own_disk())
        data = disk.folder / "data"
        data.mkdir()
        postgres = None
        url = f"sqlite:///{data}/callweave.sqlite3"
        if kind == "postgresql":
            postgres = stack.enter_context(stoppable_postgres(_folder_for_postgres(disk)))
            url = postgres.url
        upgrade(url)
        database = Database(url)
        stack.callback(database.close)
        door = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        demo, ledger = load_demo(NUMBERS), TimedLedger()
        listener = stack.enter_context(listening())
        site, key = _fill(database, demo, address, listener)
        carrier = _carrier(demo, address, seed, nets, ledger)
        rest = serve_carrier(carrier, [address])
        stack.callback(rest.stop)
        log = data.parent.with_name(f"{data.parent.name}.log")
        stack.callback(log.unlink, missing_ok=True)
        environ = _environ(kind, url, address, carrier, rest.url, data, nets)
        service = stack.enter_context(serving(environ, door, log))
        shop = Shop(address, site, f"{address}/demo/", demo.pool.name, demo.pool.overflow.e164)
        traffic = Traffic(shop, carrier, key, seed, demo.site.currency)
        yield RealStage(nets, disk, url, postgres, service, database, ledger, traffic, listener)


def _folder_for_postgres(disk: Disk) -> Path:
    folder = disk.folder / "postgres"
    folder.mkdir(mode=0o700)
    return folder


def _fill(database: Database, demo: Demo, address: str, listener: Listener) -> tuple[str, str]:
    """The shop's key, and a key of the REST API."""
    before = datetime.now(UTC) - timedelta(days=1)
    pool = demo.pool
    numbers = tuple(number.e164 for number in pool.numbers)
    wanted = SiteSetUp(
        account=demo.account,
        name=demo.site.name,
        time_zone=demo.site.time_zone,
        currency=demo.site.currency,
        own_number=demo.site.own_number.e164,
        default_destination=demo.site.default_destination,
        allowed_origins=(address,),
        lookback_days=90,
        topics=tuple(demo.topics),
        pools=(PoolSetUp(pool.name, LEASE_S, numbers, pool.overflow.e164),),
        agents=tuple(AgentSetUp(a.name, a.endpoint, a.skills, {}) for a in demo.agents),
        plan=demo.plan,
    )
    with database.writing() as session:
        site = set_up_site(session, mint, wanted, "chaos", before)
        key = make_key(session, mint, secrets.token_bytes, site.account_id, "the shop", before)
        session.add(listener.destination(site.account_id, mint, before))
    return site.id, key.secret


def _carrier(demo: Demo, address: str, seed: int, nets: Nets, ledger: TimedLedger) -> Carrier:
    account = Account("AC" + secrets.token_hex(16), secrets.token_hex(16))
    numbers = numbers_at(address, demo.tracked_numbers, OVERRIDES)
    if Net.FALLBACK not in nets:
        numbers = {
            each: replace(config, voice_fallback_url=None) for each, config in numbers.items()
        }
    return Carrier(account, numbers, demo_people(demo), ledger, Scenario(seed=seed))


def _environ(
    kind: str,
    url: str,
    address: str,
    carrier: Carrier,
    carrier_url: str,
    data: Path,
    nets: Nets,
) -> Mapping[str, str]:
    account = carrier.account
    return {
        "PUBLIC_BASE_URL": address,
        "PORT": address.rpartition(":")[2],
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TWILIO_ACCOUNT_SID": account.sid,
        "TWILIO_AUTH_TOKEN": account.auth_token,
        "TWILIO_API_BASE": carrier_url if Net.RECONCILER in nets else _NOBODY,
        "CALLWEAVE_DEFAULT_DESTINATION": load_demo().site.default_destination,
        "CALLWEAVE_DATA_DIR": str(data),
        "CALLWEAVE_SPOOL_MB": str(SPOOL_MB if Net.SPOOL in nets else 0),
        "DATABASE_URL": url,
        "CALLWEAVE_VISITS_PER_NETWORK": "1000000",  # they all come from this machine
        "WEB_CONCURRENCY": str(WEB_PROCESSES[kind]),
        "LOG_LEVEL": "warning",
    }

"""`callweave numbers ...` as it is typed, with a shop in a database and a carrier on a port."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from click.testing import CliRunner, Result
from sqlalchemy import select, update

from callweave.cli import main
from callweave.simulator.line import NumberConfig
from callweave.storage.calls import Call
from callweave.storage.database import Database
from callweave.storage.numbers import Lease, Number, Pool
from callweave.storage.visits import Visit, Visitor
from carrier_rest import Exchange, exchange
from service import ACCOUNT, TOKEN
from shops import OVERFLOW, open_shop, tracked

BASE, LIMITS = "https://calls.example.com/voice", "#ct=2000&rt=5000&rc=1&rp=all"
OURS = NumberConfig(f"{BASE}/ring{LIMITS}", f"{BASE}/fallback{LIMITS}", f"{BASE}/status{LIMITS}")
OLD = NumberConfig("https://old.example/ring")
STRANGER = "+12025550199"
FIRST, SECOND, THIRD = tracked(3)
ALL = (*tracked(3), OVERFLOW)


@dataclass(frozen=True, slots=True)
class Desk:
    running: Exchange
    database: Database
    url: str

    def run(self, *words: str, **changed: str) -> Result:
        environ = {
            "PUBLIC_BASE_URL": "https://calls.example.com",
            "SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE": self.running.url,
            "CALLWEAVE_DEFAULT_DESTINATION": "+442079460123",
            "DATABASE_URL": self.url,
            "COLUMNS": "200",
        }
        return CliRunner(env=environ | changed).invoke(main, ["numbers", *words])

    def roles(self) -> Mapping[str, str]:
        with self.database.reading() as session:
            return {n.e164: n.role for n in session.scalars(select(Number).order_by(Number.e164))}

    def pool(self) -> Pool:
        with self.database.reading() as session:
            return session.scalars(select(Pool).where(Pool.name == "main")).one()

    def at_carrier(self) -> frozenset[str]:
        return self.running.carrier.numbers

    def aged(self, moment: datetime) -> None:
        """All numbers have been ours since then."""
        with self.database.writing() as session:
            session.execute(update(Number).values(created_at=moment, leased_until=moment))

    def lend(self, e164: str, since: datetime, until: datetime) -> None:
        """To a visitor of its own."""
        name = f"{e164[1:]}_{int(since.timestamp())}"
        visitor, visit, lease = f"vr_{name}", f"vs_{name}", f"ls_{name}"
        with self.database.writing() as session:
            number = session.scalars(select(Number).where(Number.e164 == e164)).one()
            seen = {"site_id": number.site_id, "last_seen_at": since}
            session.add(Visitor(id=visitor, first_seen_at=since, customer=False, traits={}, **seen))
            session.flush()
            session.add(Visit(id=visit, visitor_id=visitor, started_at=since, **seen))
            session.flush()
            number.visit_id, number.lease_id, number.leased_until = visit, lease, until
            line = {"number_id": number.id, "visit_id": visit, "assignment": "exclusive"}
            session.add(Lease(id=lease, started_at=since, expires_at=until, **line))

    def ring(self, e164: str, at: datetime) -> None:
        """A call, as much of it as is looked at."""
        with self.database.writing() as session:
            number = session.scalars(select(Number).where(Number.e164 == e164)).one()
            known = {"number_id": number.id, "to_number": e164, "rung_at": at, "day": at.date()}
            session.add(
                Call(
                    id=f"ca_{e164}", sid=f"CA{e164}", state="ringing", match_status="unknown",
                    candidates=[], about="", whisper="", fell_back=False, **known,
                )
            )  # fmt: skip


@contextmanager
def desk(database: Database, url: str, config: NumberConfig = OURS) -> Iterator[Desk]:
    open_shop(database)
    with exchange({**dict.fromkeys(ALL, config), STRANGER: OLD}) as running:
        yield Desk(running, database, url)

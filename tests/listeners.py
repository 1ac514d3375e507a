"""Destinations that listen in tests, and what they are owed."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from callweave.domain.facts import Answer, Delivered, FactType, written
from callweave.domain.ids import Mint
from callweave.integrations.destination import Errand, Kind
from callweave.storage.database import Database
from callweave.storage.outbox import Delivery, Destination
from receiver import SECRET
from shops import NOON
from told import COMPLETED

ALL = tuple(FactType)


@dataclass(slots=True)
class Listener:
    """A kind of destination that hears everything and answers as it is told to."""

    answer: Callable[[Errand], Answer] = lambda _: Delivered()
    heard: list[Errand] = field(default_factory=list)

    def problem(self, address: str, *, allow_private: bool) -> str | None:
        return None

    def make_secret(self, entropy: Callable[[int], bytes]) -> str:
        return entropy(1).hex()

    def deliver(self, errand: Errand, now: datetime) -> Answer:
        self.heard.append(errand)
        return self.answer(errand)

    @property
    def kinds(self) -> Mapping[str, Kind]:
        return {"webhook": self}


def saying(*answers: Answer) -> Listener:
    """One after the other."""
    coming = iter(answers)
    return Listener(lambda _: next(coming))


def listen(
    database: Database,
    account_id: str,
    address: str = "https://hooks.example.com/",
    facts: tuple[FactType, ...] = ALL,
    since: datetime = NOON - timedelta(days=1),
) -> str:
    """The id of a new destination."""
    made = Destination(
        id=Mint(os.urandom).new("de", since),
        account_id=account_id,
        kind="webhook",
        address=address,
        facts=[fact.value for fact in facts],
        secret=SECRET,
        allow_private=True,
        created_at=since,
    )
    with database.writing() as session:
        session.add(made)
    return made.id


def owe(database: Database, destination_id: str, count: int = 1, at: datetime = NOON) -> list[str]:
    """The ids of new facts, the first due first."""
    mint = Mint(os.urandom)
    moments = [at + timedelta(milliseconds=nth) for nth in range(count)]
    ids = [mint.new("fa", moment) for moment in moments]
    with database.writing() as session:
        session.add_all(
            Delivery(
                destination_id=destination_id,
                fact_id=fact_id,
                type=FactType.CALL_COMPLETED.value,
                subject=fact_id,
                body=written(COMPLETED),
                created_at=moment,
                due_at=moment,
                tries=0,
            )
            for fact_id, moment in zip(ids, moments, strict=True)
        )
    return ids


def deliveries(database: Database, **only: Any) -> list[Delivery]:
    with database.reading() as session:
        wanted = select(Delivery).filter_by(**only)
        return list(session.scalars(wanted.order_by(Delivery.created_at, Delivery.fact_id)))


def destination(database: Database, destination_id: str) -> Destination:
    with database.reading() as session:
        return session.get_one(Destination, destination_id)


def eventually(holds: Callable[[], bool], patience_s: float = 45) -> bool:
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return False

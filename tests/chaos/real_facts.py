"""Somebody who is told facts: what they heard, and when."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler

from sqlalchemy import Engine, text

from callweave.domain.ids import Mint
from callweave.storage.outbox import Destination
from chaos.real_way import wall
from receiver import SECRET, Receiver, receiving, say

FACTS = ["call.completed", "outcome.recorded"]
_DELIVERIES = text("SELECT fact_id, type, subject, due_at, delivered_at, reason FROM deliveries")


@dataclass(frozen=True, slots=True)
class Fact:
    """As the service keeps it: ``owed`` until it has been told, or given up."""

    id: str
    kind: str
    subject: str
    owed: bool
    told: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Listener:
    """``heard``: the ids of the facts, signed as they ought to be, each time that they came."""

    receiver: Receiver
    heard: list[tuple[str, datetime]] = field(default_factory=list)

    def listen(self, request: BaseHTTPRequestHandler) -> None:
        self.heard.append((request.headers["webhook-id"], wall()))
        say(204)(request)

    def destination(self, account: str, mint: Mint, since: datetime) -> Destination:
        return Destination(
            id=mint.new("de", since),
            account_id=account,
            kind="webhook",
            address=self.receiver.url,
            facts=FACTS,
            secret=SECRET,
            allow_private=True,
            created_at=since,
        )


@contextmanager
def listening() -> Iterator[Listener]:
    with receiving() as receiver:
        listener = Listener(receiver)
        receiver.behave = listener.listen
        yield listener


def facts_of(engine: Engine) -> Sequence[Fact]:
    with engine.connect() as connection:
        return [
            Fact(
                row.fact_id, row.type, row.subject,
                row.due_at is not None, row.delivered_at is not None, row.reason,
            )
            for row in connection.execute(_DELIVERIES)
        ]  # fmt: skip

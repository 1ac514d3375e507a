"""Ten thousand webhooks that somebody changed on the way, none of which does anything."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from api_stage import PUBLIC
from callweave.storage.database import Database
from databases import SqliteDatabases
from service import TOKEN, Line, Service, service

MUTANTS = 10_000
INTERESTING = b"&=%+ \x00\xff;?#/ACST019az"


@dataclass(frozen=True, slots=True)
class Sent:
    target: bytes
    body: bytes
    signature: bytes

    @property
    def is_genuine(self) -> bool:
        """By the carrier's own library: moving the border between two fields it cannot tell."""
        fields = MultiDict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))
        url = PUBLIC + self.target.decode("latin-1")
        expected: str = RequestValidator(TOKEN).compute_signature(url, fields)
        return expected.encode() == self.signature


@dataclass(frozen=True, slots=True)
class Tapped(Service):
    """Keeps what the carrier sends."""

    sent: list[Sent] = field(default_factory=list)

    def send(self, path: str, body: str | bytes, headers: object) -> TestResponse:
        assert isinstance(body, str)
        assert isinstance(headers, dict)
        signature = headers["X-Twilio-Signature"].encode()
        self.sent.append(Sent(path.encode(), body.encode(), signature))
        return Service.send(self, path, body, headers)


@pytest.fixture
def here(sqlite: SqliteDatabases) -> Iterator[Tapped]:
    with sqlite.migrated() as url:
        database = Database(url)
        with service(database, url) as here:
            yield Tapped(here.app, here.database, here.clock, here.site, here.parts)
        database.close()


def one_of_each(here: Tapped) -> list[Sent]:
    talked, missed = Line(here, here.shown()), Line(here, here.shown())
    talked.ring()
    talked.leg(1, "ringing", 1)
    talked.leg(1, "in-progress", 2)
    talked.whisper(1)
    talked.leg(1, "completed", 3, 60)
    talked.dialled(1, "completed", 60)
    talked.over()
    missed.ring()
    missed.fallback()
    missed.dialled(0, "no-answer")
    missed.voicemail()
    missed.over()
    return here.sent


def mutated(chance: random.Random, part: bytes) -> bytes:
    at, to = sorted(chance.choices(range(len(part) + 1), k=2))
    new = bytes([chance.choice(INTERESTING)])
    match chance.randrange(6):
        case 0:
            return part[:at] + part[at + 1 :]
        case 1:
            return part[:at] + new + part[at:]
        case 2:
            return part[:at] + new + part[at + 1 :]
        case 3:
            return part[:at] + part[to:]
        case 4:
            return part + part[at:to]
        case _:
            return part[to:] + part[:to]


def mutant(chance: random.Random, sent: Sent) -> Sent:
    match chance.randrange(10):
        case 0:
            return Sent(sent.target, sent.body, mutated(chance, sent.signature))
        case 1:
            path, _, query = sent.target.partition(b"?")
            return Sent(path + b"?" + mutated(chance, query), sent.body, sent.signature)
        case _:
            return Sent(sent.target, mutated(chance, sent.body), sent.signature)


def deliver(here: Tapped, sent: Sent) -> int:
    target = sent.target.decode("latin-1")
    path, _, query = target.partition("?")
    return here.client.post(
        path,
        data=sent.body,
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": sent.signature.decode("latin-1").replace("\x00", "\ufffd")},
        environ_overrides={"RAW_URI": target, "QUERY_STRING": query},
    ).status_code


@pytest.mark.slow
def test_a_mangled_webhook_is_refused_or_says_nothing_new(here: Tapped) -> None:
    chance = random.Random(20261118)
    originals = one_of_each(here)
    before, genuine = here.snapshot(), 0
    assert before["set_aside"] == []
    for _ in range(MUTANTS):
        sent = mutant(chance, chance.choice(originals))
        status = deliver(here, sent)
        assert status in ({200, 204} if sent.is_genuine else {403}), sent
        genuine += sent.is_genuine
    assert 0 < genuine < MUTANTS / 20
    after = here.snapshot()
    assert len(after.pop("set_aside")) <= len(originals)  # what one signature fits is one
    assert after == {name: rows for name, rows in before.items() if name != "set_aside"}

"""The whole service with one shop, and the hands of a carrier and of a browser to move it with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Barrier
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from api_stage import PUBLIC, settings
from callweave.app import create_app
from callweave.simulator.forms import Party, call_form, final_form, progress_form, ring_form
from callweave.simulator.signing import signature
from callweave.simulator.twiml import parse
from callweave.simulator.verbs import Dial, Document, Hangup, Record, Say
from callweave.storage.accounts import Site
from callweave.storage.calls import Call
from callweave.storage.database import Database
from callweave.storage.schema import TABLES
from callweave.web.extensions import Parts
from callweave.workflows.set_up_site import SiteSetUp
from shops import ORIGIN, Clock, open_shop

ACCOUNT, TOKEN = "AC" + "0" * 32, "a" * 32
CALLER = "+447700900123"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LARGEST_TWIML = 64 * 1024
R = TypeVar("R")
_sids = count(1)


@dataclass(frozen=True, slots=True)
class Service:
    """``database`` is the test's own way in; the service has another one."""

    app: Flask
    database: Database
    clock: Clock
    site: Site
    parts: Parts

    @property
    def client(self) -> FlaskClient:
        """A new one each time, so that several threads can ask at once."""
        return self.app.test_client()

    def post(self, path: str, form: Mapping[str, str], token: str = TOKEN) -> TestResponse:
        """As the carrier would."""
        signed = {"X-Twilio-Signature": signature(token, PUBLIC + path, form)}
        return self.send(path, urlencode(form), signed)

    def send(self, path: str, body: str | bytes, headers: Mapping[str, str]) -> TestResponse:
        kind = "application/x-www-form-urlencoded"
        return self.client.post(path, data=body, content_type=kind, headers=dict(headers))

    def announce(self, body: object = None, /, **headers: str) -> TestResponse:
        """As the snippet would; header names with _ for -."""
        return self.ask("/v1/visits", body or self.page(), **headers)

    def ask(self, path: str, body: object, /, **headers: str) -> TestResponse:
        sent = {"Origin": ORIGIN, "User-Agent": FIREFOX}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, str | bytes):
            return self.client.post(path, data=body, content_type="text/plain", headers=sent)
        return self.client.post(path, json=body, headers=sent)

    def page(self, path: str = "/bahamas", before: Any = None, **changes: object) -> dict[str, Any]:
        """The body of a page view; ``before``: the answer to the last one of this browser."""
        return {
            "site": self.site.id,
            "visitor": before and before["visitor"],
            "visit": before and before["visit"],
            "consent": "granted",
            "page": {"url": ORIGIN + path, "referrer": None, "title": "Farshore"},
            "numbers_wanted": ["main"],
            "tz": "Europe/London",
            "language": "en-GB",
        } | changes

    def shown(self, path: str = "/bahamas", before: Any = None) -> str:
        """The number that a page view brings."""
        answer = self.announce(self.page(path, before))
        assert answer.status_code in {200, 201}, answer.text
        number: str = answer.get_json()["numbers"][0]["e164"]
        return number

    def calls(self) -> list[Call]:
        with self.database.reading() as session:
            return list(session.scalars(select(Call).order_by(Call.rung_at, Call.id)))

    def call(self, line: "Line") -> Call:
        return next(call for call in self.calls() if call.sid == line.sid)

    def rows(self, model: Any) -> list[Any]:
        with self.database.reading() as session:
            return list(session.scalars(select(model)))

    def snapshot(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with self.database.reading() as session:
            return {
                table.name: [tuple(row) for row in session.execute(select(table))]
                for table in TABLES.sorted_tables
            }


@contextmanager
def service(
    database: Database, url: str, wanted: SiteSetUp | None = None, **changed: Any
) -> Iterator[Service]:
    """``changed``: settings. Patient, since the machine that tests is busy; tests of what comes
    too late say how late.
    """
    site, clock = open_shop(database, wanted), Clock()
    usual = {"voice_budget_ms": 10_000, "spool_mb": 1}
    app = create_app(replace(settings(url), **usual | changed), clock)
    parts: Parts = app.extensions["callweave"]
    yield Service(app, database, clock, site, parts)
    close(parts)


def close(parts: Parts) -> None:
    parts.draining.stop()
    for budget in (parts.budget, parts.keeping, parts.probing):
        budget.close()
    parts.spool.close()
    parts.database.close()


def at_once(works: Sequence[Callable[[], R]]) -> list[R]:
    """What each says, after all were begun at the same moment, each in a thread of its own."""
    start = Barrier(len(works))

    def run(work: Callable[[], R]) -> R:
        start.wait()
        return work()

    threads = ThreadPoolExecutor(len(works))
    try:
        return [done.result(timeout=60) for done in [threads.submit(run, work) for work in works]]
    finally:
        threads.shutdown(wait=False)  # one that hangs must not keep its test from failing


def heard(answer: TestResponse, path: str = "/voice/ring") -> str:
    """What the TwiML does, in a word or two, once the carrier's own reader has passed it."""
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/xml; charset=utf-8"
    assert len(answer.data) < LARGEST_TWIML
    return meaning(parse(answer.data, PUBLIC + path))


def meaning(document: Document) -> str:
    match document.verbs:
        case (Dial(targets=(target,), action=action, answer_on_bridge=True),) if action:
            return f"dial {target.endpoint}"
        case (Say(), Record(action=action), *_) if "/voice/voicemail" in action.url:
            return "voicemail"
        case (Say(), Hangup()):
            return "goodbye"
        case (Hangup(),):
            return "hang up"
        case (Say(text=text),):
            return f"say {text}"
        case verbs:
            raise AssertionError(f"nothing that a caller should meet: {verbs}")


@dataclass(slots=True)
class Line:
    """One call as the carrier tells of it, each request when the test wants it."""

    service: Service
    number: str
    caller: str = CALLER
    sid: str = field(default_factory=lambda: f"CA{next(_sids):032x}")
    token: str = TOKEN

    @property
    def party(self) -> Party:
        return Party(ACCOUNT, self.sid, self.caller, self.number)

    def leg_party(self, leg: int) -> Party:
        sid = f"CA{leg:x}{self.sid[3:]}"
        return Party(ACCOUNT, sid, self.caller, "+441614960999", "outbound-dial", self.sid)

    def send(self, path: str, form: Mapping[str, str]) -> TestResponse:
        return self.service.post(f"/voice/{path}", form, self.token)

    def ring(self) -> str:
        return heard(self.send("ring", ring_form(self.party)))

    def fallback(self, code: int = 11200) -> str:
        trouble = {"ErrorCode": str(code), "ErrorUrl": f"{PUBLIC}/voice/ring"}
        return heard(self.send("fallback", call_form(self.party, "ringing") | trouble))

    def leg(
        self, leg: int, status: str, sequence: int = 0, seconds: int | None = None
    ) -> TestResponse:
        form = progress_form(self.leg_party(leg), status, self.service.clock(), sequence, seconds)
        return self.send(f"status?leg={leg}", form)

    def whisper(self, leg: int) -> str:
        form = call_form(self.leg_party(leg), "in-progress")
        return heard(self.send(f"whisper?leg={leg}", form))

    def dialled(
        self, leg: int, status: str, talked_s: int | None = None, call: str = "in-progress"
    ) -> str:
        """``talked_s``: seconds with the caller; without it the two were not joined."""
        result = {"DialCallStatus": status, "DialBridged": str(talked_s is not None).lower()}
        if talked_s is not None:
            result["DialCallDuration"] = str(talked_s)
        form = call_form(self.party, call) | result
        return heard(self.send(f"dialled?leg={leg}", form))

    def voicemail(self, seconds: int = 12) -> str:
        url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/RE1"
        left = {
            "RecordingSid": "RE1",
            "RecordingUrl": url,
            "RecordingDuration": str(seconds),
        }
        return heard(self.send("voicemail", call_form(self.party, "completed") | left))

    def over(self, status: str = "completed", seconds: int = 60) -> TestResponse:
        return self.send("status", final_form(self.party, status, self.service.clock(), seconds))

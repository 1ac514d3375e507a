"""Real processes: the demo's visitors and callers, and a database that goes away among them."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from callweave.cli.demo.running import Stage, running_stage
from callweave.simulator.browsing import Shop
from callweave.simulator.carrier import Scenario
from callweave.simulator.demo import load_demo
from callweave.simulator.forms import Party, ring_form
from callweave.simulator.ledger import CarrierError, FallbackAsked, LedgerCall, Reached
from callweave.simulator.people import Caller
from callweave.simulator.traffic import Traffic
from callweave.simulator.webhooks import Answer, Webhooks
from callweave.storage.calls import Call
from outages import StoppablePostgres, locked, stoppable_postgres

JOURNEYS, AT_ONCE = 18, 6
BEGINS, ENDS = 4, 12
DEMO = load_demo()


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    url = f"sqlite:///{tmp_path_factory.mktemp('demo')}/calls.sqlite3"
    with running_stage(DEMO, url, Scenario(seed=7)) as stage:
        yield stage


@contextmanager
def stopped(server: StoppablePostgres) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


def play_through(stage: Stage, outage: AbstractContextManager[None]) -> tuple[LedgerCall, ...]:
    base, before = stage.settings.public_base_url, len(stage.carrier.ledger.calls())
    brochure = DEMO.pool.overflow.e164
    shop = Shop(base, stage.site, f"{base}/demo/", DEMO.pool.name, brochure)
    traffic = Traffic(shop, stage.carrier, stage.api_key, 7, DEMO.site.currency)
    journeys = traffic.play(JOURNEYS, AT_ONCE)
    for _ in range(BEGINS):
        next(journeys)
    with outage:
        for _ in range(BEGINS, ENDS):
            next(journeys)
    assert len(list(journeys)) == JOURNEYS - ENDS
    return stage.carrier.ledger.calls()[before:]


def expect_nobody_lost(calls: tuple[LedgerCall, ...]) -> None:
    """What could not be committed was kept: the carrier noticed nothing."""
    assert len(calls) > JOURNEYS / 2
    for call in calls:
        heard = [type(entry) for entry in call.entries]
        assert CarrierError not in heard, call
        assert FallbackAsked not in heard, call
        assert call.breaches == ()
        assert call.http_failures == ()
        assert call.reached in {Reached.PERSON, Reached.VOICEMAIL} or call.caller_gave_up


def expect_recovery(stage: Stage) -> None:
    """Calls are decided and known again, without a restart."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        call = stage.carrier.place_call(Caller("+447700900321"), DEMO.tracked_numbers[0])
        with stage.database.reading() as session:
            row = session.scalars(select(Call).where(Call.sid == call.sid)).one_or_none()
        if row and row.decision and row.state == "ended":
            return
        time.sleep(0.2)
    pytest.fail("the service did not come back")


@pytest.mark.slow
def test_sqlite_is_locked_in_the_middle_of_the_traffic(on_sqlite: Stage) -> None:
    expect_nobody_lost(play_through(on_sqlite, locked(on_sqlite.settings.database_url)))
    expect_recovery(on_sqlite)


@pytest.mark.slow
@pytest.mark.parametrize("outage", [stopped, StoppablePostgres.frozen])
def test_postgresql_goes_away_in_the_middle_of_the_traffic(
    outage: Callable[[StoppablePostgres], AbstractContextManager[None]],
) -> None:
    with (
        stoppable_postgres() as server,
        running_stage(DEMO, server.url, Scenario(seed=7)) as stage,
    ):
        expect_nobody_lost(play_through(stage, outage(server)))
        expect_recovery(stage)


@pytest.mark.parametrize(
    "query", ["", "?CalledCity=S%C3%A3o&AddOns=%7B%22a%22%3A%5B1%5D%7D", "?a=%22%2F%40%7E%41'b"]
)
def test_addresses_are_compared_as_gunicorn_got_them(on_sqlite: Stage, query: str) -> None:
    settings = on_sqlite.settings
    number = DEMO.tracked_numbers[0]
    sid = f"CA{len(query):032x}"
    form = ring_form(Party(settings.twilio_account_sid, sid, "+447700900321", number))
    carrier = Webhooks(settings.twilio_auth_tokens[0])
    answer = carrier.ask(f"{settings.public_base_url}/voice/ring{query}", "POST", form)
    assert isinstance(answer, Answer), answer
    assert b"<Dial" in answer.body


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/voice/ring",
        ":99999/voice/ring",
        "[::1/voice/ring",
        "voice/ring",
        "*",
        "//voice/ring",
        "/voice/ring?ÿ",
        "/voice//ring",
        "/voice/ring#x",
        "/voice/ring%00",
    ],
)
def test_no_request_line_is_an_error_of_the_service(on_sqlite: Stage, target: str) -> None:
    address = urlsplit(on_sqlite.settings.public_base_url)
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\na=b"
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(head.encode("latin-1"))
        status = line.makefile("rb").readline().split()[1]
    assert status in {b"400", b"403", b"404", b"405", b"308"}

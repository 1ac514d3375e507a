from collections.abc import Iterator
from time import monotonic, sleep
from typing import Any

import pytest
import requests

from callweave.simulator.carrier import Account, Carrier, numbers_at
from callweave.simulator.people import AddressBook, Answers
from callweave.simulator.server import RunningCarrier, serve_carrier
from stand_in_service import TOKEN, stand_in, twiml

TRACKED, ANA = "+442079460123", "+441614960001"
SHOP = "http://127.0.0.1:8000"
CALL = {"to": TRACKED, "from": "+447700900123"}


@pytest.fixture
def exchange() -> Iterator[RunningCarrier]:
    dial = f'<Dial answerOnBridge="true" action="/voice/dialled">{ANA}</Dial>'
    with stand_in({"/voice/ring": twiml(dial), "/voice/dialled": twiml("<Hangup/>")}) as service:
        carrier = Carrier(
            Account("AC1", TOKEN),
            numbers_at(service.base, [TRACKED]),
            AddressBook({ANA: Answers(4, 60)}),
        )
        running = serve_carrier(carrier, [SHOP])
        yield running
        running.stop()


def when_over(running: RunningCarrier, sid: str) -> dict[str, Any]:
    until = monotonic() + 10
    while monotonic() < until:
        call: dict[str, Any] = requests.get(f"{running.url}/calls/{sid}", timeout=5).json()
        if call["over"]:
            return call
        sleep(0.02)
    raise AssertionError("the call does not end")


def place(running: RunningCarrier, body: object, origin: str | None = SHOP) -> requests.Response:
    headers = {"Origin": origin} if origin else {}
    return requests.post(f"{running.url}/calls", json=body, headers=headers, timeout=5)


def test_a_page_places_a_call_and_watches_it(exchange: RunningCarrier) -> None:
    placed = place(exchange, CALL)
    assert placed.status_code == 202
    call = when_over(exchange, placed.json()["sid"])
    assert (call["reached"], call["answered_by"], call["duration"]) == ("person", ANA, 60)
    assert [entry["what"] for entry in call["entries"]][:2] == ["Ringing", "Rung"]
    ledger = requests.get(f"{exchange.url}/ledger", timeout=5).json()
    assert ledger == {"calls": [call]}


def test_only_tracked_numbers_are_called(exchange: RunningCarrier) -> None:
    refused = place(exchange, {**CALL, "to": "+442079460000"})
    assert refused.status_code == 422
    assert refused.json() == {"error": "+442079460000 is none of the 1 tracked numbers"}


@pytest.mark.parametrize(
    "body",
    [None, [], {"to": TRACKED}, {**CALL, "from": "me"}, {**CALL, "to": 5}, {**CALL, "x": 1}],
)
def test_what_is_no_call_is_refused_with_an_example(exchange: RunningCarrier, body: object) -> None:
    refused = place(exchange, body)
    assert refused.status_code == 422
    assert "+447700900123" in refused.json()["error"]


def test_the_shop_may_call_and_read_and_other_sites_may_not(exchange: RunningCarrier) -> None:
    allowed = requests.options(f"{exchange.url}/calls", headers={"Origin": SHOP}, timeout=5)
    assert allowed.headers["Access-Control-Allow-Origin"] == SHOP
    foreign = place(exchange, CALL, "https://evil.example")
    assert foreign.status_code == 403
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_an_unknown_call_is_not_found(exchange: RunningCarrier) -> None:
    assert requests.get(f"{exchange.url}/calls/CA0", timeout=5).status_code == 404

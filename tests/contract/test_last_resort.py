"""The flow at the carrier that rings the default destination when nothing of ours is left."""

import json
from collections.abc import Iterator

import pytest
import requests
from twilio.rest import Client

from callweave.simulator.ledger import Reached
from callweave.simulator.line import NumberConfig
from callweave.simulator.people import AddressBook, Answers, Caller
from callweave.telephony import carrier as our_side
from callweave.telephony import line
from callweave.telephony.last_resort import find_last_resort, host_last_resort
from carrier_rest import Exchange, exchange
from service import ACCOUNT, CALLER, TOKEN
from shops import ANA, FRONT_DESK

LINE = "+442079460101"
ENDPOINTS = (FRONT_DESK, "sip:desk@pbx.example:5061;transport=tls", "client:front_desk")
GONE = "http://127.0.0.1:9/voice/ring"


@pytest.fixture
def running() -> Iterator[Exchange]:
    people = AddressBook(dict.fromkeys((*ENDPOINTS, ANA), Answers(5, 40)))
    with exchange({LINE: NumberConfig(GONE)}, people=people) as found:
        yield found


@pytest.mark.parametrize("destination", ENDPOINTS)
@pytest.mark.parametrize("caller", [CALLER, "anonymous"])
def test_with_the_whole_host_gone_the_caller_reaches_the_default_destination(
    running: Exchange, caller: str, destination: str
) -> None:
    address = host_last_resort(running.api, destination)
    running.carrier.configure(LINE, NumberConfig(GONE, address))
    call = running.carrier.place_call(Caller(caller), LINE)
    assert (call.reached, call.answered_by) == (Reached.FALLBACK, destination)
    assert not call.breaches


@pytest.mark.parametrize("destination", ENDPOINTS)
def test_a_flow_is_found_again(running: Exchange, destination: str) -> None:
    assert find_last_resort(running.api, destination) is None
    made = host_last_resort(running.api, destination)
    assert find_last_resort(running.api, destination) == made
    assert find_last_resort(running.api, ANA) is None


def test_hosting_twice_makes_one_flow(running: Exchange) -> None:
    assert host_last_resort(running.api, FRONT_DESK) == host_last_resort(running.api, FRONT_DESK)
    other = host_last_resort(running.api, ANA)
    assert other != host_last_resort(running.api, FRONT_DESK)
    with running.api.asking() as client:
        assert len(client.studio.v2.flows.list()) == 2


@pytest.mark.parametrize("change", ["draft", "number"])
def test_a_flow_that_somebody_changed_is_mended(running: Exchange, change: str) -> None:
    made = host_last_resort(running.api, FRONT_DESK)
    with running.api.asking() as client:
        flow = client.studio.v2.flows(made.rpartition("/")[2])
        definition = flow.fetch().definition
        if change == "number":
            definition = json.loads(json.dumps(definition).replace(FRONT_DESK, ANA))
        flow.update(status="draft" if change == "draft" else "published", definition=definition)
    assert find_last_resort(running.api, FRONT_DESK) is None
    assert host_last_resort(running.api, FRONT_DESK) == made
    assert find_last_resort(running.api, FRONT_DESK) == made


def test_a_draft_is_not_executed(running: Exchange) -> None:
    made = host_last_resort(running.api, FRONT_DESK)
    client = Client(ACCOUNT, TOKEN, http_client=line.Line(running.url, 5))
    flow = client.studio.v2.flows(made.rpartition("/")[2])
    flow.update(status="draft", definition=flow.fetch().definition)
    assert requests.post(made, {"To": LINE, "From": CALLER}, timeout=5).status_code == 404


def test_a_flow_that_is_not_simulated_is_refused(running: Exchange) -> None:
    with running.api.asking() as client, pytest.raises(our_side.CarrierError, match="no such flow"):
        client.studio.v2.flows.create(
            friendly_name="x", status="published", definition={"initial_state": "Trigger"}
        )

"""The last resort: a flow that lives at the carrier and rings one phone, whatever became of us.

Twilio runs documents of its customers in three places. TwiML Bins can be made only by hand, in
the console; Twimlets take the document in their address, and are an experiment of Twilio's;
Studio has a documented interface and needs one request, so it is Studio.
"""

from collections.abc import Mapping
from typing import Any, assert_never

from callweave.domain.routing.endpoints import Endpoint, EndpointKind
from callweave.telephony.carrier import CarrierApi
from callweave.telephony.twiml import FALLBACK_RING_S

RING = "ring"


def find_last_resort(carrier: CarrierApi, destination: str) -> str | None:
    """Where calls are sent for it, if the flow is there and as it should be."""
    with carrier.asking() as client:
        for flow in client.studio.v2.flows.stream():
            if flow.friendly_name == _name(destination):
                found = client.studio.v2.flows(flow.sid).fetch()
                return _address(found) if _is_as_wanted(found, destination) else None
    return None


def host_last_resort(carrier: CarrierApi, destination: str) -> str:
    """Makes the flow, or mends it; where calls are sent for it."""
    wanted = {"status": "published", "definition": _definition(destination)}
    with carrier.asking() as client:
        for flow in client.studio.v2.flows.stream():
            if flow.friendly_name == _name(destination):
                return _address(client.studio.v2.flows(flow.sid).update(**wanted))
        made = client.studio.v2.flows.create(friendly_name=_name(destination), **wanted)
        return _address(made)


def _name(destination: str) -> str:
    return f"Callweave: ring {destination}"


def _address(flow: Any) -> str:
    """The carrier's own documentation shows it with http, and callers' numbers go there."""
    address: str = flow.webhook_url
    return address.replace("http://webhooks.twilio.com/", "https://webhooks.twilio.com/")


def _is_as_wanted(flow: Any, destination: str) -> bool:
    """The carrier may add to a definition, so only what matters is compared."""
    states = {state["name"]: state for state in flow.definition["states"]}
    wanted = _definition(destination)["states"][1]["properties"]
    given = states[RING]["properties"] if RING in states else {}
    return bool(flow.status == "published" and wanted.items() <= given.items())


def _definition(destination: str) -> Mapping[str, Any]:
    """The number that was dialled is shown, not the caller's: a withheld one could not be passed
    on, and the last resort must have no case in which it fails.
    """
    return {
        "description": "Rings one phone when Callweave cannot be reached.",
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": True},
        "states": [
            {
                "name": "Trigger",
                "type": "trigger",
                "transitions": [
                    {"event": "incomingCall", "next": RING},
                    {"event": "incomingMessage"},
                    {"event": "incomingRequest"},
                ],
                "properties": {"offset": {"x": 0, "y": 0}},
            },
            {
                "name": RING,
                "type": "connect-call-to",
                "transitions": [{"event": "callCompleted"}, {"event": "hangup"}],
                "properties": {
                    "offset": {"x": 0, "y": 200},
                    "caller_id": "{{trigger.call.To}}",
                    "timeout": FALLBACK_RING_S,
                    **_noun(Endpoint(destination)),
                },
            },
        ],
    }


def _noun(endpoint: Endpoint) -> Mapping[str, str]:
    match endpoint.kind:
        case EndpointKind.NUMBER:
            return {"noun": "number", "to": endpoint.address}
        case EndpointKind.SIP:
            return {"noun": "sip", "sip_endpoint": endpoint.address}
        case EndpointKind.CLIENT:
            return {"noun": "client", "to": endpoint.address.removeprefix("client:")}
        case _:
            assert_never(endpoint.kind)

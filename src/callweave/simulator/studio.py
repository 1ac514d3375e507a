"""Flows that live at the carrier and run there, when the service that owns the number is gone.

Shapes: Twilio's OpenAPI description (studio_v2, `Flow`) and its widget "Connect Call To". Of all
that a flow can be, only "ring this endpoint" is simulated; everything else is refused.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from callweave.simulator.door import Door, RestError, not_found

# What a flow's texts may name; {{contact.channel.address}} is the caller.
_VARIABLES = {
    "{{contact.channel.address}}": "From",
    "{{trigger.call.From}}": "From",
    "{{trigger.call.To}}": "To",
}

_NUMBER, _SIP = re.compile(r"\+[1-9][0-9]{6,14}"), re.compile(r"sips?:[^@\s]+@[^@\s]+")
_CLIENT = re.compile(r"[A-Za-z0-9_]+")


def mount_studio(app: Flask, door: Door) -> None:
    studio = _Studio(door)
    flow = "/v2/Flows/<sid>"
    for path, method, view, status in (
        ("/v2/Flows", "GET", studio.listed, 200),
        ("/v2/Flows", "POST", studio.create, 201),
        (flow, "GET", studio.fetch, 200),
        (flow, "POST", studio.update, 200),
    ):
        guarded = door.guarded(view, status)
        app.add_url_rule(path, f"studio {method} {path}", guarded, methods=[method])
    app.add_url_rule(
        "/v1/Accounts/<account>/Flows/<sid>", view_func=studio.execute, methods=["POST"]
    )


@dataclass(frozen=True, slots=True)
class _Flow:
    name: str
    published: bool
    definition: Mapping[str, Any]
    revision: int = 1


@dataclass(frozen=True, slots=True)
class _Studio:
    door: Door
    flows: dict[str, _Flow] = field(default_factory=dict)

    def listed(self) -> Mapping[str, object]:
        """Definitions are left out of the list, as at Twilio."""
        flows = [self._resource(sid) | {"definition": None} for sid in self.flows]
        meta = {"key": "flows", "page": 0, "page_size": 50, "next_page_url": None}
        return {"flows": flows, "meta": meta | {"url": request.base_url}}

    def fetch(self, sid: str) -> Mapping[str, object]:
        self._find(sid)
        return self._resource(sid)

    def create(self) -> Mapping[str, object]:
        name = request.form["FriendlyName"]
        sid = "FW" + sha256(f"{name} {len(self.flows)}".encode()).hexdigest()[:32]
        self.flows[sid] = _Flow(name, _is_published(), _definition())
        return self._resource(sid)

    def update(self, sid: str) -> Mapping[str, object]:
        before = self._find(sid)
        revised = _Flow(before.name, _is_published(), _definition(), before.revision + 1)
        self.flows[sid] = revised
        return self._resource(sid)

    def execute(self, account: str, sid: str) -> ResponseReturnValue:
        """What the carrier asks itself when a number points at a flow."""
        flow = self.flows.get(sid)
        if account != self.door.account.sid or flow is None or not flow.published:
            return "", 404
        return Response(_twiml(_ringing(flow.definition), request.form), content_type="text/xml")

    def _find(self, sid: str) -> _Flow:
        if sid not in self.flows:
            raise not_found()
        return self.flows[sid]

    def _resource(self, sid: str) -> dict[str, object]:
        flow, account = self.flows[sid], self.door.account.sid
        return {
            "sid": sid,
            "account_sid": account,
            "friendly_name": flow.name,
            "definition": flow.definition,
            "status": "published" if flow.published else "draft",
            "revision": flow.revision,
            "commit_message": None,
            "valid": True,
            "errors": [],
            "warnings": [],
            "date_created": "2026-11-01T08:00:00Z",
            "date_updated": None,
            "webhook_url": f"{request.host_url}v1/Accounts/{account}/Flows/{sid}",
            "url": f"{request.host_url}v2/Flows/{sid}",
            "links": {"revisions": f"{request.host_url}v2/Flows/{sid}/Revisions"},
        }


def _is_published() -> bool:
    status = request.form.get("Status")
    if status not in {"draft", "published"}:
        raise RestError(400, 20001, "Status must be draft or published")
    return status == "published"


def _definition() -> Mapping[str, Any]:
    try:
        definition: Mapping[str, Any] = json.loads(request.form.get("Definition", ""))
        _ringing(definition)
    except (ValueError, KeyError, TypeError, StopIteration) as problem:
        raise RestError(400, 20001, f"this carrier simulates no such flow: {problem!r}") from None
    return definition


def _ringing(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties of the widget to which an incoming call goes."""
    states = {state["name"]: state for state in definition["states"]}
    events = states[definition["initial_state"]]["transitions"]
    first = next(event["next"] for event in events if event["event"] == "incomingCall")
    properties: Mapping[str, Any] = states[first]["properties"]
    if states[first]["type"] != "connect-call-to" or not _noun(properties):
        raise ValueError("only a number, a SIP address or a client is rung")
    return properties


def _noun(ringing: Mapping[str, Any]) -> str:
    """TwiML; empty for what is not simulated. A client goes by its name, without `client:`."""
    match ringing:
        case {"noun": "number", "to": str(to)} if _NUMBER.fullmatch(to):
            return f"<Number>{to}</Number>"
        case {"noun": "sip", "sip_endpoint": str(to)} if _SIP.fullmatch(to):
            return f"<Sip>{escape(to)}</Sip>"
        case {"noun": "client", "to": str(to)} if _CLIENT.fullmatch(to):
            return f"<Client>{to}</Client>"
        case _:
            return ""


def _twiml(ringing: Mapping[str, Any], form: Mapping[str, str]) -> str:
    shown = ringing["caller_id"]
    for variable, parameter in _VARIABLES.items():
        shown = shown.replace(variable, form.get(parameter, ""))
    attributes = f"callerId={quoteattr(shown)} timeout={quoteattr(str(ringing['timeout']))}"
    return f"<Response><Dial {attributes}>{_noun(ringing)}</Dial></Response>"

"""The carrier behind a small HTTP interface, for pages that place calls and watch them."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from threading import BoundedSemaphore, Thread
from typing import Any

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from callweave.simulator.calling import live
from callweave.simulator.carrier import Carrier, NotOurNumberError
from callweave.simulator.door import Troubles
from callweave.simulator.ledger import as_json
from callweave.simulator.line import Line
from callweave.simulator.people import Caller
from callweave.simulator.rest import mount_rest

MOST_CALLS_AT_ONCE = 20
PATIENCE = 90  # seconds after which a caller of the demo gives up
_PHONE = r"\+[1-9][0-9]{6,14}|anonymous"


def carrier_app(
    carrier: Carrier, origins: Collection[str], troubles: Troubles | None = None
) -> Flask:
    """`origins`: the pages that may place calls, as a browser names them."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 4096
    exchange = _Exchange(carrier, origins, BoundedSemaphore(MOST_CALLS_AT_ONCE))
    app.add_url_rule("/calls", view_func=exchange.place_call, methods=["POST"])
    app.add_url_rule("/calls/<sid>", view_func=exchange.read_call)
    app.add_url_rule("/ledger", view_func=exchange.read_ledger)
    app.after_request(exchange.allow_origin)
    mount_rest(app, carrier, troubles)
    return app


@dataclass(frozen=True, slots=True)
class _Exchange:
    carrier: Carrier
    origins: Collection[str]
    lines: BoundedSemaphore

    def place_call(self) -> ResponseReturnValue:
        origin = request.headers.get("Origin")
        if origin is not None and origin not in self.origins:
            return _refusal(403, f"calls are not placed for {origin}")
        wanted = _wanted(request.get_json(silent=True))
        if isinstance(wanted, str):
            return _refusal(422, wanted)
        if not self.lines.acquire(blocking=False):
            return _refusal(429, f"{MOST_CALLS_AT_ONCE} calls are going on: wait for one to end")
        try:
            line = self.carrier.dial(Caller(wanted.from_, patience=PATIENCE), wanted.to)
        except NotOurNumberError as problem:
            self.lines.release()
            return _refusal(422, str(problem))
        Thread(target=self._live, args=(line,), daemon=True).start()
        return jsonify(sid=line.page.sid), 202

    def _live(self, line: Line) -> None:
        try:
            live(line)
        finally:
            self.lines.release()

    def read_call(self, sid: str) -> ResponseReturnValue:
        call = self.carrier.ledger.find(sid)
        return _refusal(404, f"no call {sid}") if call is None else jsonify(as_json(call))

    def read_ledger(self) -> ResponseReturnValue:
        return jsonify(calls=[as_json(call) for call in self.carrier.ledger.calls()])

    def allow_origin(self, response: Response) -> Response:
        origin = request.headers.get("Origin", "")
        response.vary.add("Origin")
        if origin in self.origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Cache-Control"] = "no-store"
        return response


@dataclass(frozen=True, slots=True)
class _Wanted:
    to: str
    from_: str


def _wanted(body: Any) -> _Wanted | str:
    match body:
        case {"to": str(to), "from": str(from_), **rest} if not rest:
            if not re.fullmatch(_PHONE, from_):
                return '"from" must be a phone number such as "+447700900123", or "anonymous"'
            return _Wanted(to, from_)
        case _:
            return 'send JSON such as {"to": "+442079460101", "from": "+447700900123"}'


def _refusal(status: int, why: str) -> ResponseReturnValue:
    return jsonify(error=why), status


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A page that asks twice a second would fill the demo's terminal."""


@dataclass(frozen=True, slots=True)
class RunningCarrier:
    url: str
    server: BaseWSGIServer
    thread: Thread

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def serve_carrier(
    carrier: Carrier, origins: Collection[str], port: int = 0, troubles: Troubles | None = None
) -> RunningCarrier:
    """On 127.0.0.1, in a thread of its own; port 0 takes a free one."""
    app = carrier_app(carrier, origins, troubles)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    return RunningCarrier(f"http://127.0.0.1:{server.server_port}", server, thread)

"""A scripted service for the simulated carrier to ring: answers by path, and checks signatures
with twilio's own validator, which neither side of Callweave wrote.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from urllib.parse import parse_qsl, urlsplit

from twilio.request_validator import RequestValidator

TOKEN = "0123456789abcdef0123456789abcdef"

Form = Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    body: str = ""
    status: int = 200
    content_type: str | None = "text/xml"
    headers: Mapping[str, str] = field(default_factory=dict)
    letter_seconds: float = 0  # of waiting after each letter


Script = Mapping[str, "str | Reply | Callable[[Form], str | Reply]"]


@dataclass(frozen=True)
class Heard:
    path: str
    form: Form
    headers: Mapping[str, str]
    signed: bool


@dataclass
class StandIn:
    script: Script
    base: str = ""
    heard: list[Heard] = field(default_factory=list)

    def reply(self, path: str, form: Form) -> Reply:
        answer = self.script.get(path) or self.script.get("*") or Reply(status=204)
        if callable(answer):
            answer = answer(form)
        return Reply(answer) if isinstance(answer, str) else answer

    def at(self, path: str) -> list[Heard]:
        return [request for request in self.heard if urlsplit(request.path).path == path]

    def form(self, path: str) -> Form:
        (request,) = self.at(path)
        return request.form


def twiml(inside: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inside}</Response>'


class _Server(ThreadingHTTPServer):
    service: StandIn
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers that hang up are no news; anything else is, loudly."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed on


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: no waiting for delayed acknowledgements

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.headers.get("Content-Type") == "application/json":
            self._answer({"json": body})
        else:
            self._answer(dict(parse_qsl(body, keep_blank_values=True)))

    do_PUT = do_POST  # noqa: N815 (named by the standard library)

    def do_GET(self) -> None:
        self._answer({})

    def _answer(self, form: dict[str, str]) -> None:
        service = self.server.service
        signature = self.headers.get("X-Twilio-Signature", "")
        signed = RequestValidator(TOKEN).validate(service.base + self.path, form, signature)
        service.heard.append(Heard(self.path, form, dict(self.headers), bool(signed)))
        reply = service.reply(urlsplit(self.path).path, form)
        self.send_response(reply.status)
        kind = {"Content-Type": reply.content_type} if reply.content_type else {}
        length = {} if reply.status == 204 else {"Content-Length": str(len(reply.body.encode()))}
        for name, value in {**kind, **reply.headers, **length}.items():
            self.send_header(name, value)
        self.end_headers()
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        if not reply.letter_seconds:
            self.wfile.write(reply.body.encode())
            return
        for letter in reply.body:
            self.wfile.write(letter.encode())
            self.wfile.flush()
            sleep(reply.letter_seconds)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its own name)
        pass


@contextmanager
def stand_in(script: Script) -> Iterator[StandIn]:
    service = StandIn(script)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.service = service
    service.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

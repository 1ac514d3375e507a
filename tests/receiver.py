"""Somebody else's server that is told facts and believes what the official library verifies."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, TypeAlias

import standardwebhooks

SECRET = "whsec_" + "c2VjcmV0" * 5
# openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500
#   -subj /CN=hooks.example.com -addext subjectAltName=DNS:hooks.example.com
CERTIFICATE = Path(__file__).parent / "certificates" / "hooks.example.com.pem"


@dataclass(frozen=True, slots=True)
class Heard:
    fact_id: str
    host: str
    path: str
    fact: dict[str, Any]


Behave: TypeAlias = Callable[[BaseHTTPRequestHandler], None]


def say(status: int, **headers: str) -> Behave:
    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in {"Content_Length": "0", **headers}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()

    return behave


@dataclass(slots=True)
class Receiver:
    """``behave`` gives the answer to what was verified; what was not is answered 400."""

    port: int
    secrets: list[str] = field(default_factory=lambda: [SECRET])
    behave: Behave = field(default_factory=lambda: say(204))
    heard: list[Heard] = field(default_factory=list)
    forged: int = 0
    lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def fact_ids(self) -> list[str]:
        return [heard.fact_id for heard in self.heard]

    def verified(self, body: bytes, headers: dict[str, str]) -> dict[str, Any] | None:
        for secret in self.secrets:
            try:
                found: dict[str, Any] = standardwebhooks.Webhook(secret).verify(body, headers)
            except standardwebhooks.WebhookVerificationError:
                continue
            return found
        return None


@contextmanager
def receiving(*, tls: bool = False) -> Iterator[Receiver]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    receiver = Receiver(server.server_address[1])
    server.RequestHandlerClass = _handler(receiver)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # whoever sent it was killed in the middle
                return
            fact = receiver.verified(body, dict(self.headers.items()))
            if fact is None:
                receiver.forged += 1
                say(400)(self)
                return
            told = Heard(self.headers["webhook-id"], self.headers["Host"], self.path, fact)
            with receiver.lock:
                receiver.heard.append(told)
            receiver.behave(self)

        def log_message(self, *_: Any, **__: Any) -> None:
            pass

    return Handler

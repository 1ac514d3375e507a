"""A connection to one address that was checked, for one request, for a bounded time."""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from typing import Any

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from callweave.integrations.webhook.addresses import Place


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for the connection, for each wait until something is said, for the whole answer."""

    connect_s: float
    silence_s: float
    answer_s: float


class Line(HTTPAdapter):
    """Calls ``address``; certificates and the Host header are still those of the place.

    Nothing of requests above its adapters is used: no redirects, no proxies, no passwords from
    the environment. Certificates are held to requests' own list and to the system's, to which
    the variable SSL_CERT_FILE adds.
    """

    def __init__(self, place: Place, address: str, patience: Patience) -> None:
        super().__init__()
        self._place = place
        self._address = address
        self._patience = patience

    def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, str | None]:
        """The status and Retry-After; what else is answered is not read."""
        request = PreparedRequest()
        told = {**headers, "Host": self._place.authority}
        request.prepare(method="POST", url=self._place.url, headers=told, data=body)
        waits = (self._patience.connect_s, self._patience.silence_s)
        with self.send(request, stream=True, timeout=waits) as response:
            return response.status_code, response.headers.get("Retry-After")

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, tls = super().build_connection_pool_key_attributes(*args, **kwargs)
        host["host"] = self._address
        if self._place.scheme == "https":
            trusting = ssl.create_default_context()
            return host, {**tls, "server_hostname": self._place.host, "ssl_context": trusting}
        return host, tls

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        secure = self._place.scheme == "https"
        pool.ConnectionCls = _BoundedSecureConnection if secure else _BoundedConnection
        pool.conn_kw["longest_s"] = self._patience.answer_s
        return pool


class _BoundedConnection(HTTPConnection):
    """A read timeout bounds the wait for each byte, and who sends one now and then never ends."""

    def __init__(self, *args: Any, longest_s: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._longest_s = longest_s
        self._end: Timer | None = None

    def connect(self) -> None:
        super().connect()
        self._end = Timer(self._longest_s, _hang_up, [self.sock])
        self._end.daemon = True
        self._end.start()

    def close(self) -> None:
        if self._end:
            self._end.cancel()
        super().close()


class _BoundedSecureConnection(_BoundedConnection, HTTPSConnection):
    pass


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):  # it was closed just now
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

"""Requests to the service without sockets: WSGI, as gunicorn would hand them over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

PUBLIC = "https://calls.example.com"


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    content_type: str
    body: bytes


def request(
    app: Any,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    address: str = "192.0.2.1",
) -> Response:
    """``target``: path and query; ``address``: the client's."""
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "RAW_URI": target,
        "SERVER_NAME": "calls.example.com",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": address,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, fields: list[tuple[str, str]], _info: Any = None) -> None:
        told.append((status, fields))

    parts: Iterable[bytes] = app.wsgi_app(environ, start_response)
    whole = b"".join(parts)
    close = getattr(parts, "close", None)
    if close:
        close()
    status, fields = told[-1]
    kinds = [value for name, value in fields if name.lower() == "content-type"]
    return Response(int(status.split()[0]), kinds[0] if kinds else "", whole)

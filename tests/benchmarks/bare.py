"""What everything is compared with: the least that gunicorn, and Flask on it, do for a request."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, request

if TYPE_CHECKING:  # at run time there is no such module
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HELLO = b'{"hello":"world"}\n'

flask = Flask("bare")


def wsgi(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    length = str(len(HELLO))
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", length)])
    return [HELLO]


@flask.get("/hello")
def hello() -> Response:
    return jsonify(hello="world")


@flask.post("/echo")
def echo() -> Response:
    return jsonify(request.get_json(force=True))

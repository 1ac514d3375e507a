"""What went wrong. For programs: application/problem+json (RFC 9457) with stable types; for the
carrier: plain text; for people: a page.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from callweave.storage.database import is_trouble

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
PROGRAMS = ("/api/", "/v1/", "/healthz", "/readyz")
CARRIER = "/voice/"
_TROUBLE = "The database does not answer. Try again in a few seconds."

# Words of our own: HTTP's names for a status change between releases of Python.
_TYPES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
    429: "too-many-requests",
    500: "internal-error",
    503: "unavailable",
}

log = logging.getLogger(__name__)


class Problem(Exception):  # noqa: N818  the RFC's word
    """``type`` is a stable word that programs may compare; ``errors`` names fields."""

    def __init__(
        self,
        status: int,
        type_: str,
        detail: str,
        errors: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type_
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}

    def response(self) -> Response:
        body: dict[str, Any] = {
            "type": f"urn:callweave:problem:{self.type}",
            "title": self.type.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = self.errors
        answer = jsonify(body)
        answer.status_code = self.status
        answer.headers.update(self.headers)
        answer.content_type = CONTENT_TYPE
        return answer


def init_errors(app: Flask, page: Callable[[int], Response]) -> None:
    """``page`` shows a status to people."""

    def refused(error: HTTPException) -> Response:
        return _answer(error, page)

    def failed(error: Exception) -> Response:
        """What is not the database's trouble goes back to Flask, which logs it as a fault of ours
        and asks for the answer to an InternalServerError.
        """
        if not is_trouble(error):
            raise error
        log.error("the database is in trouble", exc_info=error, extra={"path": request.path})
        return _answer(ServiceUnavailable(_TROUBLE, retry_after=RETRY_AFTER_S), page)

    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(Exception, failed)


def _answer(error: HTTPException, page: Callable[[int], Response]) -> Response:
    """With the headers that belong to the status: Allow, Retry-After, WWW-Authenticate."""
    status = error.code or InternalServerError.code
    if request.path.startswith(PROGRAMS):
        answer = Problem(status, _TYPES.get(status, f"http-{status}"), _detail(error)).response()
    elif request.path.startswith(CARRIER):
        answer = Response(_detail(error), status, content_type="text/plain; charset=utf-8")
    else:
        answer = page(status)
    of_status = (pair for pair in error.get_headers() if pair[0] != "Content-Type")
    answer.headers.update(of_status)
    return answer


def _detail(error: HTTPException) -> str:
    return error.description or error.name

"""What went wrong, for programs: application/problem+json (RFC 9457) with stable types."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818  the RFC's word
    """``type`` is a stable word that programs may compare; ``errors`` names fields."""

    def __init__(
        self, status: int, type_: str, detail: str, errors: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type_
        self.detail = detail
        self.errors = errors

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
        answer.content_type = CONTENT_TYPE
        return answer

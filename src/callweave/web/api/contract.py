"""flask-smorest, by which the service and its OpenAPI document come from one source; corrected.

- Errors are documented as what they are served as: application/problem+json.
- Its handler of errors is left out: it would answer pages with JSON too, and drop headers.
- Its model of pages is left out of the document.
- Bodies are read within our own bounds.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

from flask import Response
from flask_smorest import Api, Blueprint  # type: ignore[import-untyped]  # ships no types
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from webargs.flaskparser import FlaskParser

from callweave.web.bodies import json_body
from callweave.web.errors import CONTENT_TYPE, Problem
from callweave.web.keys import require_key

_View = TypeVar("_View", bound=Callable[..., Any])

_UNFIT = "The body is not of the documented form; `errors` names each field."
_REFUSALS = {
    400: "The body is not JSON.",
    401: "The API key is missing, unknown or retired.",
    404: "There is no such call, or nothing has been recorded for it.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: _UNFIT,
    503: "The database does not answer: try again, the same PUT does no harm.",
}
_HEADERS = {401: "WWW-Authenticate", 503: "Retry-After"}
_OF_READING, _OF_WRITING = (401, 404, 503), tuple(_REFUSALS)


class ProblemSchema(Schema):
    """RFC 9457, which lets a problem have more members."""

    class Meta:
        unknown = EXCLUDE

    type = fields.String(
        required=True,
        metadata={"format": "uri", "examples": ["urn:callweave:problem:unknown-call"]},
    )
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "For a person to read."})
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "What is wrong with which field."},
    )


class DocumentedApi(Api):  # type: ignore[misc]  # untyped base
    def _register_error_handlers(self) -> None:
        """Errors are answered by callweave.web.errors."""

    def _register_pagination_header(self) -> None:
        """Lists go by cursor, not by the pages that smorest would describe."""

    def _register_responses(self) -> None:
        """The names are those by which smorest refers to responses."""
        for status, description in _REFUSALS.items():
            self._register_response(HTTPStatus(status).name, description, _HEADERS.get(status))
        self._register_response(self.DEFAULT_ERROR_RESPONSE_NAME, "Any other problem.", None)

    def _register_response(self, name: str, description: str, header: str | None) -> None:
        response = {
            "description": description,
            "content": {CONTENT_TYPE: {"schema": ProblemSchema}},
            "headers": {header: {"schema": {"type": "string"}}} if header else {},
        }
        self.spec.components.response(name, response, lazy=True)


class _BodyParser(FlaskParser):
    def load_json(self, req: Any, schema: Schema) -> Any:  # noqa: ARG002  webargs' signature
        if not req.is_json:
            detail = "Send the body as Content-Type: application/json."
            raise Problem(415, "unsupported-media-type", detail)
        return json_body()

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        raise Problem(422, "invalid-body", _UNFIT, error.messages_dict["json"])


def _keep_nowhere(response: Response) -> Response:
    response.cache_control.no_store = True
    return response


class Resource(Blueprint):  # type: ignore[misc]  # untyped base
    """A part of the API, behind a key. A view's name is its operation's id in the document, the
    first line of its docstring the summary.
    """

    ARGUMENTS_PARSER = _BodyParser()

    def __init__(self, name: str, import_name: str, description: str) -> None:
        super().__init__(name, import_name, description=description)
        self.before_request(require_key)
        self.after_request(_keep_nowhere)

    def reads(self, rule: str, *, gives: type[Schema]) -> Callable[[_View], _View]:
        return self._operation("GET", rule, gives, _OF_READING)

    def puts(
        self, rule: str, *, takes: type[Schema], gives: type[Schema], example: dict[str, Any]
    ) -> Callable[[_View], _View]:
        """The view's first argument is what ``takes`` has loaded."""

        def decorate(view: _View) -> _View:
            reading = self.arguments(takes, example=example)(view)
            routed: _View = self._operation("PUT", rule, gives, _OF_WRITING)(reading)
            return routed

        return decorate

    def _operation(
        self, method: str, rule: str, gives: type[Schema], refusals: Sequence[int]
    ) -> Callable[[_View], _View]:
        def decorate(view: _View) -> _View:
            documented = self.response(200, gives)(view)
            for status in refusals:
                name = HTTPStatus(status).name
                documented = self.alt_response(status, response=name)(documented)
            documented = self.doc(operationId=view.__name__)(documented)
            routed: _View = self.route(rule, methods=[method])(documented)
            return routed

        return decorate

"""JSON from strangers: bounded, plain, and never the cause of an exception further down."""

import json
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from callweave.web.errors import Problem

LARGEST_BODY = 16 * 1024


def json_body() -> Any:
    """The request's JSON, whatever its content type says. Raises Problem."""
    raw = _raw()
    if b"\x00" in raw or b"\\u0000" in raw:
        raise Problem(422, "unreadable-text", "The body contains NUL characters.")
    try:
        data = json.loads(raw.decode(), parse_constant=_refuse_constant)
    except RecursionError:
        raise Problem(400, "invalid-json", "The JSON is nested too deeply.") from None
    except ValueError as error:
        raise Problem(400, "invalid-json", f"The body is not JSON: {error}") from None
    return _without_lone_surrogates(data) if b"\\ud" in raw.lower() else data


def _raw() -> bytes:
    try:
        request.max_content_length = LARGEST_BODY
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        limit = f"A body has at most {LARGEST_BODY} bytes here."
        raise Problem(413, "body-too-large", limit) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _without_lone_surrogates(data: Any) -> Any:
    """Half of a cut emoji cannot be stored; a page's title must not fail for it."""
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))

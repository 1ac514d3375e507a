"""JSON from strangers: bounded, plain, and never the cause of an exception further down."""

import json
from math import isfinite
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from callweave.web.errors import Problem

LARGEST_BODY = 16 * 1024
DEEPEST = 32  # far under what Python's JSON can write again


def json_body() -> Any:
    """The request's JSON, whatever its content type says. Raises Problem."""
    raw = _raw()
    if b"\x00" in raw or b"\\u0000" in raw:
        raise Problem(422, "unreadable-text", "The body contains NUL characters.")
    try:
        data = _JSON.decode(raw.decode())
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise Problem(400, "invalid-json", f"The body is not JSON: {error}") from None
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _depth(data) > DEEPEST:
        raise _too_deep()
    return _without_lone_surrogates(data) if b"\\ud" in raw.lower() else data


def _raw() -> bytes:
    """One byte more than allowed is asked for: a chunked body does not say how long it is."""
    try:
        raw = request.stream.read(LARGEST_BODY + 1)
    except RequestEntityTooLarge:
        raise _too_large() from None
    if len(raw) > LARGEST_BODY:
        raise _too_large()
    return raw


def _too_large() -> Problem:
    return Problem(413, "body-too-large", f"A body has at most {LARGEST_BODY} bytes here.")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _finite(text: str) -> float:
    """1e999 is JSON, and a number that can be kept nowhere."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"{text[:20]} is too large a number")
    return number


_JSON = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def _depth(data: Any) -> int:
    """Level by level: recursion is what deep data must not meet."""
    depth = -1
    level: list[Any] = [[data]]
    while level:
        depth += 1
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [item for each in inner for item in each if isinstance(item, dict | list)]
    return depth


def _too_deep() -> Problem:
    return Problem(400, "invalid-json", "The JSON is nested too deeply.")


def _without_lone_surrogates(data: Any) -> Any:
    """Half of a cut emoji cannot be stored; a page's title must not fail for it."""
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))

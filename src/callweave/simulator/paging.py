"""A page of a list, as the carrier's REST interface answers it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from callweave.simulator.door import RestError

LARGEST_PAGE = 1000
USUAL_PAGE = 50


def page(
    name: str,
    found: Sequence[Any],
    resource: Callable[[Any], Mapping[str, object]],
    sid_of: Callable[[Any], str],
) -> Mapping[str, object]:
    """The next page begins behind the last one's last entry, whatever has come before it since."""
    size = _number("PageSize", USUAL_PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise RestError(400, 20006, f"Page size must be between 1 and {LARGEST_PAGE}")
    after, number = request.args.get("PageToken", "").removeprefix("PA"), _number("Page", 0)
    begin = next((place for place, each in enumerate(found, 1) if sid_of(each) == after), 0)
    entries = found[begin : begin + size]
    more = begin + size < len(found)
    return {
        name: [resource(each) for each in entries],
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(0, len(entries) - 1),
        "uri": request.full_path,
        "first_page_uri": _uri(size, 0),
        "next_page_uri": _uri(size, number + 1, f"PA{sid_of(entries[-1])}") if more else None,
        "previous_page_uri": None,
    }


def _number(name: str, otherwise: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() else otherwise


def _uri(size: int, number: int, token: str | None = None) -> str:
    own = {"PageSize", "Page", "PageToken"}
    query = {name: value for name, value in request.args.items() if name not in own}
    query |= {"PageSize": str(size), "Page": str(number)}
    return f"{request.path}?{urlencode(query | ({'PageToken': token} if token else {}))}"

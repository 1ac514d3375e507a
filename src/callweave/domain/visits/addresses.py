"""Addresses that browsers and strangers send: read without ever failing, kept without secrets."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus, urlsplit

# What is longer than browsers and ad platforms make it is noise, and bounds what one can cost.
LONGEST_URL = 8_192
LONGEST_PAGE = 1_024
LONGEST_HOST = 253
MOST_PARAMETERS = 200

# Control characters, line separators, marks that turn the direction of text around (a source
# name must not disguise its neighbours in a report), lone surrogates, and what XML cannot carry.
_ILLEGIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

WEB = frozenset({"http", "https"})
# Android apps name themselves as `android-app://com.example.app/`.
WEB_AND_APPS = WEB | {"android-app"}


@dataclass(frozen=True, slots=True)
class Address:
    host: str  # lower case, without port and credentials
    page: str  # scheme, host, port and path; queries can hold personal data and are not kept
    path: str
    query: str


# A page is read for its touch and again for its topics, and many come from the same places.
@lru_cache(maxsize=256)
def read_address(text: str, schemes: frozenset[str] = WEB) -> Address | None:
    """None when the text is no usable address of one of these schemes."""
    try:
        parts = urlsplit(text[:LONGEST_URL])
        host, port = legible(parts.hostname or "", LONGEST_URL).rstrip("."), parts.port
    except ValueError:  # broken IPv6, a port that is no port, letters that turn into "/" or "@"
        return None
    if parts.scheme not in schemes or not host or len(host) > LONGEST_HOST:
        return None
    path = parts.path or "/"
    bracketed = f"[{host}]" if ":" in host else host
    place = bracketed if port is None else f"{bracketed}:{port}"
    page = legible(f"{parts.scheme}://{place}{path}", LONGEST_PAGE)
    return Address(host, page, path, parts.query)


def parameters(query: str, wanted: Collection[str]) -> dict[str, str]:
    """The first value of each wanted (lower-case) name; names in a query may be in any case."""
    found: dict[str, str] = {}
    for pair in query.split("&", MOST_PARAMETERS)[:MOST_PARAMETERS]:
        name, _, value = pair.partition("=")
        # Links copied from a page's source arrive with "&amp;" between their parameters.
        name = unquote_plus(name).lower().removeprefix("amp;")
        if value and name in wanted:
            found.setdefault(name, unquote_plus(value))
    return found


def address_parameters(text: str, wanted: Collection[str]) -> dict[str, str]:
    """The same of a whole address; none of one that makes no sense."""
    address = read_address(text) if wanted else None
    return parameters(address.query, wanted) if address else {}


def legible(text: str, longest: int) -> str:
    """Text that can be stored and shown: no control characters, no edges, not too long."""
    if len(text) <= longest and text.isascii() and text.isprintable():  # as nearly all is
        return text.strip()
    return _ILLEGIBLE.sub("", text).strip()[:longest].rstrip()

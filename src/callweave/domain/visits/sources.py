"""Which sites are search engines, social networks, shops, video sites and assistants.

The kinds are Google's, and so are most of the names, learned from the list beside its channel
rules (support.google.com/analytics/answer/9756891). Our own list is in `sources.toml`.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files


class Kind(StrEnum):
    SEARCH = "search"
    SOCIAL = "social"
    VIDEO = "video"
    SHOPPING = "shopping"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Site:
    name: str
    kind: Kind | None  # None: a part of a known site that is of no kind


# What may stand before a search engine's domain: m.search.naver.com, html.duckduckgo.com. Two
# letters are a country: cn.bing.com. All else that engines run, mail.yahoo.com, is no search.
_BEFORE_SEARCH = frozenset({"www", "m", "wap", "search", "start", "images", "global", "r", "ntp"})
_BEFORE_SEARCH |= {"html", "lite", "safe", "noai", "espanol", "malaysia"}
_COUNTRY = 2
_MOST_LABELS = 6


@lru_cache(maxsize=4_096)
def site_of_host(host: str) -> Site | None:
    """The known site that a lower-case host belongs to; the longest listed domain wins."""
    labels = host.split(".")
    for start in range(max(0, len(labels) - _MOST_LABELS), len(labels)):
        first, *ending = labels[start:]
        site = _DOMAINS.get(".".join((first, *ending)))
        if site is None and first in _WORLDWIDE and _is_of_a_country(ending):
            site = _WORLDWIDE[first]
        if site is not None:
            return site if _belongs_to(site, labels[:start]) else None
    return None


def site_of_source(source: str) -> Site | None:
    """The known site that a lower-case utm_source means, whether a short name or a host."""
    return _NAMES.get(source) or site_of_host(source)


def _belongs_to(site: Site, before: list[str]) -> bool:
    if site.kind is not Kind.SEARCH:
        return True
    return all(label in _BEFORE_SEARCH or len(label) == _COUNTRY for label in before)


def _is_of_a_country(ending: list[str]) -> bool:
    """Whether the labels are such as "com", "de", "co.uk" or "com.br"."""
    match ending:
        case [last]:
            return last == "com" or len(last) == _COUNTRY
        case ["co" | "com", last]:
            return len(last) == _COUNTRY
        case _:
            return False


def _listed() -> Iterator[tuple[str, Site]]:
    text = files("callweave.domain.visits").joinpath("sources.toml").read_text(encoding="utf-8")
    for kind, sites in tomllib.loads(text).items():
        for name, known_by in sites.items():
            site = Site(name, None if kind == "neither" else Kind(kind))
            yield name, site
            yield from ((alias, site) for alias in known_by)


_LISTED = tuple(_listed())
_NAMES = {alias: site for alias, site in _LISTED if "." not in alias}
_WORLDWIDE = {alias[:-2]: site for alias, site in _LISTED if alias.endswith(".*")}
_DOMAINS = {alias: site for alias, site in _LISTED if "." in alias and not alias.endswith(".*")}

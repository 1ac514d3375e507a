"""Which pool answers a page, as docs/pools.md has it."""

from datetime import UTC, datetime

import pytest

from callweave.domain.leases.pools import Conditions, Kind, Showing, fits, precedence, region
from callweave.domain.visits.addresses import address_parameters
from callweave.domain.visits.touches import read_touch

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
POOLS: dict[str, tuple[Kind, dict[str, object]]] = {
    "everybody": (Kind.VISITOR, {}),
    "Leeds": (Kind.VISITOR, {"time_zones": ["Europe/*"], "regions": ["gb"]}),
    "paid visitors": (Kind.VISITOR, {"channels": ["Paid Search"]}),
    "newsletter": (Kind.SOURCE, {"sources": ["newsletter"]}),
    "spring": (Kind.SOURCE, {"mediums": ["email"], "campaigns": ["Spring*"]}),
    "partner": (Kind.SOURCE, {"referrers": ["Partner.example"]}),
    "flyer": (Kind.SOURCE, {"parameters": {"flyer": ["*"]}}),
    "flyer seven": (Kind.SOURCE, {"parameters": {"flyer": ["7"]}, "sources": ["print"]}),
}
SHOP = "https://shop.example/"


def showing(query: str = "", referrer: str | None = None, tz: str = "", tag: str = "") -> Showing:
    url = f"{SHOP}?{query}"
    touch = read_touch(url=url, referrer=referrer, at=NOON, own_hosts=["shop.example"])
    return Showing(touch, address_parameters(url, {"flyer"}), tz or None, tag or None)


def chosen(who: Showing) -> str:
    read = {name: (kind, Conditions.of(data)) for name, (kind, data) in POOLS.items()}
    ordered = sorted(read, key=lambda name: precedence(*read[name], name))
    return next(name for name in ordered if fits(read[name][1], who))


PARTNER = "https://www.partner.example/list"


@pytest.mark.parametrize(
    ("who", "pool"),
    [
        (showing("flyer=7&utm_source=print", PARTNER), "flyer seven"),
        (showing("flyer=7", PARTNER), "flyer"),
        (showing("flyer=&utm_source=newsletter", PARTNER), "partner"),
        (showing("utm_source=Newsletter", PARTNER), "partner"),
        (showing("", "https://notpartner.example/"), "everybody"),
        (showing("utm_source=Newsletter&utm_medium=email&utm_campaign=spring-1"), "newsletter"),
        (showing("utm_source=x&utm_medium=Email&utm_campaign=SPRING-1"), "spring"),
        (showing("utm_source=x&utm_medium=email"), "everybody"),
        (showing("gclid=a", None, "Europe/London", "en-GB"), "paid visitors"),
        (showing("", None, "Europe/London", "en-GB"), "Leeds"),
        (showing("", None, "Europe/London", "en-US"), "everybody"),
        (showing("", None, "America/New_York", "en-GB"), "everybody"),
        (showing(), "everybody"),
    ],
)
def test_parameter_then_referrer_then_source_then_visitor(who: Showing, pool: str) -> None:
    assert chosen(who) == pool


@pytest.mark.parametrize(
    ("language", "found"),
    [
        ("en-GB", "GB"),
        ("en_gb", "GB"),
        ("zh-Hans-CN", "CN"),
        ("es-419", "419"),
        ("de", None),
        ("", None),
        (None, None),
        ("sl-rozaj", None),
    ],
)
def test_a_language_names_its_region_or_none(language: str | None, found: str | None) -> None:
    assert region(language) == found


def test_pools_that_are_alike_go_by_their_names() -> None:
    same = Conditions.of({"sources": ["x"]})
    assert precedence(Kind.SOURCE, same, "a") < precedence(Kind.SOURCE, same, "b")

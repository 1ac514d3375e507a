"""How a visit came about, read from the address of its first page and the referrer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from callweave.domain.visits.addresses import (
    WEB_AND_APPS,
    Address,
    legible,
    parameters,
    read_address,
)
from callweave.domain.visits.channels import Channel, channel_of
from callweave.domain.visits.sources import Kind, site_of_host, site_of_source

LONGEST_VALUE = 255
LONGEST_CLICK_ID = 512
NOT_SET = "(not set)"


@dataclass(frozen=True, slots=True)
class Touch:
    at: datetime
    channel: Channel
    source: str
    medium: str
    campaign: str | None
    term: str | None  # the keyword of an ad, or what the visitor typed into a search engine
    content: str | None
    click_ids: Mapping[str, str] = field(hash=False)
    landing_page: str  # scheme, host and path; "" when the address made no sense
    referrer: str | None  # the same of the page that the visitor came from

    @property
    def is_direct(self) -> bool:
        return self.channel is Channel.DIRECT


class _Origin(NamedTuple):
    source: str
    medium: str


_DIRECT = _Origin("(direct)", "(none)")
_UNTOLD = _Origin(NOT_SET, NOT_SET)

# The ad platforms put these into the address behind an ad that was clicked, and only there.
# gclid: Google Ads (support.google.com/analytics/answer/11242870); gbraid, wbraid: the same where
# iOS allows no gclid. dclid: Campaign Manager and Display & Video 360, which Google Analytics
# reports as dfa / cpm. msclkid: Microsoft Advertising. ttclid: TikTok
# (ads.tiktok.com/help/article/tiktok-click-id). Of several, the first here names the origin.
_AD_CLICKS: Mapping[str, _Origin] = {
    "gclid": _Origin("google", "cpc"),
    "gbraid": _Origin("google", "cpc"),
    "wbraid": _Origin("google", "cpc"),
    "dclid": _Origin("dfa", "cpm"),
    "msclkid": _Origin("bing", "cpc"),
    "ttclid": _Origin("tiktok", "paid_social"),
}
# Facebook and Instagram put an fbclid on every outgoing link, paid or not: it tells where the
# click was made and nothing about money. A referrer tells the same more exactly.
_FACEBOOK_CLICK = "fbclid"
_FACEBOOK = _Origin("facebook.com", "referral")

_CLICK_IDS = (*_AD_CLICKS, _FACEBOOK_CLICK)
_UTM = tuple(f"utm_{name}" for name in ("source", "medium", "campaign", "id", "term", "content"))
_READ = frozenset((*_CLICK_IDS, *_UTM))
# Google, Bing and most others; Yahoo; Naver; Yandex; Baidu.
_SEARCHED = ("q", "p", "query", "text", "wd", "word")


def read_touch(
    *, url: str, referrer: str | None, at: datetime, own_hosts: Collection[str]
) -> Touch:
    """Never fails: an address that makes no sense is a direct touch without a landing page.

    What the marketer wrote (utm_*) goes before what a click id implies, and that before the
    referrer. A page of an own host, or of a host below it, is no referrer.
    """
    page = read_address(url)
    given = parameters(page.query, _READ) if page else {}
    came_from = _outside(referrer, page, own_hosts)
    click_ids = _click_ids(given)
    campaign = _value(given, "utm_campaign") or _value(given, "utm_id")
    source, medium = _origin(given, campaign, click_ids, came_from)
    return Touch(
        at=at,
        channel=channel_of(source, medium, campaign),
        source=source,
        medium=medium,
        campaign=campaign,
        term=_value(given, "utm_term") or _searched(came_from),
        content=_value(given, "utm_content"),
        click_ids=click_ids,
        landing_page=page.page if page else "",
        referrer=came_from.page if came_from else None,
    )


def _value(given: Mapping[str, str], name: str) -> str | None:
    return legible(given.get(name, ""), LONGEST_VALUE) or None


def _click_ids(given: Mapping[str, str]) -> dict[str, str]:
    """An id beyond the limit is left out: cut short it would name no click."""
    ids = {name: legible(given[name], LONGEST_CLICK_ID + 1) for name in _CLICK_IDS if name in given}
    return {name: text for name, text in ids.items() if 0 < len(text) <= LONGEST_CLICK_ID}


def _outside(
    referrer: str | None, page: Address | None, own_hosts: Collection[str]
) -> Address | None:
    address = read_address(referrer, WEB_AND_APPS) if referrer else None
    own = [*own_hosts, page.host] if page else own_hosts
    if address is None or any(_is_at(address.host, host) for host in own):
        return None
    return address


def _is_at(host: str, own: str) -> bool:
    own = own.lower().removeprefix("www.")
    return host == own or host.endswith(f".{own}")


def _origin(
    given: Mapping[str, str],
    campaign: str | None,
    click_ids: Mapping[str, str],
    came_from: Address | None,
) -> _Origin:
    source, medium = _value(given, "utm_source"), _value(given, "utm_medium")
    ad = next((origin for name, origin in _AD_CLICKS.items() if name in click_ids), None)
    implied = ad or _referral(came_from) or (_FACEBOOK if _FACEBOOK_CLICK in click_ids else None)
    if not (source or medium or campaign):
        return implied or _DIRECT
    if source and implied and not ad and not _is_same(source, implied.source):
        # The link was tagged for one place and clicked in another, whose medium is not its own.
        implied = None
    fallback = implied or _UNTOLD
    return _Origin(source or fallback.source, medium or fallback.medium)


def _referral(came_from: Address | None) -> _Origin | None:
    if came_from is None:
        return None
    site = site_of_host(came_from.host)
    if site and site.kind is Kind.SEARCH:
        return _Origin(site.name, "organic")
    # Google Analytics gives this medium since 13 May 2026 (see channels.py).
    medium = "ai-assistant" if site and site.kind is Kind.ASSISTANT else "referral"
    return _Origin(came_from.host.removeprefix("www."), medium)


def _is_same(source: str, implied: str) -> bool:
    source = source.lower()
    site = site_of_source(source)
    return source == implied or (site is not None and site == site_of_source(implied))


def _searched(came_from: Address | None) -> str | None:
    """Few engines still tell; those that do spare the marketer a guess."""
    site = site_of_host(came_from.host) if came_from and came_from.query else None
    if came_from is None or site is None or site.kind is not Kind.SEARCH:
        return None
    words = parameters(came_from.query, _SEARCHED)
    return next((_value(words, name) for name in _SEARCHED if name in words), None)

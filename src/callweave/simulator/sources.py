"""Where the shop's visitors come from, as the address and the referrer of their first page say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import urlencode

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


@dataclass(frozen=True, slots=True)
class Entrance:
    """How one visit begins: what stands behind the `?`, and the page they came from."""

    query: str
    referrer: str | None


def _click_id(chance: Random, length: int = 44) -> str:
    return "".join(chance.choices(_LETTERS, k=length))


def _google_ads(slug: str, chance: Random) -> Entrance:
    campaign = chance.choice((f"{slug}-winter", f"{slug}-brand", "last-minute"))
    term = chance.choice((f"{slug} holidays", f"{slug} all inclusive", "winter sun"))
    query = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": campaign}
    click = {"utm_term": term, "gclid": f"Cj0KCQ{_click_id(chance)}"}
    return Entrance(urlencode(query | click), "https://www.google.com/")


def _microsoft_ads(slug: str, chance: Random) -> Entrance:
    query = {"utm_source": "bing", "utm_medium": "cpc", "utm_campaign": f"{slug}-search"}
    return Entrance(
        urlencode(query | {"msclkid": f"{chance.getrandbits(128):032x}"}), "https://www.bing.com/"
    )


def _facebook_ads(slug: str, chance: Random) -> Entrance:
    query = {"utm_source": "facebook", "utm_medium": "paid_social"}
    campaign = {"utm_campaign": f"{slug}-stories", "utm_content": chance.choice(("video", "reel"))}
    click = {"fbclid": f"IwY2xjaw{_click_id(chance)}"}
    return Entrance(urlencode(query | campaign | click), "https://l.facebook.com/")


def _newsletter(slug: str, chance: Random) -> Entrance:
    issue = chance.choice(("october", "november"))
    query = {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": f"{issue}-{slug}"}
    return Entrance(urlencode(query), None)


def _assistant(_: str, chance: Random) -> Entrance:
    host = chance.choice(("chatgpt.com", "www.perplexity.ai"))
    return Entrance(urlencode({"utm_source": host}), f"https://{host}/")


def _from(*referrers: str) -> Callable[[str, Random], Entrance]:
    return lambda _, chance: Entrance("", chance.choice(referrers))


def _direct(_: str, __: Random) -> Entrance:
    return Entrance("", None)


SOURCES: Mapping[str, tuple[float, Callable[[str, Random], Entrance]]] = {
    "google ads": (28, _google_ads),
    "organic search": (
        22,
        _from("https://www.google.com/", "https://www.bing.com/", "https://duckduckgo.com/"),
    ),
    "direct": (14, _direct),
    "facebook ads": (11, _facebook_ads),
    "newsletter": (9, _newsletter),
    "microsoft ads": (5, _microsoft_ads),
    "social": (4, _from("https://www.instagram.com/", "https://www.reddit.com/r/travel/")),
    "referral": (
        4,
        _from("https://blog.slowboats.example/ten-quiet-islands", "https://news.example/travel"),
    ),
    "assistant": (3, _assistant),
}


def draw_entrance(slug: str, chance: Random, besides: Sequence[str] = ()) -> tuple[str, Entrance]:
    """A source by its weight, none of `besides`, and how a visitor of it arrives at `slug`."""
    names = [name for name in SOURCES if name not in besides]
    (name,) = chance.choices(names, [SOURCES[each][0] for each in names])
    return name, SOURCES[name][1](slug, chance)

"""Ways to arrive at the shop that somebody trying the demo can choose from."""

from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Arrival:
    """`slug` is the destination where they land, or None for the shop's front page."""

    label: str
    slug: str | None
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def query(self) -> str:
        return urlencode(self.parameters)


def _campaign(
    label: str, slug: str | None, source: str, medium: str, campaign: str, **more: str
) -> Arrival:
    utm = {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign}
    return Arrival(label, slug, tuple((utm | more).items()))


ARRIVALS = (
    _campaign(
        "Google ad, “Bahamas winter sun”",
        "bahamas",
        "google",
        "cpc",
        "bahamas-winter",
        utm_term="bahamas holidays",
        gclid="Cj0KCQ-demo-bahamas",
    ),
    _campaign(
        "Google ad, “Japan in blossom”",
        "japan",
        "google",
        "cpc",
        "japan-blossom",
        utm_term="kyoto cherry blossom",
        gclid="Cj0KCQ-demo-japan",
    ),
    _campaign(
        "Facebook ad, northern lights",
        "norway",
        "facebook",
        "paid_social",
        "northern-lights",
        fbclid="IwY2-demo-norway",
    ),
    _campaign(
        "Bing ad, first safari", "kenya", "bing", "cpc", "kenya-search", msclkid="demo-kenya"
    ),
    _campaign("Newsletter, November issue", None, "newsletter", "email", "november"),
    Arrival("Nobody sent me: I typed the address", None),
)

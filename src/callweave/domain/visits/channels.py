"""Google Analytics 4's default channel groups, for traffic that is tagged or referred."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from callweave.domain.visits.sources import Kind, site_of_source


class Channel(StrEnum):
    DIRECT = "Direct"
    CROSS_NETWORK = "Cross-network"
    PAID_SHOPPING = "Paid Shopping"
    PAID_SEARCH = "Paid Search"
    PAID_SOCIAL = "Paid Social"
    PAID_VIDEO = "Paid Video"
    DISPLAY = "Display"
    PAID_OTHER = "Paid Other"
    AI_ASSISTANT = "AI Assistant"
    ORGANIC_SHOPPING = "Organic Shopping"
    ORGANIC_SOCIAL = "Organic Social"
    ORGANIC_VIDEO = "Organic Video"
    ORGANIC_SEARCH = "Organic Search"
    REFERRAL = "Referral"
    EMAIL = "Email"
    AFFILIATES = "Affiliates"
    AUDIO = "Audio"
    SMS = "SMS"
    MOBILE_PUSH = "Mobile Push Notifications"
    UNASSIGNED = "Unassigned"

    @property
    def is_paid(self) -> bool:
        return self in PAID


# For a click, for being seen or heard, or for what came of it.
PAID = frozenset(
    {
        Channel.AFFILIATES,
        Channel.AUDIO,
        Channel.CROSS_NETWORK,
        Channel.PAID_SHOPPING,
        Channel.PAID_SEARCH,
        Channel.PAID_SOCIAL,
        Channel.PAID_VIDEO,
        Channel.DISPLAY,
        Channel.PAID_OTHER,
    }
)


@dataclass(frozen=True, slots=True)
class _Traffic:
    source: str
    medium: str
    campaign: str
    kind: Kind | None

    @property
    def paid(self) -> bool:
        """Google: medium matches ^(.*cp.*|ppc|retargeting|paid.*)$."""
        medium = self.medium
        return "cp" in medium or medium in {"ppc", "retargeting"} or medium.startswith("paid")

    @property
    def shopping(self) -> bool:
        """Google: source is a shopping site, or campaign ^(.*(([^a-df-z]|^)shop|shopping).*)$."""
        return self.kind is Kind.SHOPPING or _SHOPPING_CAMPAIGN.search(self.campaign) is not None


_SHOPPING_CAMPAIGN = re.compile("(?:[^a-df-z]|^)shop|shopping")
_DIRECT = {"(none)", "(not set)"}
_DISPLAY = {"display", "banner", "expandable", "interstitial", "cpm"}
_SOCIAL = {"social", "social-network", "social-media", "sm", "social network", "social media"}
_EMAIL = {"email", "e-mail", "e_mail", "e mail"}

# The rules for manual traffic of support.google.com/analytics/answer/9756891, in its order: the
# first that holds names the channel. Google's further rules need what only its own ad products
# know (campaign type, ad network).
#
# AI Assistant came on 13 May 2026 with the medium "ai-assistant"; neither its place nor its list
# of sources is published. It stands before the organic rules and has their form, so that a
# `utm_source=chatgpt.com` without a medium, as ChatGPT adds it to links, is not lost.
_RULES: tuple[tuple[Channel, Callable[[_Traffic], bool]], ...] = (
    (Channel.DIRECT, lambda t: t.source == "(direct)" and t.medium in _DIRECT),
    (Channel.CROSS_NETWORK, lambda t: "cross-network" in t.campaign),
    (Channel.PAID_SHOPPING, lambda t: t.paid and t.shopping),
    (Channel.PAID_SEARCH, lambda t: t.paid and t.kind is Kind.SEARCH),
    (Channel.PAID_SOCIAL, lambda t: t.paid and t.kind is Kind.SOCIAL),
    (Channel.PAID_VIDEO, lambda t: t.paid and t.kind is Kind.VIDEO),
    (Channel.DISPLAY, lambda t: t.medium in _DISPLAY),
    (Channel.PAID_OTHER, lambda t: t.paid),
    (Channel.AI_ASSISTANT, lambda t: t.kind is Kind.ASSISTANT or t.medium == "ai-assistant"),
    (Channel.ORGANIC_SHOPPING, lambda t: t.shopping),
    (Channel.ORGANIC_SOCIAL, lambda t: t.kind is Kind.SOCIAL or t.medium in _SOCIAL),
    (Channel.ORGANIC_VIDEO, lambda t: t.kind is Kind.VIDEO or "video" in t.medium),
    (Channel.ORGANIC_SEARCH, lambda t: t.kind is Kind.SEARCH or t.medium == "organic"),
    (Channel.REFERRAL, lambda t: t.medium in {"referral", "app", "link"}),
    (Channel.EMAIL, lambda t: t.source in _EMAIL or t.medium in _EMAIL),
    (Channel.AFFILIATES, lambda t: t.medium == "affiliate"),
    (Channel.AUDIO, lambda t: t.medium == "audio"),
    (Channel.SMS, lambda t: "sms" in {t.source, t.medium}),
    (
        Channel.MOBILE_PUSH,
        lambda t: (
            t.medium.endswith("push")
            or "mobile" in t.medium
            or "notification" in t.medium
            or t.source == "firebase"
        ),
    ),
)


@lru_cache(maxsize=4_096)
def channel_of(source: str, medium: str, campaign: str | None = None) -> Channel:
    """Capital letters do not matter."""
    source = source.lower()
    site = site_of_source(source)
    kind = site.kind if site else None
    traffic = _Traffic(source, medium.lower(), (campaign or "").lower(), kind)
    return next((channel for channel, holds in _RULES if holds(traffic)), Channel.UNASSIGNED)

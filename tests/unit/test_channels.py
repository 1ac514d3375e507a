import pytest

from callweave.domain.visits.channels import Channel, channel_of

# support.google.com/analytics/answer/9756891, with sources and media as real campaigns write them
GOOGLES_RULES = [
    ("(direct)", "(none)", None, "Direct"),
    ("(direct)", "(not set)", None, "Direct"),
    ("(direct)", "email", None, "Email"),
    ("google", "cpc", "summer cross-network", "Cross-network"),
    ("(direct)", "(none)", "cross-network", "Direct"),
    ("amazon.co.uk", "cpc", None, "Paid Shopping"),
    ("ebay", "paid", None, "Paid Shopping"),
    ("google", "cpc", "UK Shopping brand", "Paid Shopping"),
    ("bing", "cpc", "eshop-summer", "Paid Shopping"),
    ("partner.example", "ppc", "shop now", "Paid Shopping"),
    ("google", "cpc", "workshop london", "Paid Search"),
    ("google", "cpc", "photoshop", "Paid Search"),
    ("google", "cpc", None, "Paid Search"),
    ("bing", "ppc", "brand", "Paid Search"),
    ("duckduckgo", "paidsearch", None, "Paid Search"),
    ("yandex.ru", "retargeting", None, "Paid Search"),
    ("google", "cpm", None, "Paid Search"),
    ("facebook", "cpc", None, "Paid Social"),
    ("ig", "paid_social", None, "Paid Social"),
    ("linkedin.com", "paid-social", None, "Paid Social"),
    ("tiktok", "paid", None, "Paid Social"),
    ("youtube", "cpv", None, "Paid Video"),
    ("youtube.com", "cpc", None, "Paid Video"),
    ("vimeo", "paidvideo", None, "Paid Video"),
    ("dfa", "cpm", None, "Display"),
    ("criteo", "display", None, "Display"),
    ("doubleclick.net", "banner", None, "Display"),
    ("partner", "expandable", None, "Display"),
    ("partner", "interstitial", None, "Display"),
    ("facebook", "display", None, "Display"),
    ("taboola", "cpc", None, "Paid Other"),
    ("newsletter", "paid", None, "Paid Other"),
    ("criteo", "retargeting", None, "Paid Other"),
    ("criteo", "retargeting-list", None, "Unassigned"),
    ("chatgpt.com", "cpc", None, "Paid Other"),
    ("chatgpt.com", "(not set)", None, "AI Assistant"),
    ("claude.ai", "ai-assistant", None, "AI Assistant"),
    ("new-assistant.example", "ai-assistant", None, "AI Assistant"),
    ("etsy.com", "referral", None, "Organic Shopping"),
    ("shop.app", "referral", None, "Organic Shopping"),
    ("partner.example", "referral", "spring shopping", "Organic Shopping"),
    ("m.facebook.com", "referral", None, "Organic Social"),
    ("t.co", "referral", None, "Organic Social"),
    ("hootsuite", "social", None, "Organic Social"),
    ("buffer", "social-network", None, "Organic Social"),
    ("buffer", "social-media", None, "Organic Social"),
    ("buffer", "sm", None, "Organic Social"),
    ("buffer", "social network", None, "Organic Social"),
    ("buffer", "social media", None, "Organic Social"),
    ("facebook", "email", None, "Organic Social"),
    ("youtube.com", "referral", None, "Organic Video"),
    ("partner", "sponsored-video", None, "Organic Video"),
    ("google", "organic", None, "Organic Search"),
    ("ecosia.org", "referral", None, "Organic Search"),
    ("unheard-of-engine.example", "organic", None, "Organic Search"),
    ("travel-blog.example", "referral", None, "Referral"),
    ("partner-app", "app", None, "Referral"),
    ("partner", "link", None, "Referral"),
    ("newsletter", "email", None, "Email"),
    ("newsletter", "e-mail", None, "Email"),
    ("newsletter", "e_mail", None, "Email"),
    ("newsletter", "e mail", None, "Email"),
    ("email", "spring", None, "Email"),
    ("awin", "affiliate", None, "Affiliates"),
    ("spotify", "audio", None, "Audio"),
    ("sms", "(not set)", None, "SMS"),
    ("twilio", "sms", None, "SMS"),
    ("onesignal", "push", None, "Mobile Push Notifications"),
    ("onesignal", "web-push", None, "Mobile Push Notifications"),
    ("app", "mobile-message", None, "Mobile Push Notifications"),
    ("app", "notifications", None, "Mobile Push Notifications"),
    ("firebase", "(not set)", None, "Mobile Push Notifications"),
    ("newsletter", "(not set)", None, "Unassigned"),
    ("(not set)", "(not set)", None, "Unassigned"),
    ("partner", "push-it", None, "Unassigned"),
    ("", "", None, "Unassigned"),
]


@pytest.mark.parametrize(("source", "medium", "campaign", "channel"), GOOGLES_RULES)
def test_traffic_gets_the_channel_that_google_analytics_would_give_it(
    source: str, medium: str, campaign: str | None, channel: str
) -> None:
    assert channel_of(source, medium, campaign) == channel


def test_every_channel_of_google_analytics_can_come_out() -> None:
    assert {channel for *_, channel in GOOGLES_RULES} == set(Channel)


@pytest.mark.parametrize(("source", "medium", "campaign", "channel"), GOOGLES_RULES)
def test_capital_letters_make_no_difference_to_the_channel(
    source: str, medium: str, campaign: str | None, channel: str
) -> None:
    assert channel_of(source.upper(), medium.upper(), campaign and campaign.upper()) == channel


def test_what_is_paid_for_is_said_once() -> None:
    free = {"Direct", "Referral", "Email", "SMS", "Unassigned", "AI Assistant"}
    assert all(c.is_paid == c.value.startswith("Paid") for c in Channel if "Paid" in c.value)
    assert not any(c.is_paid for c in Channel if c.value in free or "Organic" in c.value)

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.visits.channels import Channel, channel_of
from callweave.domain.visits.sessions import continues, lasting_source
from callweave.domain.visits.touches import LONGEST_CLICK_ID, LONGEST_VALUE, Touch, read_touch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

# Any text, lone surrogates included, and text that looks like an address in all its parts.
ANYTHING = st.text(st.characters(), max_size=60)
SCHEMES = st.sampled_from(["https://", "http:", "//", "android-app://", "javascript:"])
PLACES = st.sampled_from(
    ["shop.example", "www.google.co.uk", "facebook.com", "[::1]", "\u2100", ".."]
)
MARKS = st.sampled_from(
    ["[", "]", "@", ":99999", ":-1", "/", "?", "&", "=", "#", "%", "%00", "%ff"]
)
TAGS = st.sampled_from(["utm_source", "utm_medium=cpc", "utm_campaign=", "gclid=x", "fbclid", "q="])
PIECES = SCHEMES | PLACES | MARKS | TAGS | st.just("\ud800")
ADDRESSES = ANYTHING | st.lists(PIECES | ANYTHING, max_size=12).map("".join)
HOSTS = st.lists(st.sampled_from(["shop.example", "www.shop.example", "", "google.com"]))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis adds the zone


@st.composite
def touches(draw: st.DrawFn) -> Touch:
    return read_touch(
        url=draw(ADDRESSES),
        referrer=draw(st.none() | ADDRESSES),
        at=draw(MOMENTS),
        own_hosts=draw(HOSTS),
    )


def texts(touch: Touch) -> list[str]:
    told = [touch.source, touch.medium, touch.campaign, touch.term, touch.content]
    return [text for text in told if text is not None]


@given(touches())
def test_any_address_and_referrer_make_a_touch_that_can_be_stored(touch: Touch) -> None:
    for text in [*texts(touch), *touch.click_ids.values(), touch.landing_page]:
        text.encode()
        assert not re.search("[\x00-\x1f\x7f]", text)
    assert all(0 < len(text) <= LONGEST_VALUE for text in texts(touch))
    assert all(0 < len(text) <= LONGEST_CLICK_ID for text in touch.click_ids.values())
    assert all("?" not in text and "#" not in text for text in [touch.landing_page])


@given(touches())
def test_a_touch_is_direct_exactly_when_nothing_tells_where_it_came_from(touch: Touch) -> None:
    if touch.is_direct:
        assert touch.source == "(direct)"
    else:
        assert touch.referrer or touch.click_ids or touch.landing_page


@given(ADDRESSES)
def test_a_link_from_the_same_page_is_never_a_referral(path: str) -> None:
    url = f"https://shop.example/{path}"
    touch = read_touch(url=url, referrer=url, at=NOW, own_hosts=())
    assert touch.referrer is None


@given(ADDRESSES, st.text("abcdefgh0123", min_size=1, max_size=200))
def test_a_tag_is_found_whatever_stands_before_it(before: str, value: str) -> None:
    query = before.replace("#", "").replace("utm_source", "").replace("[", "")
    url = f"https://shop.example/?{query}&utm_source={value}"
    assert read_touch(url=url, referrer=None, at=NOW, own_hosts=()).source == value


@given(touches(), touches(), MOMENTS)
def test_a_direct_arrival_ends_a_visit_only_by_idleness(
    current: Touch, arriving: Touch, seen: datetime
) -> None:
    going_on = continues(last_seen_at=seen, current=current, arriving=arriving)
    idle = arriving.at - seen >= timedelta(minutes=30)
    if idle or arriving.is_direct:
        assert going_on is not idle


@given(touches(), MOMENTS)
def test_a_reload_ends_a_visit_only_by_idleness(touch: Touch, seen: datetime) -> None:
    going_on = continues(last_seen_at=seen, current=touch, arriving=touch)
    assert going_on is (touch.at - seen < timedelta(minutes=30))


@given(st.lists(touches(), min_size=1, max_size=6))
def test_the_lasting_source_is_one_of_the_touches_and_direct_only_if_the_recent_ones_are(
    seen: list[Touch],
) -> None:
    lasting = lasting_source(seen)
    assert lasting in seen
    last = max(touch.at for touch in seen)
    recent = [touch for touch in seen if last - touch.at <= timedelta(days=90)]
    assert lasting.is_direct is all(touch.is_direct for touch in recent)


# Words as the rules of support.google.com/analytics/answer/9756891 have them
WORDS = ["cp", "c", "p", "paid", "ppc", "retargeting", "shop", "shopping", "e", "a", "z", "-", " "]
MEDIA = st.lists(st.sampled_from(WORDS), max_size=4).map("".join)
PAID = re.compile("^(.*cp.*|ppc|retargeting|paid.*)$")
SHOPPING = re.compile("^(.*(([^a-df-z]|^)shop|shopping).*)$")
PAID_CHANNELS = {Channel.PAID_OTHER, Channel.PAID_SHOPPING, Channel.DISPLAY}


@given(MEDIA, MEDIA)
def test_paid_and_shopping_are_what_googles_expressions_say(medium: str, campaign: str) -> None:
    channel = channel_of("somewhere.example", medium, campaign)
    assert (channel in PAID_CHANNELS) is bool(PAID.match(medium))
    shopping = channel in {Channel.PAID_SHOPPING, Channel.ORGANIC_SHOPPING}
    assert shopping is bool(SHOPPING.match(campaign))


@given(ANYTHING, ANYTHING, st.none() | ANYTHING)
def test_every_source_medium_and_campaign_has_a_channel(
    source: str, medium: str, campaign: str | None
) -> None:
    assert channel_of(source, medium, campaign) in Channel

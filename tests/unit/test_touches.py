from datetime import UTC, datetime

import pytest

from callweave.domain.visits.channels import Channel
from callweave.domain.visits.touches import Touch, read_touch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWN = frozenset({"shop.example", "www.Travel.example"})


def touch(query: str = "", referrer: str | None = None) -> Touch:
    url = f"https://shop.example/bahamas{query}"
    return read_touch(url=url, referrer=referrer, at=NOW, own_hosts=OWN)


def origin(query: str = "", referrer: str | None = None) -> tuple[str, str, str]:
    read = touch(query, referrer)
    return read.source, read.medium, read.channel


def test_a_tagged_link_is_read_with_all_that_the_marketer_wrote() -> None:
    tags = "utm_source=Google&utm_medium=cpc&utm_campaign=Bahamas+2026&utm_term=nassau%20hotel"
    assert touch(f"?{tags}&utm_content=ad1&gclid=Cj0K", "https://www.google.com/") == Touch(
        at=NOW,
        channel=Channel.PAID_SEARCH,
        source="Google",
        medium="cpc",
        campaign="Bahamas 2026",
        term="nassau hotel",
        content="ad1",
        click_ids={"gclid": "Cj0K"},
        landing_page="https://shop.example/bahamas",
        referrer="https://www.google.com/",
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?gclid=x", ("google", "cpc", "Paid Search")),
        ("?gbraid=x", ("google", "cpc", "Paid Search")),
        ("?wbraid=x", ("google", "cpc", "Paid Search")),
        ("?msclkid=x", ("bing", "cpc", "Paid Search")),
        ("?dclid=x", ("dfa", "cpm", "Display")),
        ("?ttclid=x", ("tiktok", "paid_social", "Paid Social")),
        ("?fbclid=x", ("facebook.com", "referral", "Organic Social")),
        ("?fbclid=x&gclid=y", ("google", "cpc", "Paid Search")),
        ("?dclid=x&gclid=y", ("google", "cpc", "Paid Search")),
        ("?GCLID=x", ("google", "cpc", "Paid Search")),
        ("?gclid=", ("(direct)", "(none)", "Direct")),
        ("?gclid=%20%00", ("(direct)", "(none)", "Direct")),
        ("?xgclid=x", ("(direct)", "(none)", "Direct")),
    ],
)
def test_a_click_id_tells_where_the_click_was_made(
    query: str, expected: tuple[str, str, str]
) -> None:
    assert origin(query) == expected


@pytest.mark.parametrize("referrer", ["https://t.co/", "https://duckduckgo.com/"])
def test_an_ad_tells_more_than_the_site_that_showed_it(referrer: str) -> None:
    assert origin("?msclkid=x", referrer) == ("bing", "cpc", "Paid Search")


def test_all_click_ids_are_kept_as_they_came() -> None:
    ids = {"gclid": "a-B_1", "gbraid": "b", "wbraid": "c", "msclkid": "d"}
    ids |= {"fbclid": "e", "ttclid": "f", "dclid": "g"}
    query = "&".join(f"{name}={text}" for name, text in ids.items())
    assert touch(f"?{query}&yclid=h").click_ids == ids


def test_a_click_id_too_long_to_be_one_is_left_out_and_not_cut() -> None:
    assert touch(f"?gclid={'x' * 512}").click_ids == {"gclid": "x" * 512}
    assert touch(f"?gclid={'x' * 513}").click_ids == {}


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("https://www.google.com/", ("google", "organic", "Organic Search")),
        ("https://www.google.co.uk/", ("google", "organic", "Organic Search")),
        ("https://www.google.com.au/", ("google", "organic", "Organic Search")),
        (
            "android-app://com.google.android.googlequicksearchbox/",
            ("google", "organic", "Organic Search"),
        ),
        ("https://uk.search.yahoo.com/", ("yahoo", "organic", "Organic Search")),
        ("https://duckduckgo.com/", ("duckduckgo", "organic", "Organic Search")),
        ("https://yandex.com.tr/", ("yandex", "organic", "Organic Search")),
        ("https://search.brave.com/", ("brave", "organic", "Organic Search")),
        ("https://mail.google.com/", ("mail.google.com", "referral", "Referral")),
        ("https://l.facebook.com/l.php?u=x", ("l.facebook.com", "referral", "Organic Social")),
        ("https://t.co/abc", ("t.co", "referral", "Organic Social")),
        ("https://www.linkedin.com/feed", ("linkedin.com", "referral", "Organic Social")),
        (
            "android-app://com.instagram.android/",
            ("com.instagram.android", "referral", "Organic Social"),
        ),
        ("https://www.youtube.com/", ("youtube.com", "referral", "Organic Video")),
        ("https://www.etsy.com/", ("etsy.com", "referral", "Organic Shopping")),
        ("https://chatgpt.com/", ("chatgpt.com", "ai-assistant", "AI Assistant")),
        ("https://gemini.google.com/app", ("gemini.google.com", "ai-assistant", "AI Assistant")),
        ("https://WWW.Blog.Example:8443/post", ("blog.example", "referral", "Referral")),
        ("https://user:secret@blog.example/", ("blog.example", "referral", "Referral")),
        ("https://shop.example.evil.test/", ("shop.example.evil.test", "referral", "Referral")),
        ("https://notshop.example/", ("notshop.example", "referral", "Referral")),
    ],
)
def test_an_untagged_visit_is_told_by_its_referrer(
    referrer: str, expected: tuple[str, str, str]
) -> None:
    assert origin(referrer=referrer) == expected


@pytest.mark.parametrize(
    "referrer",
    [
        None,
        "",
        "https://shop.example/",
        "http://SHOP.example:8080/basket",
        "https://www.shop.example/",
        "https://pay.shop.example/done",
        "https://travel.example/",
        "https://blog.travel.example/",
        "https://shop.example./",
        "about:blank",
        "javascript:alert(1)",
        "chrome-extension://abcdef/popup.html",
        "file:///home/me/page.html",
        "https://",
        "https://[::1",
        "blog.example",
        "not an address",
    ],
)
def test_own_pages_and_what_is_no_page_make_a_direct_touch(referrer: str | None) -> None:
    read = touch(referrer=referrer)
    assert (read.source, read.medium, read.referrer) == ("(direct)", "(none)", None)
    assert read.is_direct


def test_the_host_of_the_page_itself_is_an_own_host() -> None:
    url, referrer = "https://staging.example/a", "https://www.staging.example/b"
    assert read_touch(url=url, referrer=referrer, at=NOW, own_hosts=()).is_direct


@pytest.mark.parametrize(
    ("query", "referrer", "expected"),
    [
        # what is written wins over the click id and the referrer
        ("?utm_source=awin&utm_medium=affiliate&gclid=x", None, ("awin", "affiliate")),
        ("?utm_source=news&utm_medium=email", "https://www.google.com/", ("news", "email")),
        # what is not written is filled in where the same place tells it
        ("?utm_source=google&gclid=x", None, ("google", "cpc")),
        ("?utm_source=adwords&gclid=x", None, ("adwords", "cpc")),
        ("?utm_source=facebook&fbclid=x", None, ("facebook", "referral")),
        ("?utm_source=chatgpt.com", "https://chatgpt.com/", ("chatgpt.com", "ai-assistant")),
        ("?utm_source=ChatGPT", "https://chatgpt.com/", ("ChatGPT", "ai-assistant")),
        ("?utm_source=blog.example", "https://www.blog.example/", ("blog.example", "referral")),
        ("?utm_campaign=spring&gclid=x", None, ("google", "cpc")),
        ("?utm_medium=email", "https://mail.google.com/", ("mail.google.com", "email")),
        # an ad's click id tells the medium whatever the source was called
        ("?utm_source=spring-ads&gclid=x", None, ("spring-ads", "cpc")),
        # another place does not
        ("?utm_source=news", "https://www.google.com/", ("news", "(not set)")),
        ("?utm_source=partner&fbclid=x", None, ("partner", "(not set)")),
        ("?utm_source=news", None, ("news", "(not set)")),
        ("?utm_medium=email", None, ("(not set)", "email")),
        ("?utm_campaign=spring", None, ("(not set)", "(not set)")),
        # keyword and ad alone say nothing about the source
        ("?utm_term=x&utm_content=y", None, ("(direct)", "(none)")),
    ],
)
def test_written_tags_win_and_gaps_are_filled_only_by_the_same_click(
    query: str, referrer: str | None, expected: tuple[str, str]
) -> None:
    assert origin(query, referrer)[:2] == expected


def test_facebook_gives_its_click_id_to_unpaid_links_too() -> None:
    assert origin("?fbclid=x", "https://m.facebook.com/")[0] == "m.facebook.com"
    assert origin("?fbclid=x", "https://l.instagram.com/")[2] == Channel.ORGANIC_SOCIAL
    paid = "?fbclid=x&utm_source=ig&utm_medium=paid_social"
    assert origin(paid)[2] == Channel.PAID_SOCIAL


def test_touches_can_be_compared_and_put_into_sets() -> None:
    assert len({touch("?gclid=a"), touch("?gclid=a"), touch("?gclid=b")}) == 2

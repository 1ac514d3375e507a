from datetime import UTC, datetime

import pytest

from callweave.domain.visits.touches import Touch, read_touch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def touch(query: str = "", referrer: str | None = None) -> Touch:
    return arrival(f"https://shop.example/bahamas{query}", referrer)


def arrival(url: str, referrer: str | None = None) -> Touch:
    return read_touch(url=url, referrer=referrer, at=NOW, own_hosts={"shop.example"})


@pytest.mark.parametrize(
    ("query", "campaign"),
    [
        ("?utm_campaign=Spring%20Sale", "Spring Sale"),
        ("?UTM_Campaign=spring", "spring"),
        ("?a=b&amp;utm_campaign=spring", "spring"),
        ("?utm%5Fcampaign=spring", "spring"),
        ("?utm_campaign=first&utm_campaign=second", "first"),
        ("?utm_campaign=&utm_campaign=second", "second"),
        ("?utm_id=123", "123"),
        ("?utm_id=123&utm_campaign=spring", "spring"),
        ("?utm_campaign=%E2%9C%88%20f%C3%BCr%20dich", "✈ für dich"),
        ("?utm_campaign=%ff%fe", "��"),
        ("?utm_campaign=%00a%0d%0ab%e2%80%aec", "abc"),
        ("?utm_campaign=a\ud800b", "ab"),
        ("?utm_campaign=%20spring%20", "spring"),
        (f"?utm_campaign={'x' * 300}", "x" * 255),
        (f"?utm_campaign={'x' * 254}%20{'x' * 50}", "x" * 254),
        ("?utm_campaign=%20+%20", None),
        ("#utm_campaign=spring", None),
    ],
)
def test_values_are_decoded_and_cleaned_of_what_cannot_be_shown(
    query: str, campaign: str | None
) -> None:
    assert touch(query).campaign == campaign


@pytest.mark.parametrize(
    ("referrer", "term"),
    [
        ("https://www.bing.com/search?q=bahamas+hotel", "bahamas hotel"),
        ("https://search.yahoo.com/search?p=bahamas", "bahamas"),
        ("https://yandex.ru/search/?text=%D0%B1%D0%B0%D0%B3%D0%B0%D0%BC%D1%8B", "багамы"),
        ("https://www.baidu.com/s?wd=x&word=y", "x"),
        ("https://search.naver.com/search.naver?query=x", "x"),
        ("https://www.google.com/", None),
        ("https://blog.example/?q=private", None),
        ("https://www.facebook.com/search?q=private", None),
    ],
)
def test_words_typed_into_a_search_engine_become_the_term(referrer: str, term: str | None) -> None:
    assert touch(referrer=referrer).term == term
    assert touch("?utm_term=paid", referrer).term == "paid"


@pytest.mark.parametrize(
    ("url", "landing_page"),
    [
        ("https://shop.example", "https://shop.example/"),
        ("HTTPS://Shop.Example/A/b?email=me@x.test#top", "https://shop.example/A/b"),
        ("http://shop.example:8080/a", "http://shop.example:8080/a"),
        ("https://me:secret@shop.example/a", "https://shop.example/a"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("https://shop.example/a\x00b\u202ec", "https://shop.example/abc"),
        (f"https://shop.example/{'x' * 5000}", f"https://shop.example/{'x' * 1003}"),
        ("https://[::1", ""),
        ("https://shop.example:99999999/", ""),
        ("https://shop.example:port/", ""),
        ("https://\u2100.example/", ""),
        (f"https://{'a' * 254}/", ""),
        ("https://./", ""),
        ("javascript:alert(1)", ""),
        ("/bahamas", ""),
        ("", ""),
    ],
)
def test_the_landing_page_is_kept_without_query_and_secrets(url: str, landing_page: str) -> None:
    assert arrival(url).landing_page == landing_page


def test_the_referrer_is_kept_without_query_and_secrets() -> None:
    read = touch(referrer="https://me:secret@Blog.example/post?session=1#x")
    assert read.referrer == "https://blog.example/post"


def test_an_address_is_read_up_to_the_length_that_browsers_make() -> None:
    assert touch(f"?a={'x' * 8_000}&utm_source=x").source == "x"
    assert touch(f"?a={'x' * 8_192}&utm_source=x").is_direct


def test_a_tag_behind_hundreds_of_parameters_is_not_looked_for() -> None:
    assert touch(f"?{'a=b&' * 200}utm_source=x").is_direct
    assert touch(f"?{'a=b&' * 199}utm_source=x").source == "x"

import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from callweave.domain.visits.sources import Kind, site_of_host, site_of_source


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("google.com", "google"),
        ("www.google.de", "google"),
        ("www.google.co.uk", "google"),
        ("www.google.com.br", "google"),
        ("www.google.co.in", "google"),
        ("news.google.com", "google"),
        ("com.google.android.googlequicksearchbox", "google"),
        ("cn.bing.com", "bing"),
        ("html.duckduckgo.com", "duckduckgo"),
        ("uk.search.yahoo.com", "yahoo"),
        ("r.search.yahoo.com", "yahoo"),
        ("search.yahoo.co.jp", "yahoo"),
        ("m.baidu.com", "baidu"),
        ("yandex.com.tr", "yandex"),
        ("ya.ru", "yandex"),
        ("search.brave.com", "brave"),
        ("m.search.naver.com", "naver"),
        ("www.startpage.com", "startpage"),
        ("www.qwant.com", "qwant"),
        ("www.ecosia.org", "ecosia"),
    ],
)
def test_a_search_engine_is_known_in_every_country_and_on_every_device(
    host: str, name: str
) -> None:
    site = site_of_host(host)
    assert site
    assert (site.kind, site.name) == (Kind.SEARCH, name)


@pytest.mark.parametrize(
    "host",
    [
        "mail.google.com",
        "docs.google.com",
        "mail.yahoo.com",
        "finance.yahoo.com",
        "email.seznam.cz",
        "brave.com",
        "google.com.phish.example",
        "google.com.phish",
        "google.net.uk",
        "google.phish.example",
        "google.dev",
        "notgoogle.com",
        "facebook.com.phish.example",
        "notfacebook.com",
        "google",
        "com",
        "",
        "...",
    ],
)
def test_mail_of_an_engine_and_imitations_are_no_known_site(host: str) -> None:
    assert site_of_host(host) is None


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("l.facebook.com", Kind.SOCIAL),
        ("l.instagram.com", Kind.SOCIAL),
        ("com.linkedin.android", Kind.SOCIAL),
        ("out.reddit.com", Kind.SOCIAL),
        ("pinterest.co.uk", Kind.SOCIAL),
        ("tieba.baidu.com", Kind.SOCIAL),
        ("blog.naver.com", Kind.SOCIAL),
        ("www.tripadvisor.co.uk", Kind.SOCIAL),
        ("m.youtube.com", Kind.VIDEO),
        ("player.vimeo.com", Kind.VIDEO),
        ("smile.amazon.co.uk", Kind.SHOPPING),
        ("shopping.google.com", Kind.SHOPPING),
        ("ebay.com.au", Kind.SHOPPING),
        ("chatgpt.com", Kind.ASSISTANT),
        ("www.perplexity.ai", Kind.ASSISTANT),
        ("gemini.google.com", Kind.ASSISTANT),
        ("copilot.microsoft.com", Kind.ASSISTANT),
        ("claude.ai", Kind.ASSISTANT),
        ("aws.amazon.com", None),
        ("console.aws.amazon.com", None),
    ],
)
def test_the_longest_known_domain_tells_the_kind_of_a_host(host: str, kind: Kind | None) -> None:
    site = site_of_host(host)
    assert site
    assert site.kind is kind


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("fb", Kind.SOCIAL),
        ("twitter", Kind.SOCIAL),
        ("adwords", Kind.SEARCH),
        ("yt", Kind.VIDEO),
        ("google shopping", Kind.SHOPPING),
        ("www.linkedin.com", Kind.SOCIAL),
    ],
)
def test_short_names_that_marketers_write_are_known(source: str, kind: Kind) -> None:
    site = site_of_source(source)
    assert site
    assert site.kind is kind


def listed() -> list[str]:
    text = files("callweave.domain.visits").joinpath("sources.toml").read_text(encoding="utf-8")
    sites = [site for kind in tomllib.loads(text).values() for site in kind.items()]
    return [alias for name, known_by in sites for alias in {name, *known_by}]


def test_no_site_is_listed_twice() -> None:
    assert [alias for alias, times in Counter(listed()).items() if times > 1] == []


def test_every_listed_name_can_be_found() -> None:
    lost = [alias for alias in listed() if not site_of_source(alias.replace(".*", ".com"))]
    assert lost == []


def test_listed_names_have_no_capital_letters() -> None:
    assert [alias for alias in listed() if alias != alias.lower()] == []

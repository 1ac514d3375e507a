from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from callweave.domain.interests import earned, parse_topics
from callweave.domain.visits.touches import Touch, read_touch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


HOME = "https://shop.example/"
SIGNALS = {"url": ["/bahamas"], "title": ["sun"], "search": ["exuma"], "campaign": ["spring"]}


def gain(
    topic: Mapping[str, object], *, url: str = HOME, title: str = "", touch: Touch | None = None
) -> float:
    """What one page view earns the topic."""
    topics = parse_topics([{"topic": "bahamas", **topic}])
    return earned(topics, url=url, title=title, touch=touch).get("bahamas", 0.0)


def arrived(query: str = "", referrer: str | None = None) -> Touch:
    url = f"https://shop.example/{query}"
    return read_touch(url=url, referrer=referrer, at=NOW, own_hosts=())


@pytest.mark.parametrize(
    ("pattern", "path", "holds"),
    [
        ("/bahamas*", "/bahamas", True),
        ("/bahamas*", "/bahamas-hotels/nassau", True),
        ("/bahamas*", "/BAHAMAS", True),
        ("/Bahamas*", "/bahamas", True),
        ("/bahamas*", "/the-bahamas", False),
        ("/bahamas", "/bahamas/", True),
        ("/bahamas/", "/bahamas", True),
        ("/bahamas", "/bahamas/nassau", False),
        ("/bahamas/*", "/bahamas", True),
        ("/bahamas/*", "/bahamas/nassau", True),
        ("/bahamas/*", "/bahamas-hotels", False),
        ("*bahamas*", "/caribbean/the-bahamas", True),
        ("*/bahamas", "/caribbean/bahamas/", True),
        ("*/bahamas.html", "/caribbean/bahamas.html", True),
        ("/a*b*c", "/aXbXc", True),
        ("/a*b*c", "/abc", True),
        ("/a*b*c", "/acb", False),
        ("/ab*ba", "/aba", False),
        ("/a*bc*bc", "/abc", False),
        ("*bc*bc*", "/abc", False),
        ("*bc*bc*", "/abcbc", True),
        ("/", "/", True),
        ("/", "", True),
        ("/", "/bahamas", False),
        ("/curaçao*", "/cura%C3%A7ao/strand", True),
        ("/cura%C3%A7ao*", "/cura%C3%A7ao/strand", True),
        ("/curaçao", "/CURA%C3%87AO", True),
        ("/a.c", "/abc", False),
        ("/[ab]", "/a", False),
        ("/bahamas*", "?page=/bahamas", False),
    ],
)
def test_a_page_is_told_by_the_pattern_of_its_path(pattern: str, path: str, *, holds: bool) -> None:
    assert bool(gain({"url": [pattern]}, url=f"https://shop.example{path}")) is holds


def test_an_address_that_makes_no_sense_earns_nothing() -> None:
    assert gain({"url": ["*bahamas*"]}, url="bahamas") == 0.0


@pytest.mark.parametrize(
    ("phrase", "title", "holds"),
    [
        ("bahamas", "Holidays in the BAHAMAS: from 999", True),
        ("Bahamas", "bahamas", True),
        ("bahamas", "Bahamasair flights", False),
        ("new york", "New  York, New York", True),
        ("new york", "new in york", False),
        ("saint-tropez", "Saint Tropez", True),
        ("curacao", "Curaçao", True),
        ("Curaçao", "curacao", True),
        ("strasse", "Straße", True),
        ("巴哈马", "加勒比巴哈马旅游", True),
        ("バハマ", "カリブ海バハマ旅行", True),
        ("багамы", "Отдых: Багамы!", True),
        ("bahamas", "", False),
        ("bahamas", f"{'x ' * 300}bahamas", False),
    ],
)
def test_a_title_is_told_by_whole_words(phrase: str, title: str, *, holds: bool) -> None:
    assert bool(gain({"title": [phrase]}, title=title)) is holds


@pytest.mark.parametrize("name", ["q", "s", "search", "query", "keyword", "Q"])
def test_what_is_searched_on_the_site_counts_on_every_page(name: str) -> None:
    url = f"https://shop.example/find?page=1&{name}=hotels+in+Nassau"
    assert gain({"search": ["nassau"]}, url=url) == 3.0
    assert gain({"search": ["nass"]}, url=url) == 0.0


@pytest.mark.parametrize(
    ("query", "referrer"),
    [
        ("?utm_source=google&utm_medium=cpc&utm_term=cheap+nassau+hotel", None),
        ("", "https://www.bing.com/search?q=nassau+hotel"),
    ],
)
def test_what_was_searched_elsewhere_counts_for_the_page_that_opens_the_visit(
    query: str, referrer: str | None
) -> None:
    assert gain({"search": ["nassau"]}, touch=arrived(query, referrer)) == 3.0


def test_words_of_two_searches_make_no_phrase() -> None:
    url = "https://shop.example/?q=new&s=york"
    assert gain({"search": ["new york"]}, url=url) == 0.0


@pytest.mark.parametrize(
    ("pattern", "campaign", "holds"),
    [
        ("*bahamas*", "2026_BAHAMAS_brand", True),
        ("bahamas", "Bahamas", True),
        ("*BAHAMAS*", "bahamas 2026", True),
        ("bahamas", "bahamas 2026", False),
        ("*bahamas*", "caribbean", False),
    ],
)
def test_a_campaign_is_told_by_its_pattern(pattern: str, campaign: str, *, holds: bool) -> None:
    touch = arrived(f"?utm_source=google&utm_campaign={campaign}")
    assert bool(gain({"campaign": [pattern]}, touch=touch)) is holds


def test_campaign_and_keyword_count_only_for_the_page_that_opens_the_visit() -> None:
    url = "https://shop.example/?utm_campaign=bahamas&utm_term=bahamas"
    assert gain({"campaign": ["bahamas"], "search": ["bahamas"]}, url=url) == 0.0


@pytest.mark.parametrize(
    ("path", "title", "query", "expected"),
    [
        ("", "", "", 0.0),
        ("", "sun", "", 0.5),
        ("bahamas", "", "", 1.0),
        ("bahamas", "sun", "", 1.0),  # the same page twice told is one page
        ("", "", "?utm_campaign=spring", 2.0),
        ("", "", "?utm_term=exuma", 3.0),
        ("bahamas", "sun", "?utm_campaign=spring&utm_term=exuma", 6.0),
    ],
)
def test_signals_tell_more_the_more_the_visitor_did_and_add_up(
    path: str, title: str, query: str, expected: float
) -> None:
    url = f"{HOME}{path}"
    assert gain(SIGNALS, url=url, title=title, touch=arrived(query)) == expected


def test_a_topic_weighs_what_the_site_says() -> None:
    assert gain({**SIGNALS, "weight": 2.5}, title="sun") == 1.25


def test_one_page_can_earn_several_topics_and_leaves_out_the_others() -> None:
    topics = parse_topics(
        [
            {"topic": "caribbean", "url": ["/caribbean/*"]},
            {"topic": "bahamas", "title": ["bahamas"]},
            {"topic": "alps", "url": ["/alps*"]},
        ]
    )
    got = earned(topics, url=f"{HOME}caribbean/x", title="The Bahamas", touch=None)
    assert got == {"caribbean": 1.0, "bahamas": 0.5}

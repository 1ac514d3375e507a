from datetime import UTC, datetime, timedelta

import pytest

from callweave.domain.visits.sessions import continues, lasting_source
from callweave.domain.visits.touches import Touch, read_touch

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

AD = "?utm_source=google&utm_medium=cpc&utm_campaign=spring&utm_term=nassau&utm_content=a"


def touch(query: str = "", referrer: str | None = None, at: datetime = NOW) -> Touch:
    url = f"https://shop.example/bahamas{query}"
    return read_touch(url=url, referrer=referrer, at=at, own_hosts={"shop.example"})


def goes_on(current: Touch, arriving: Touch) -> bool:
    return continues(last_seen_at=NOW, current=current, arriving=arriving)


@pytest.mark.parametrize(
    ("idle", "same_visit"),
    [
        (timedelta(), True),
        (30 * MINUTE - timedelta(microseconds=1), True),
        (30 * MINUTE, False),
        (DAY, False),
        (-DAY, True),  # the clock ran backwards
    ],
)
def test_a_visit_ends_after_thirty_idle_minutes(idle: timedelta, *, same_visit: bool) -> None:
    assert goes_on(touch(AD), touch(at=NOW + idle)) is same_visit


def test_the_idle_time_can_be_another() -> None:
    later = touch(at=NOW + 10 * MINUTE)
    assert not continues(last_seen_at=NOW, current=touch(), arriving=later, idle=10 * MINUTE)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ((AD, None), ("", None)),
        ((AD, None), ("", "https://shop.example/")),
        ((AD, None), (AD, None)),
        ((AD, None), (AD.upper(), None)),
        (("", "https://www.google.com/"), ("", "https://www.google.de/")),
        (("", None), ("", None)),
        # a reload, or a link of the own site that carries the click id along
        (("?gclid=x", None), ("?gclid=x", None)),
        (("?fbclid=x", "https://l.facebook.com/"), ("?fbclid=x", "https://shop.example/")),
        ((f"{AD}&gclid=x", None), ("?gclid=x", None)),
        ((f"{AD}&gclid=x", None), (AD, None)),
    ],
)
def test_own_pages_direct_returns_and_the_same_click_go_on_with_the_visit(
    first: tuple[str, str | None], then: tuple[str, str | None]
) -> None:
    assert goes_on(touch(*first), touch(*then))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (("", None), (AD, None)),
        (("", None), ("", "https://www.google.com/")),
        ((AD, None), (AD.replace("google", "bing"), None)),
        ((AD, None), (AD.replace("cpc", "email"), None)),
        ((AD, None), (AD.replace("spring", "summer"), None)),
        ((AD, None), (AD.replace("nassau", "exuma"), None)),
        ((AD, None), (AD.replace("content=a", "content=b"), None)),
        ((AD, None), (f"{AD}&gclid=x", None)),
        ((f"{AD}&gclid=x", None), (f"{AD}&gclid=y", None)),
        (("", "https://www.google.com/"), ("", "https://www.bing.com/")),
        (("", "https://www.google.com/"), ("", "https://blog.example/")),
    ],
)
def test_a_new_click_starts_a_new_visit(
    first: tuple[str, str | None], then: tuple[str, str | None]
) -> None:
    assert not goes_on(touch(*first), touch(*then))


def test_a_direct_return_does_not_erase_what_brought_the_visitor() -> None:
    ad, later = touch(AD), touch(at=NOW + DAY)
    assert lasting_source([ad, later]) is ad


def test_the_last_source_that_is_known_lasts() -> None:
    ad, mail = touch(AD), touch("?utm_source=news&utm_medium=email", at=NOW + DAY)
    direct = touch(at=NOW + 2 * DAY)
    assert lasting_source([direct, mail, ad]) is mail


@pytest.mark.parametrize(("days", "remembered"), [(90, True), (91, False)])
def test_a_source_is_remembered_for_ninety_days(days: int, *, remembered: bool) -> None:
    ad, later = touch(AD), touch(at=NOW + days * DAY)
    assert lasting_source([ad, later]) is (ad if remembered else later)


def test_a_visitor_who_always_came_directly_has_a_direct_source() -> None:
    first, last = touch(), touch(at=NOW + DAY)
    assert lasting_source(iter([first, last])) is last


def test_without_touches_there_is_no_source() -> None:
    with pytest.raises(ValueError, match="no source"):
        lasting_source([])

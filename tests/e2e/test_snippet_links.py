"""The fuller file: links that carry the visitor to another domain, and a proxying host's cookie."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from callweave.web.snippet import built_snippet
from snippet_stage import FIRST, OWN, Stage, staged

pytestmark = pytest.mark.browser

LISTED = 'data-link-domains="book.example, other.example"'


@pytest.fixture
def shop(page: Page) -> Iterator[Stage]:
    with staged(page, "shop.example") as stage:
        yield stage
    assert stage.noise == []


def body(stage: Stage) -> str:
    there = stage.site.replace("shop.example", "book.example")
    return f'<p id="n">{OWN}</p><a id="a" href="{there}/?a=%20b#top"><b>Book</b></a>'


def open_listed(stage: Stage) -> None:
    stage.open(body(stage), head=stage.full_script(LISTED))
    stage.await_change("#n")


def follow(stage: Stage) -> None:
    with stage.page.expect_response("**/links"):
        stage.page.hover("#a b")
    stage.page.wait_for_timeout(50)  # for the answer to be read
    stage.page.click("#a b")
    stage.page.wait_for_url("**/book.example:*/**")
    stage.await_change("#n")


def test_a_link_to_a_listed_domain_brings_the_visitor_along(shop: Stage) -> None:
    open_listed(shop)
    follow(shop)
    [here, there] = shop.api.announced
    assert "link" not in here
    assert there["link"] == "lk_1.seal"
    assert shop.api.asked[1].path == "/v1/visits/vs_1.seal/links"


def test_the_parameter_is_in_no_address_that_anybody_sees(shop: Stage) -> None:
    open_listed(shop)
    follow(shop)
    there = shop.site.replace("shop.example", "book.example")
    assert shop.page.url == f"{there}/?a=%20b#top"
    assert shop.api.announced[1]["page"]["url"] == f"{there}/?a=%20b"


def test_the_link_itself_stays_as_the_page_wrote_it(shop: Stage) -> None:
    open_listed(shop)
    before = shop.page.get_attribute("#a", "href")
    shop.page.evaluate(
        "document.querySelector('#a').addEventListener('click', e => e.preventDefault())"
    )
    with shop.page.expect_response("**/links"):
        shop.page.hover("#a")
    shop.page.wait_for_timeout(50)
    shop.page.click("#a")
    expect(shop.page.locator("#a")).to_have_attribute("href", str(before))


@pytest.mark.parametrize("attributes", ["", 'data-link-domains="ook.example"'])
def test_other_links_go_as_they_are(shop: Stage, attributes: str) -> None:
    shop.open(body(shop), head=shop.full_script(attributes))
    shop.await_change("#n")
    shop.page.hover("#a")
    shop.page.click("#a")
    shop.page.wait_for_url("**/book.example:*/**")
    shop.await_change("#n")
    assert shop.api.links == 0
    assert "link" not in shop.api.announced[1]


def test_without_consent_no_link_is_asked_for_and_none_is_sent(shop: Stage) -> None:
    shop.open(body(shop), head=shop.full_script(f'{LISTED} data-consent="required"'), path="/")
    shop.page.goto(f"{shop.site}/?cw_link=lk_9.seal")
    shop.page.hover("#a")
    shop.page.wait_for_timeout(200)
    assert (shop.page.url, shop.api.asked) == (f"{shop.site}/", [])
    shop.page.evaluate("callweave.consent('granted')")
    shop.await_change("#n")
    assert shop.api.announced[0]["link"] == "lk_9.seal"


def test_the_fuller_file_says_the_time_zone_without_temporal(stage: Stage) -> None:
    stage.page.add_init_script("delete window.Temporal")
    stage.open(f'<p id="n">{OWN}</p>', head=stage.full_script(""))
    stage.await_change("#n")
    assert stage.text() == FIRST.national
    assert stage.api.announced[0]["tz"] == "Europe/London"


def test_a_host_that_proxies_us_is_asked_to_keep_and_to_forget(stage: Stage) -> None:
    stage.open(f'<p id="n">{OWN}</p>', head=stage.full_script("data-cookie"))
    stage.await_change("#n")
    assert stage.api.announced[0]["cookie"] is True
    stage.page.evaluate("callweave.consent('denied')")
    stage.api.wait(lambda: stage.api.asked[-1].path == "/v1/forget")
    expect(stage.page.locator("#n")).to_have_text(OWN)


@pytest.mark.parametrize("kept", [True, False])
def test_the_browser_runs_only_what_the_integrity_names(stage: Stage, *, kept: bool) -> None:
    integrity = built_snippet().integrity if kept else built_snippet("callweave.full").integrity
    stage.open(
        f'<p id="n">{OWN}</p>',
        head=stage.script(f'integrity="{integrity}" crossorigin="anonymous"'),
    )
    if kept:
        stage.await_change("#n")
    else:
        stage.page.wait_for_timeout(100)
        assert stage.api.asked == []
        stage.noise.clear()  # the browser's own words on it

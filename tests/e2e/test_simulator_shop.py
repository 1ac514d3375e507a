from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # has none
    Axe,
)
from playwright.sync_api import Browser, Page, expect

from callweave.simulator.shop.destinations import destinations
from shop_stage import ShopStage, shop_stage

pytestmark = pytest.mark.browser

SCHEMES: dict[str, Literal["light", "dark"]] = {"light": "light", "dark": "dark"}


@pytest.fixture(scope="module")
def shop() -> Iterator[ShopStage]:
    with shop_stage() as stage:
        yield stage


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """Whatever the test does, nothing may show in the page's console."""
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    yield page
    assert noise == []


def call(page: Page, shop: ShopStage) -> None:
    page.goto(f"{shop.url}/demo/bahamas")
    expect(page.locator("#phone-number")).to_have_text("020 7946 0101")
    expect(page.locator("#phone-note")).to_contain_text("Lent to you alone")
    page.get_by_role("button", name="Call this number").click()


def test_a_visitor_calls_the_number_on_the_page_and_sees_what_happens(
    quiet: Page, shop: ShopStage
) -> None:
    call(quiet, shop)
    log = quiet.locator("#call-log")
    expect(log).to_contain_text("Ana Souza picks up and is told")
    expect(log).to_contain_text("Call about a holiday in the Bahamas")
    expect(log).to_contain_text("You are talking with Ana Souza.")
    expect(log).to_contain_text("The talk is over")


def test_the_page_tells_why_and_leads_to_the_calls_own_page(quiet: Page, shop: ShopStage) -> None:
    call(quiet, shop)
    expect(quiet.locator("#why")).to_contain_text("the best level in bahamas")
    expect(quiet.locator("#why-details")).to_be_hidden()
    quiet.get_by_text("Everything that was considered").click()
    expect(quiet.locator("#why-details")).to_contain_text("Ben was free too.")
    link = quiet.get_by_role("link", name="Open this call")
    expect(link).to_have_attribute("href", "/calls/ca_1")


def test_a_number_that_is_not_tracked_is_refused_in_words(page: Page, shop: ShopStage) -> None:
    page.goto(f"{shop.url}/demo/")
    page.locator("#shop-number").evaluate("link => { link.href = 'tel:+442079460000' }")
    with page.expect_response("**/calls") as refused:
        page.get_by_role("button", name="Call this number").click()
    assert refused.value.status == 422
    expect(page.locator("#call-log")).to_contain_text("none of the 1 tracked numbers")
    expect(page.locator("#call")).to_have_attribute("aria-disabled", "false")


def test_arriving_as_somebody_else_forgets_the_visitor(quiet: Page, shop: ShopStage) -> None:
    quiet.goto(f"{shop.url}/demo/")
    quiet.evaluate(
        "localStorage.callweave_st_1 = 'x'; document.cookie = 'callweave_st_1=x;path=/';"
        "localStorage.other = 'kept'"
    )
    quiet.get_by_role("link", name="Japan in blossom").click()
    quiet.wait_for_url("**/demo/japan?utm_source=google*")
    remembered = quiet.evaluate("[localStorage.callweave_st_1, document.cookie]")
    assert remembered == [None, ""]
    assert quiet.evaluate("localStorage.other") == "kept"


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", ["", "bahamas"])
def test_the_pages_are_accessible(
    browser: Browser, shop: ShopStage, path: str, scheme: str
) -> None:
    page = browser.new_page(color_scheme=SCHEMES[scheme])
    page.goto(f"{shop.url}/demo/{path}")
    found = Axe().run(page)
    page.close()
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_colours_of_every_destination_can_be_read(
    browser: Browser, shop: ShopStage, scheme: str
) -> None:
    page = browser.new_page(color_scheme=SCHEMES[scheme])
    for path in destinations():
        page.goto(f"{shop.url}/demo/{path}")
        found = Axe().run(page, options={"runOnly": ["color-contrast"]})
        assert found.violations_count == 0, found.generate_report()
    page.close()


def test_no_page_is_wider_than_a_phone(browser: Browser, shop: ShopStage) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    for path in ("", *destinations()):
        page.goto(f"{shop.url}/demo/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()

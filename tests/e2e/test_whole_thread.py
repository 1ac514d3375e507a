"""From two clicks to two sales, through everything: a real browser, real HTTP, both databases."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from callweave.cli.demo.running import EMAIL, Stage, running_stage
from callweave.simulator.carrier import Scenario
from callweave.simulator.demo import load_demo
from callweave.simulator.people import AddressBook, Answers
from chromium import A_PERSONS_BROWSER

BAHAMAS_AD = "bahamas?utm_source=google&utm_medium=cpc&utm_campaign=bahamas-winter&gclid=Cj0-1"
NORWAY_POST = "norway?utm_source=facebook&utm_medium=paid_social&utm_campaign=northern-lights"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def running(empty_database_url: str) -> Iterator[Stage]:
    everybody_answers = AddressBook(otherwise=Answers(after=1, talk=5))
    with running_stage(
        load_demo(), empty_database_url, Scenario(pace=0.02), everybody_answers
    ) as stage:
        yield stage


def visitor(browser: Browser) -> BrowserContext:
    context = browser.new_context(user_agent=A_PERSONS_BROWSER, locale="en-GB")
    context.set_default_timeout(15_000)
    return context


def arrive(context: BrowserContext, stage: Stage, at: str) -> Page:
    page = context.new_page()
    page.goto(f"{stage.settings.public_base_url}/demo/{at}")
    expect(page.locator("#phone-note")).to_contain_text("Lent to you alone")
    return page


def number_on(page: Page) -> str:
    return page.locator("#shop-number").inner_text()


def call(page: Page) -> str:
    """The address of the call's page."""
    page.get_by_role("button", name="Call this number").click()
    link = page.get_by_role("link", name="Open this call in Callweave")
    expect(page.locator("#call-log")).to_contain_text("The talk is over")
    return link.get_attribute("href") or ""


def log_in(context: BrowserContext, stage: Stage) -> Page:
    page = context.new_page()
    page.goto(f"{stage.settings.public_base_url}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(stage.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{stage.settings.public_base_url}/")
    return page


def record_by_hand(page: Page, stage: Stage, call_page: str, value: str) -> None:
    page.goto(f"{stage.settings.public_base_url}{call_page}")
    page.get_by_label("Won", exact=True).check(force=True)
    page.get_by_label("Value, if won").fill(value)
    page.get_by_role("button", name="Record").click()


def record_by_program(stage: Stage, sid: str, value: int) -> None:
    answer = requests.put(
        f"{stage.settings.public_base_url}/api/v1/calls/by-sid/{sid}/outcome",
        json={"disposition": "won", "value": value, "currency": "GBP"},
        headers={"Authorization": f"Bearer {stage.api_key}"},
        timeout=10,
    )
    assert answer.status_code == 200


def test_two_clicks_become_two_calls_and_two_sales(running: Stage, browser: Browser) -> None:
    by_ad, by_post = visitor(browser), visitor(browser)
    bahamas, norway = arrive(by_ad, running, BAHAMAS_AD), arrive(by_post, running, NORWAY_POST)
    assert number_on(bahamas) != number_on(norway)

    first = call(bahamas)
    expect(bahamas.locator("#call-log")).to_contain_text("You are talking with Ana Souza")
    expect(bahamas.locator("#call-log")).to_contain_text("Call about a holiday in the Bahamas")
    call(norway)
    expect(norway.locator("#call-log")).to_contain_text("You are talking with Ingrid Dahl")

    supervisor = log_in(visitor(browser), running)
    record_by_hand(supervisor, running, first, "1,499.01")
    second = next(c for c in running.carrier.ledger.calls() if c.to == tel(norway))
    record_by_program(running, second.sid, 200_000)

    supervisor.goto(f"{running.settings.public_base_url}/attribution?by=campaign")
    table = supervisor.get_by_role("table").first
    expect(table.get_by_role("row", name=re.compile("bahamas-winter"))).to_contain_text("£1,499.01")
    expect(table.get_by_role("row", name=re.compile("northern-lights"))).to_contain_text(
        "£2,000.00"
    )
    expect(table).to_contain_text("£3,499.01")


def tel(page: Page) -> str:
    return (page.locator("#shop-number").get_attribute("href") or "").removeprefix("tel:")

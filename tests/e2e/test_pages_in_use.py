"""Working with the pages as people do."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from callweave.storage.outcomes import Outcome
from databases import SqliteDatabases
from pages_browser import Visit, busy_month, visited_pools
from pages_stage import Stage, pages_stage, serving
from shops import NOON

pytestmark = pytest.mark.browser
MARK = "window.stillHere = true"
SIX = re.compile(r"(?<!\d)6 calls")
WAKE = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def stage(sqlite: SqliteDatabases) -> Iterator[Stage]:
    with sqlite.migrated() as url, pages_stage(url, public="http://127.0.0.1") as stage:
        yield stage


@pytest.fixture
def base(stage: Stage) -> Iterator[str]:
    with serving(stage.app) as base:
        yield base


@pytest.fixture
def visit(page: Page, stage: Stage, base: str) -> Visit:
    visit = Visit(page, base)
    visit.log_in(stage.person().email)
    return visit


def is_the_same_page(page: Page) -> bool:
    return bool(page.evaluate("window.stillHere === true"))


def test_filters_answer_as_they_are_chosen(visit: Visit, stage: Stage) -> None:
    busy_month(stage)
    page = visit.open("/calls")
    page.evaluate(MARK)
    page.get_by_label("Result").select_option("Missed")
    expect(page.locator("#list")).to_contain_text(SIX)
    page.get_by_label("Source or campaign").fill("lookalike")
    expect(page).to_have_url(f"{visit.base}/calls?status=missed&source=lookalike")
    assert is_the_same_page(page)
    page.go_back()
    expect(page).to_have_url(f"{visit.base}/calls?status=missed")
    expect(page.get_by_label("Source or campaign")).to_have_value("")
    expect(page.locator("#list")).to_contain_text(SIX)


def test_what_was_chosen_stays_when_the_period_changes(visit: Visit, stage: Stage) -> None:
    busy_month(stage)
    page = visit.open("/calls")
    page.get_by_label("Result").select_option("Missed")
    expect(page.locator("#list")).to_contain_text(SIX)
    page.get_by_role("link", name="90 days").click()
    expect(page).to_have_url(f"{visit.base}/calls?status=missed&days=90")
    expect(page.get_by_label("Result")).to_have_value("missed")


def test_a_filtered_list_renews_itself_with_its_filters(visit: Visit, stage: Stage) -> None:
    page = visit.open("/calls")
    page.get_by_label("Result").select_option("Missed")
    expect(page.locator("#list")).to_contain_text("Nothing matches these filters")
    with stage.telling() as teller:
        answered, missed = teller.call(), teller.call(result="missed")
    page.evaluate(WAKE)
    expect(page.locator(f"#{missed.id}")).to_be_visible()
    expect(page.locator(f"#{answered.id}")).to_have_count(0)


def test_a_new_call_appears_by_itself_and_focus_stays_where_it_was(
    visit: Visit, stage: Stage
) -> None:
    with stage.telling() as teller:
        first = teller.call(NOON - timedelta(hours=1))
    page = visit.open("/calls")
    page.evaluate(MARK)
    page.locator(f"#open-{first.id}").focus()
    with stage.telling() as teller:
        second = teller.call(NOON, result=None)
    page.evaluate(WAKE)
    expect(page.locator(f"#{second.id}")).to_contain_text("Ringing now")
    assert page.evaluate("document.activeElement.id") == f"open-{first.id}"
    assert is_the_same_page(page)


def test_a_list_stays_when_the_service_is_in_trouble(visit: Visit, stage: Stage) -> None:
    busy_month(stage)
    page = visit.open("/calls")
    page.route("**/calls**", lambda route: route.fulfill(status=503, body="<p>One moment</p>"))
    with page.expect_response("**/calls**"):
        page.evaluate(WAKE)
    page.wait_for_timeout(100)
    expect(page.locator("#list tbody tr")).to_have_count(26)


def test_a_list_whose_session_has_ended_leads_to_the_log_in(visit: Visit, stage: Stage) -> None:
    busy_month(stage)
    page = visit.open("/calls")
    stage.clock.move(hours=13)
    page.evaluate(WAKE)
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_days_become_charts_that_tell_what_is_pointed_at(visit: Visit, stage: Stage) -> None:
    busy_month(stage)
    page = visit.open("/")
    chart = page.locator(".chart").first
    expect(chart.locator("canvas")).to_be_visible()
    expect(chart).to_contain_text("Answered13")
    chart.locator(".u-over").hover(position={"x": 5, "y": 50})
    expect(chart).to_contain_text("Tue 20 Oct 2026")


def test_an_outcome_is_recorded_with_the_keyboard_alone(visit: Visit, stage: Stage) -> None:
    with stage.telling() as teller:
        call = teller.call()
    page = visit.open(f"/calls/{call.id}")
    page.get_by_label("Won", exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("1,499")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The outcome is recorded.")
    with stage.database.reading() as session:
        outcome = session.query(Outcome).one()
    assert (outcome.disposition, outcome.value, outcome.currency) == ("won", 149_900, "GBP")


def test_the_first_key_skips_to_the_content(visit: Visit) -> None:
    page = visit.open("/calls")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_pool_is_planned_with_the_keyboard_alone(visit: Visit, stage: Stage) -> None:
    visited_pools(stage)
    page = visit.open("/numbers")
    page.locator("summary", has_text="Plan a pool").focus()
    for key in ("Enter", "Tab", "1", "0", "0", "Tab", "Tab", *("Tab",) * 2, "Control+a", "x"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_in_viewport()
    share = page.get_by_role("form", name="What you expect").get_by_label("Share with their own")
    expect(share).to_have_accessible_description("Write a share from 1 to 99.99 per cent, like 99.")
    share.fill("99")
    share.press("Enter")
    expect(page.get_by_role("heading", name="What that takes")).to_be_in_viewport()
    expect(page.locator(".answer")).to_contain_text("64 numbers")


def test_all_of_it_works_without_scripts(browser: Browser, stage: Stage, base: str) -> None:
    call = busy_month(stage)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{base}/login")
    page.get_by_label("E-mail address").fill(stage.person().email)
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{base}/calls")
    page.get_by_label("Result").select_option("Missed")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#list")).to_contain_text(SIX)
    page.goto(f"{base}/calls/{call.id}")
    page.get_by_label("Lost", exact=True).check(force=True)
    page.get_by_label("Value, if won").fill("")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("status")).to_have_text("The outcome is recorded.")
    page.goto(f"{base}/numbers")
    page.get_by_label("New visits in an hour").fill("\n".join(["0", "10"] * 12))
    page.get_by_role("button", name="Work out").click()
    expect(page.get_by_role("heading", name="What that takes")).to_be_in_viewport()
    expect(page.locator(".answer svg.plot")).to_be_visible()
    context.close()

"""Every page, on a phone and on a desk, by day and by night."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types
from playwright.sync_api import Browser, Page

from callweave.web.auth import Role
from databases import SqliteDatabases
from pages_browser import Visit, busy_month, visited_pools
from pages_stage import pages_stage, serving

pytestmark = pytest.mark.browser
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
PLACES = """
all => all.map((word) => {
  const range = document.createRange();
  range.selectNodeContents(word);
  return [range.getClientRects().length, range.getBoundingClientRect().right];
})
"""
WEEK = "20000," * 84 + "0," * 83 + "0.125"
PATHS = (
    "/",
    "/calls",
    "/calls?status=talking",
    "/calls/{call}",
    "/attribution",
    "/numbers?share=x&price=1.15",
    f"/numbers?visits={WEEK}&held=1&unit=h&price=1234567.89",
    "/numbers?visits=x&held=x&share=x&price=x",
    "/nowhere",
)


@pytest.fixture(scope="module")
def house(sqlite: SqliteDatabases) -> Iterator[tuple[str, str, str]]:
    """Its address, a call in it, and who may enter."""
    with sqlite.migrated() as url, pages_stage(url, public="http://127.0.0.1") as stage:
        call, email = busy_month(stage), stage.person(Role.ADMIN).email
        visited_pools(stage)
        with serving(stage.app) as base:
            yield base, call.id, email


@pytest.fixture(
    params=[(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")],
    ids=["phone by day", "phone by night", "desk by day", "desk by night"],
)
def visit(
    request: pytest.FixtureRequest, browser: Browser, house: tuple[str, str, str]
) -> Iterator[Visit]:
    size, scheme = request.param
    context = browser.new_context(
        viewport=size, color_scheme=scheme, reduced_motion="reduce", locale="en-GB"
    )
    base, _, email = house
    visit = Visit(context.new_page(), base)
    visit.log_in(email)
    yield visit
    context.close()


def every_page(visit: Visit, call_id: str) -> Iterator[tuple[str, Page]]:
    for path in PATHS:
        page = visit.open(path.format(call=call_id))
        for summary in page.locator("summary").all():
            summary.click()
        yield path, page


def test_every_page_is_quiet_fits_its_window_and_is_accessible(
    visit: Visit, house: tuple[str, str, str]
) -> None:
    """One walk for all of it, since opening pages takes longer than looking at them."""
    for path, page in every_page(visit, house[1]):
        page.evaluate("document.fonts.ready")
        assert visit.violations() == [], path
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= page.evaluate("innerWidth"), path
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
    assert [line for line in visit.noise if "404" not in line] == []


@pytest.mark.parametrize("visit", [(PHONE, "light")], ids=["phone"], indirect=True)
@pytest.mark.parametrize("width", [280, 320, 360])
def test_no_word_of_the_menu_breaks_on_a_narrow_phone(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 700})
    visit.open("/numbers")
    places = visit.page.locator("nav a span").evaluate_all(PLACES)
    assert len(places) == 4
    assert all(lines == 1 and right <= width for lines, right in places), places


def test_the_log_in_is_without_fault_as_well(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Log out").click()
    found = Axe().run(visit.page)
    assert found.violations_count == 0, found.generate_report()

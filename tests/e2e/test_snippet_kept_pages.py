"""The browser's own back/forward cache, which Playwright keeps switched off otherwise."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from chromium import find_chromium
from snippet_stage import FIRST, OWN, Stage, staged

pytestmark = pytest.mark.browser


@pytest.fixture
def keeping(browser: Browser) -> Iterator[Stage]:
    """A stage in a browser that keeps the pages which were left."""
    another = browser.browser_type.launch(
        executable_path=find_chromium(),
        args=["--no-sandbox", "--disable-gpu"],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    with staged(another.new_page()) as stage:
        yield stage
    another.close()
    assert stage.noise == []


def test_a_page_out_of_the_cache_is_seen_again_with_its_number(keeping: Stage) -> None:
    page, api = keeping.page, keeping.api
    there = keeping.publish("<p>next</p>", path="/next", head=" ")
    keeping.open(f'<p id="n">{OWN}</p>')
    keeping.await_change("#n")
    page.evaluate("addEventListener('pageshow', event => { window.kept = event.persisted })")
    page.goto(there)
    page.go_back(wait_until="commit")
    page.wait_for_function("window.kept")
    api.wait(lambda: len(api.announced) == 2)
    assert (api.announced[1]["visit"], keeping.text()) == ("vs_1.seal", FIRST.national)
    assert len(api.events("leave")) == 1

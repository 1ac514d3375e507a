"""A real Chromium for every test that asks for a page."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from chromium import ARGUMENTS, find_chromium
from react_pages import BUILDS, NoReactError, built_pages
from react_stage import ReactStage, react_staged
from snippet_stage import Stage, staged


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("No Chromium, and in CI the browser tests must run.")
        pytest.skip("No Chromium: THIS BROWSER TEST DID NOT RUN. Set CHROMIUM or install it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor of its own: no cookies, no storage."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def stage(page: Page) -> Iterator[Stage]:
    """For the snippet: whatever the test does, nothing of it may show in the page's console."""
    with staged(page) as stage:
        yield stage
    assert stage.noise == []


@pytest.fixture(scope="session")
def react_pages() -> Path:
    try:
        return built_pages()
    except NoReactError as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing}, and in CI the tests with React must run.")
        pytest.skip(f"{missing}: THIS TEST WITH REACT DID NOT RUN.")


@pytest.fixture(params=BUILDS)
def react(request: pytest.FixtureRequest, stage: Stage, react_pages: Path) -> Iterator[ReactStage]:
    """On pages of a real React, as a developer has them and as visitors do."""
    with react_staged(stage, react_pages, request.param) as reacting:
        yield reacting

"""What a real browser lets a page on another origin read of our answers."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page

from callweave.storage.database import Database
from databases import SqliteDatabases
from pages_stage import serving
from service import Service, service
from shops import OVERFLOW, shop

pytestmark = pytest.mark.browser


@pytest.fixture
def website() -> Iterator[str]:
    """The origin of a site whose pages are all the same and say nothing."""
    app = Flask("website")
    app.add_url_rule("/", view_func=lambda: "<!doctype html><title>Shop</title>")
    with serving(app) as origin:
        yield origin


@pytest.fixture
def here(sqlite: SqliteDatabases, website: str) -> Iterator[Service]:
    with sqlite.migrated() as url:
        database = Database(url)
        with service(database, url, shop(origin=website)) as here:
            yield here
        database.close()


@pytest.fixture
def api(here: Service) -> Iterator[str]:
    with serving(here.app) as base:
        yield base


def test_an_amp_page_may_read_what_it_asked_for_with_cookies(
    page: Page, website: str, here: Service, api: str
) -> None:
    page.goto(website)
    told = page.evaluate(
        "url => fetch(url, {credentials: 'include'}).then(answer => answer.json())",
        f"{api}/v1/amp?site={here.site.id}",
    )
    assert told["phoneNumber"] == OVERFLOW


def test_a_refused_page_is_told_what_is_wrong_and_not_that_its_origin_is(
    page: Page, website: str, api: str
) -> None:
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.goto(website)
    told = page.evaluate(
        "url => fetch(url, {method: 'POST', body: '{}'}).then(answer => answer.json())",
        f"{api}/v1/visits",
    )
    assert told["type"] == "urn:callweave:problem:invalid-body"
    assert not [line for line in heard if "CORS" in line]

"""A site whose own host passes us on, as docs/snippet.md has it: nginx, Chromium, the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from callweave.cli.demo.running import Stage, running_stage
from callweave.simulator.carrier import Scenario
from callweave.simulator.demo import load_demo
from callweave.storage.accounts import Site
from chromium import A_PERSONS_BROWSER
from load.waiting import free_port
from nginx import find_nginx, passing_us_on, running_nginx

NGINX = find_nginx()

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="no nginx on this machine"),
]


@pytest.fixture
def running(empty_database_url: str) -> Iterator[Stage]:
    with running_stage(load_demo(), empty_database_url, Scenario(pace=0.02)) as stage:
        yield stage


@contextmanager
def website(stage: Stage, folder: Path) -> Iterator[str]:
    """Its address, by a name for which browsers keep secure cookies without https."""
    port = free_port()
    page = (
        '<!doctype html><title>Shop</title><link rel="icon" href="data:,">'
        f'<script async src="/cw/callweave.full.js" data-site="{stage.site}" data-cookie></script>'
        f'<p id="n">{stage.demo.site.own_number.national}</p>'
    )
    config = (
        f"pid {folder}/pid; events {{}} http {{ access_log off; default_type text/html;\n"
        f"server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{page}'; }}\n"
        f"{passing_us_on(stage.settings.public_base_url)} }} }}"
    )
    with running_nginx(str(NGINX), config, port, folder):
        yield f"http://localhost:{port}"


def lent(page: Page, site: str, own: str) -> str:
    page.goto(site)
    expect(page.locator("#n")).not_to_have_text(own)
    return page.locator("#n").inner_text()


def test_the_cookie_of_the_sites_own_host_outlasts_what_the_script_keeps(
    browser: Browser, running: Stage, tmp_path: Path
) -> None:
    own = running.demo.site.own_number.national
    with website(running, tmp_path) as site:
        with running.database.writing() as session:
            session.execute(update(Site).values(allowed_origins=[site]))
        with browser.new_context(user_agent=A_PERSONS_BROWSER) as context:
            page = context.new_page()
            first = lent(page, site, own)
            [cookie] = context.cookies()  # a host of one name keeps none of the script's
            assert (cookie["path"], cookie["httpOnly"], cookie["secure"]) == ("/cw/v1", True, True)
            # what Safari does after seven days
            page.evaluate("localStorage.clear()")
            assert lent(page, site, own) == first

            with page.expect_response("**/v1/forget"):
                page.evaluate("callweave.consent('denied')")
            assert context.cookies() == []

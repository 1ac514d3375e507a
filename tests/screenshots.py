"""The README's pictures, taken of a running demo: `python tests/screenshots.py`."""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from callweave.cli.demo import play_history
from callweave.cli.demo.running import EMAIL, Stage, running_stage
from callweave.simulator.carrier import Scenario
from callweave.simulator.demo import load_demo
from chromium import A_PERSONS_BROWSER, ARGUMENTS, find_chromium

IMAGES = Path(__file__).parents[1] / "docs" / "images"
JOURNEYS = 300


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stage(
            load_demo(), f"sqlite:///{folder}/demo.sqlite3", Scenario(pace=0.05)
        ) as stage,
        sync_playwright() as playwright,
    ):
        play_history(stage, JOURNEYS, seed=1)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        page = browser.new_page(
            viewport={"width": 1280, "height": 860}, user_agent=A_PERSONS_BROWSER, locale="en-GB"
        )
        picture_the_shop(page, stage)
        picture_the_reports(page, stage)
        browser.close()


def picture_the_shop(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.settings.public_base_url}/demo/bahamas?utm_source=google&utm_medium=cpc")
    page.get_by_text("Lent to you alone").wait_for()
    page.get_by_role("button", name="Call this number").click()
    page.get_by_role("link", name="Open this call in Callweave").wait_for(timeout=60_000)
    page.get_by_text("The talk is over").wait_for(timeout=60_000)
    page.screenshot(path=IMAGES / "shop.png")


def picture_the_reports(page: Page, stage: Stage) -> None:
    base = stage.settings.public_base_url
    page.goto(f"{base}/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(stage.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{base}/")
    page.goto(f"{base}/attribution")
    page.screenshot(path=IMAGES / "attribution.png")


if __name__ == "__main__":
    main()

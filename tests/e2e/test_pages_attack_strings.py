"""What visitors write is text, in a real browser too."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from callweave.domain.visits.channels import Channel
from callweave.storage.calls import Call
from databases import SqliteDatabases
from journeys import Click
from pages_browser import Visit
from pages_stage import Stage, pages_stage, serving
from shops import NOON

pytestmark = pytest.mark.browser
EVIL = "https://evil.example"
ATTACKS = (
    "<script>alert(1)</script>",
    "</title></textarea></script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "'><svg/onload=alert(4)>",
    f"<iframe src={EVIL}></iframe><link rel=stylesheet href={EVIL}/a.css>",
    f'<meta http-equiv=refresh content="0;url={EVIL}">',
    f'" hx-get="{EVIL}" hx-trigger="load" data-hx-on:load="alert(5)',
    f'<hx-partial hx-get="{EVIL}" hx-target="body">',
    f'<div hx-get="{EVIL}" hx-trigger="load" hx-on:click="alert(6)"></div>',
    "<style>*{background:url(https://evil.example/b)}</style>",
    f"<form action={EVIL}><button>Log in</button></form><base href={EVIL}>",
    "javascript:alert(7)",
    "{{7*7}}{%25 raw %25}${7*7}",
    "&lt;script&gt;alert(8)&lt;/script&gt;",
    "\u202egnp.exe\u202c\u2066",
    "\ufdfa" * 30 + "A\u0301" * 50,
)


@pytest.fixture(scope="module")
def stage(sqlite: SqliteDatabases) -> Iterator[Stage]:
    with sqlite.migrated() as url, pages_stage(url, public="http://127.0.0.1") as stage:
        yield stage


@pytest.fixture(scope="module")
def call(stage: Stage) -> Call:
    """Every attack in every field that a visitor or a website can fill."""
    with stage.telling() as teller:
        visitor = teller.visitor()
        visit = teller.visit(visitor, NOON - timedelta(days=2))
        for nth, attack in enumerate(ATTACKS):
            at = NOON - timedelta(hours=nth + 1)
            visit = teller.visit(visitor, at, _click(attack))
            teller.event(visit, at, "tel_click", {"number": attack})
            teller.event(visit, at, "identify", {attack: attack, "n": {attack: [attack]}})
            teller.event(visit, at, "custom", {"name": attack, "data": {attack: attack}})
            own = teller.visit(teller.visitor(), at, _click(attack))
            last = teller.call(at, own, result="voicemail", voicemail_url=attack)
            teller.outcome(last, note=attack, value=100)
        return teller.call(NOON, visit, voicemail_url=ATTACKS[0])


def _click(attack: str) -> Click:
    pages = ((attack, attack), (f"https://shop.example/{attack}", ""))
    return Click(Channel.REFERRAL, attack, attack, attack, attack, attack, pages)


@pytest.fixture
def visit(page: Page, stage: Stage, call: Call) -> Iterator[Visit]:
    with serving(stage.app) as base:
        yield Visit(page, base)


def looked_at(visit: Visit, path: str) -> str:
    """What a person reads there once everything is unfolded and the list has renewed itself."""
    page = visit.open(path)
    for summary in page.locator("summary").all():
        summary.click()
    if path == "/calls":
        with page.expect_response("**/calls"):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    return page.inner_text("main")


def test_no_text_of_a_visitor_runs_loads_or_leads_anywhere(
    visit: Visit, stage: Stage, call: Call
) -> None:
    visit.log_in(stage.person().email)
    paths = ["/", "/calls", f"/calls/{call.id}"]
    paths += [f"/attribution?by={by}" for by in ("source", "campaign", "keyword", "landing_page")]
    for path in paths:
        read = looked_at(visit, path)
        assert "<script>alert(1)</script>" in read, path
        assert (visit.noise, visit.violations()) == ([], []), path
        page = visit.page
        links = page.locator("a").evaluate_all("all => all.map((one) => one.href)")
        asks = page.locator("[hx-get]").evaluate_all(
            "all => all.map(a => a.getAttribute('hx-get'))"
        )
        assert all(link.startswith(visit.base) for link in links), path
        assert set(asks) <= {"/calls"}, path
        assert page.locator("main script, main style, main iframe, main meta").count() == 0, path

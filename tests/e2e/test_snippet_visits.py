"""What the snippet tells: the visit, that it goes on, and what the visitor does."""

import pytest
from playwright.sync_api import Browser, Page, expect

from snippet_stage import FIRST, OWN, OWN_E164, SECOND, Stage, number_for, staged

pytestmark = pytest.mark.browser

BODY = f'<p id="n">{OWN}</p><a href="tel:{OWN_E164}">call</a>'


def open_and_swap(stage: Stage) -> None:
    stage.open(BODY)
    stage.await_change("#n")


def set_visibility(page: Page, state: str) -> None:
    page.evaluate(
        """state => {
            const hidden = { get: () => state === "hidden", configurable: true };
            Object.defineProperty(document, "hidden", hidden);
            document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
        }""",
        state,
    )


def test_a_first_page_view_is_announced_in_full(stage: Stage) -> None:
    url = stage.publish(BODY, path="/bahamas") + "?utm_source=google&gclid=x#top"
    stage.page.goto(url, referer="https://www.google.example/")
    stage.await_change("#n")
    assert stage.api.announced == [
        {
            "site": "st_one",
            "visitor": None,
            "visit": None,
            "consent": "granted",
            "page": {
                "url": url.removesuffix("#top"),
                "referrer": "https://www.google.example/",
                "title": "Shop",
            },
            "numbers_wanted": ["main"],
        }
    ]


def test_an_announcement_needs_no_preflight_and_carries_no_cookie(stage: Stage) -> None:
    open_and_swap(stage)
    asked = stage.api.asked[0]
    assert asked.content_type.startswith("text/plain")
    assert asked.cookie is None


def test_marked_pools_are_wanted(stage: Stage) -> None:
    body = (
        f"<b data-callweave=sales>1</b><b data-callweave>2</b><b data-callweave=sales>3</b>{BODY}"
    )
    script = stage.script().replace("async", "defer")
    stage.open(body, head=script)
    stage.await_change("#n")
    assert stage.api.announced[0]["numbers_wanted"] == ["main", "sales"]


def test_the_next_page_and_the_next_tab_stay_in_the_visit(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.goto(stage.publish(BODY, path="/next"))
    stage.await_change("#n")
    tab = stage.page.context.new_page()
    tab.goto(stage.site)
    expect(tab.locator("#n")).to_have_text(FIRST.national)
    ids = [(told["visitor"], told["visit"]) for told in stage.api.announced]
    assert ids == [(None, None)] + 2 * [("vr_1.seal", "vs_1.seal")]


def test_the_fuller_file_keeps_the_ids_in_a_cookie_that_outlives_local_storage(
    page: Page,
) -> None:
    with staged(page, "www.shop.example") as stage:
        stage.open(BODY, head=stage.full_script(""))
        stage.await_change("#n")
        assert "vr_1" not in page.evaluate("JSON.stringify(localStorage)")
        page.evaluate("localStorage.clear()")
        page.reload()
        stage.await_change("#n")
        assert stage.api.announced[1]["visitor"] == "vr_1.seal"


def test_with_the_fuller_file_subdomains_share_the_visit(page: Page) -> None:
    with staged(page, "www.shop.example") as stage:
        stage.open(BODY, head=stage.full_script(""))
        stage.await_change("#n")
        page.goto(stage.site.replace("www", "book"))
        stage.await_change("#n")
        page.goto(stage.site)
        stage.await_change("#n")
        assert [told["visit"] for told in stage.api.announced] == [None] + 2 * ["vs_1.seal"]
        [cookie] = page.context.cookies()
    assert (cookie["domain"], cookie["sameSite"]) == (".shop.example", "Lax")
    assert stage.noise == []


def test_a_withdrawal_reaches_the_sister_subdomain(page: Page) -> None:
    with staged(page, "www.shop.example") as stage:
        stage.open(BODY, head=stage.full_script(""))
        stage.await_change("#n")
        page.goto(stage.site.replace("www", "book"))
        stage.await_change("#n")
        page.evaluate("callweave.consent('denied')")
        stage.api.asked.clear()
        page.goto(stage.site)
        page.wait_for_timeout(100)
        assert stage.text() == OWN
        assert stage.api.announced == []


def test_where_consent_is_required_a_withdrawal_is_one_on_all_subdomains(page: Page) -> None:
    """There nothing but the lack of a yes says so."""
    with staged(page, "www.shop.example") as stage:
        stage.open(BODY, head=stage.full_script('data-consent="required"'))
        page.evaluate("callweave.consent('granted')")
        stage.await_change("#n")
        page.goto(stage.site.replace("www", "book"))
        stage.await_change("#n")
        page.evaluate("callweave.consent('denied')")
        stage.api.asked.clear()
        page.goto(stage.site)
        page.wait_for_timeout(500)
        assert (stage.text(), stage.api.announced) == (OWN, [])
        assert page.evaluate("document.cookie") == ""


def test_a_record_that_cannot_be_stored_makes_no_storm(stage: Stage) -> None:
    """The one that is stored is of the future, since the clock was set back."""
    stage.page.add_init_script(
        """const kept = { callweave_st_one: `${Date.now() + 9e6}|granted` };
        const set = () => { throw new DOMException("full", "QuotaExceededError"); };
        Object.defineProperty(window, "localStorage", { value: new Proxy(kept, { set }) });"""
    )
    open_and_swap(stage)
    stage.page.wait_for_timeout(500)
    assert len(stage.api.announced) == 1


def test_another_visitor_is_another_visit(stage: Stage, browser: Browser) -> None:
    open_and_swap(stage)
    stage.api.numbers = [number_for("main", SECOND)]
    with browser.new_context() as stranger:
        page = stranger.new_page()
        page.goto(stage.site)
        expect(page.locator("#n")).to_have_text(SECOND.national)
    assert stage.api.announced[1]["visitor"] is None


def test_a_tap_on_a_number_is_reported(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate("document.querySelector('a').innerHTML = '<b>call</b>'")
    stage.page.click("a b")
    stage.api.wait(lambda: stage.api.events("tel_click"))
    [event] = stage.api.events("tel_click")
    assert event == {"type": "tel_click", "number": FIRST.e164}
    sent = stage.api.asked[-1]
    assert (sent.path, sent.content_type[:10]) == ("/v1/visits/vs_1.seal/events", "text/plain")


def test_a_page_that_is_left_before_its_answer_is_announced_once(stage: Stage) -> None:
    stage.publish("<p>next</p>", path="/next", head="")
    stage.api.delay_s = 1
    stage.open(f'{BODY}<a id="on" href="/next">on</a>')
    stage.api.wait(lambda: stage.api.announced)
    stage.page.click("#on")
    stage.page.wait_for_url("**/next")
    stage.page.wait_for_timeout(300)
    assert len(stage.api.announced) == 1


def test_a_tap_before_the_answer_is_told_of_the_visit_that_was_known(stage: Stage) -> None:
    open_and_swap(stage)
    stage.publish("<p>away</p>", path="/away", head="")
    stage.api.delay_s = 1
    stage.page.goto(stage.publish(BODY, path="/second"))
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    stage.page.evaluate(
        "document.querySelector('a').click(); callweave.track('seen'); location.href = '/away'"
    )
    stage.api.wait(lambda: stage.api.events("custom"))
    assert stage.api.events("tel_click")
    assert stage.api.asked[-1].path == "/v1/visits/vs_1.seal/events"


def test_a_tap_that_the_page_stops_is_reported_all_the_same(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate("document.querySelector('a').onclick = e => e.stopPropagation(); 0")
    stage.page.click("a")
    stage.api.wait(lambda: stage.api.events("tel_click"))


def test_leaving_is_reported(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.goto("about:blank")
    stage.api.wait(lambda: stage.api.events("leave"))


def test_an_open_page_says_so_while_it_is_visible(stage: Stage) -> None:
    stage.page.clock.install()
    open_and_swap(stage)
    for _ in range(3):
        stage.page.clock.run_for(60_000)
    stage.api.wait(lambda: len(stage.api.events("alive")) == 3)
    set_visibility(stage.page, "hidden")
    stage.page.clock.run_for(600_000)
    stage.page.wait_for_timeout(50)
    assert len(stage.api.events("alive")) == 3


def test_a_page_seen_again_renews_at_once(stage: Stage) -> None:
    stage.page.clock.install()
    open_and_swap(stage)
    set_visibility(stage.page, "hidden")
    stage.page.clock.fast_forward("10:00")
    set_visibility(stage.page, "visible")
    stage.api.wait(lambda: len(stage.api.events("alive")) == 1)
    assert len(stage.api.announced) == 1


def test_a_page_seen_again_after_its_lease_asks_for_a_number(stage: Stage) -> None:
    stage.page.clock.install()
    open_and_swap(stage)
    set_visibility(stage.page, "hidden")
    stage.page.clock.fast_forward("31:00")
    stage.api.numbers = [number_for("main", SECOND)]
    set_visibility(stage.page, "visible")
    expect(stage.page.locator("#n")).to_have_text(SECOND.national)
    assert stage.api.events("alive") == []


def test_a_visit_without_an_id_is_not_renewed(stage: Stage) -> None:
    stage.api.answer = {"visitor": None, "visit": None, "numbers": stage.api.numbers}
    stage.page.clock.install()
    open_and_swap(stage)
    stage.page.clock.fast_forward("45:00")
    stage.page.click("a")
    stage.page.wait_for_timeout(50)
    assert len(stage.api.asked) == 1


def test_a_site_may_name_its_visitor_and_tell_what_happened(stage: Stage) -> None:
    early = "<script>(callweave = []).push(['identify', {customer: true}])</script>"
    stage.open(BODY, head=early + stage.script())
    stage.await_change("#n")
    stage.page.evaluate("callweave.track('quote', {nights: 7}); callweave.push(['track', 'plain'])")
    stage.api.wait(lambda: len(stage.api.events("custom")) == 2)
    told = [
        event
        for kind in ("identify", "custom")
        for event in sorted(stage.api.events(kind), key=lambda event: str(event.get("name")))
    ]  # each is a beacon of its own, and beacons may overtake each other
    assert told == [
        {"type": "identify", "traits": {"customer": True}},
        {"type": "custom", "name": "plain"},
        {"type": "custom", "name": "quote", "data": {"nights": 7}},
    ]


def test_what_cannot_be_told_is_no_error(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate(
        "const me = {}; me.me = me; callweave.track('odd', me); callweave.identify();"
        "callweave.push(['nonsense'], [], null); callweave.on('weather', 1); callweave.consent()"
    )
    stage.page.wait_for_timeout(50)
    assert stage.api.events("custom") == []


def test_listeners_hear_each_number_once_whenever_they_came(stage: Stage) -> None:
    note = "number => (window.heard = window.heard || []).push(number.e164)"
    early = f"<script>callweave = [['on', 'number', {note}]]</script>"
    stage.open(BODY, head=early + stage.script())
    stage.await_change("#n")
    stage.page.evaluate(f"callweave.on('number', {note}); history.pushState({{}}, '', '/2')")
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    stage.page.wait_for_timeout(50)
    assert stage.page.evaluate("heard") == [FIRST.e164, FIRST.e164]

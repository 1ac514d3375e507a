"""Whatever is wrong with us, the page keeps its own number and nobody hears of it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from snippet_stage import FIRST, OWN, OWN_E164, Stage, hang_up, number_for

pytestmark = pytest.mark.browser

BODY = f'<p id="n">{OWN}</p><a href="tel:{OWN_E164}">call</a>'


def assert_own_number(stage: Stage) -> None:
    stage.page.wait_for_timeout(30)  # time enough to do harm
    assert stage.text() == OWN
    assert stage.page.get_attribute("a", "href") == f"tel:{OWN_E164}"


WRONG_ANSWERS: tuple[Any, ...] = (
    b"",
    b"<html>Sign in to the hotel's network</html>",
    b"null",
    b"[]",
    b'"callweave"',
    {"visitor": "vr_1", "visit": "vs_1"},
    {"visitor": "vr_1", "visit": "vs_1", "numbers": None},
    {"visitor": "vr_1", "visit": "vs_1", "numbers": {"main": FIRST.e164}},
    {"visitor": "vr_1", "visit": "vs_1", "numbers": [None]},
    {"visitor": "vr_1", "visit": "vs_1", "numbers": [{"pool": "main", "replaces": [OWN]}]},
    {"numbers": [number_for("main", FIRST, e164="0800 CALLNOW")]},
    {"numbers": [number_for("main", FIRST, national=None)]},
    {"numbers": [number_for("main", FIRST, international="")]},
    {"numbers": [number_for("main", FIRST, replaces=OWN_E164)]},
    {"numbers": [number_for("main", FIRST, replaces=[20794600000])]},
)


def test_an_error_keeps_the_number(stage: Stage) -> None:
    for status in (400, 403, 404, 500, 503):
        stage.api.status = status
        with stage.page.expect_response("**/v1/visits"):
            stage.open(BODY)
        assert_own_number(stage)


def test_a_wrong_answer_keeps_the_number(stage: Stage) -> None:
    for answer in WRONG_ANSWERS:
        stage.api.answer = answer
        with stage.page.expect_response("**/v1/visits"):
            stage.open(BODY)
        assert_own_number(stage)


def test_no_connection_keeps_the_number(stage: Stage) -> None:
    stage.open(BODY, attributes='data-consent="required"')
    hang_up(stage.service)
    with stage.page.expect_event("requestfailed"):
        stage.page.evaluate("callweave.consent('granted')")
    assert_own_number(stage)


def test_a_late_answer_is_not_waited_for(stage: Stage) -> None:
    stage.page.clock.install()
    stage.api.delay_s = 1
    stage.open(BODY)
    stage.api.wait(lambda: stage.api.asked)
    with stage.page.expect_event("requestfailed"):
        stage.page.clock.fast_forward(3000)
    stage.page.wait_for_timeout(1000)
    assert_own_number(stage)


def test_after_trouble_the_next_page_tries_again(stage: Stage) -> None:
    stage.api.status = 500
    with stage.page.expect_response("**/v1/visits"):
        stage.open(BODY)
    stage.api.status = None
    stage.page.reload()
    stage.await_change("#n")
    assert stage.text() == FIRST.national


def test_a_lease_that_ran_out_in_trouble_gives_the_number_back(stage: Stage) -> None:
    stage.page.clock.install()
    stage.open(BODY)
    stage.await_change("#n")
    stage.api.status = 500
    stage.page.clock.fast_forward("31:00")
    expect(stage.page.locator("#n")).to_have_text(OWN)
    assert_own_number(stage)


def test_a_browser_that_forbids_storage_still_gets_its_number(stage: Stage) -> None:
    stage.page.add_init_script(
        "const no = {get() { throw new DOMException('denied') }, set() { no.get() }};"
        "Object.defineProperty(window, 'localStorage', no);"
        "Object.defineProperty(Document.prototype, 'cookie', no)"
    )
    stage.open(BODY)
    stage.await_change("#n")
    stage.page.evaluate("history.pushState({}, '', '/next')")
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    assert stage.api.announced[1]["visit"] == "vs_1.seal"


def test_a_strict_policy_needs_only_the_two_documented_sources(stage: Stage) -> None:
    api = stage.snippet.removesuffix("/callweave.js")
    policy = f"default-src 'none'; script-src {api}; connect-src {api}; img-src data:"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    stage.open(BODY, head=meta + stage.script())
    stage.await_change("#n")
    assert stage.text() == FIRST.national


def test_a_page_that_breaks_its_own_scripts_does_not_break_ours(stage: Stage) -> None:
    broken = "<script>JSON.parse = undefined; throw new Error('theirs')</script>"
    stage.open(BODY, head=broken + stage.script())
    stage.await_change("#n")
    assert stage.noise == ["theirs"]
    stage.noise.clear()


def test_a_listener_that_throws_harms_only_its_page(stage: Stage) -> None:
    early = "<script>callweave = [['on', 'number', () => { throw new Error('theirs') }]]</script>"
    stage.open(BODY, head=early + stage.script())
    stage.await_change("#n")
    stage.page.wait_for_timeout(50)
    assert stage.noise == ["theirs"]
    stage.noise.clear()

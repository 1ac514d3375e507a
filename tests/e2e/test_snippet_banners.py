"""Consent that the visitor gave to somebody else's banner: Google Consent Mode and IAB TCF."""

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from snippet_stage import FIRST, OWN, Stage

pytestmark = pytest.mark.browser

BODY = f'<p id="n">{OWN}</p>'
REQUIRED = 'data-consent="required"'
PRIVACY = "Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})"
GTAG = "window.dataLayer = []; function gtag() { dataLayer.push(arguments) }"
BOTH_DENIED = {"ad_storage": "denied", "analytics_storage": "denied"}
BOTH_GRANTED = {"ad_storage": "granted", "analytics_storage": "granted"}
# keeps the listener as a consent manager does, and answers when told
FRAMEWORK = """
window.__tcfapi = (command, version, listener) => {
    if (command === "addEventListener" && version === 2) window.answer = listener;
};
"""
ALL_PURPOSES = {str(purpose): True for purpose in range(1, 12)}
TOLD_ALL = {"gdprApplies": True, "purpose": {"consents": ALL_PURPOSES}, "eventStatus": "tcloaded"}


def visit(stage: Stage, script: str, attributes: str = "") -> None:
    stage.open(BODY, head=f"<script>{script}</script>{stage.script(attributes)}")
    stage.page.wait_for_function("!!(window.callweave && window.callweave.on)")


def modes(*told: tuple[str, dict[str, Any]]) -> str:
    return GTAG + "".join(f"; gtag('consent', '{how}', {json.dumps(said)})" for how, said in told)


def framework_says(stage: Stage, consents: dict[str, bool]) -> None:
    answer = {**TOLD_ALL, "purpose": {"consents": consents}}
    stage.page.evaluate("said => answer(said, true)", answer)


def assert_silent(stage: Stage) -> None:
    stage.page.wait_for_timeout(500)
    kept = stage.page.evaluate("document.cookie + JSON.stringify(localStorage)")
    assert (stage.text(), stage.api.asked, kept) == (OWN, [], "{}")


@pytest.mark.parametrize(
    "told",
    [
        [("default", BOTH_DENIED)],
        [("default", BOTH_DENIED), ("update", {"ad_storage": "granted"})],
        [("default", {**BOTH_DENIED, "region": ["ES"]}), ("default", BOTH_GRANTED)],
        [("default", BOTH_GRANTED), ("update", BOTH_DENIED)],
    ],
)
def test_a_no_to_google_is_a_no(stage: Stage, told: list[tuple[str, dict[str, Any]]]) -> None:
    visit(stage, modes(*told))
    assert_silent(stage)


@pytest.mark.parametrize(
    "told",
    [
        [("default", BOTH_GRANTED)],
        [("default", BOTH_DENIED), ("update", BOTH_GRANTED)],
    ],
)
def test_a_yes_to_google_is_a_yes(stage: Stage, told: list[tuple[str, dict[str, Any]]]) -> None:
    visit(stage, modes(*told), REQUIRED)
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)


def test_a_layer_without_consent_says_nothing(stage: Stage) -> None:
    visit(stage, f"{GTAG}; dataLayer.push(undefined, null, {{event: 'x'}}, ['consent'])")
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)


def test_a_layer_of_another_make_is_no_error(stage: Stage) -> None:
    visit(stage, "window.dataLayer = {page: 1}")
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)


def test_privacy_control_outweighs_a_default(stage: Stage) -> None:
    stage.page.add_init_script(PRIVACY)
    visit(stage, modes(("default", BOTH_GRANTED)))
    assert_silent(stage)


def test_a_sites_own_word_outweighs_its_banner(stage: Stage) -> None:
    visit(stage, modes(("default", BOTH_DENIED)))
    stage.page.evaluate("callweave.consent('granted')")
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)


SETTLED_MS = 500  # so that no earlier change of the page is still to be looked at
HIDING = """
<button onclick="gtag('consent', 'update', {ad_storage: '%s', analytics_storage: '%s'});
    this.style.display = 'none'">That's my choice</button>
"""


def test_an_answer_to_a_banner_that_is_only_hidden_then_is_heard(stage: Stage) -> None:
    head = f"<script>{modes(('default', BOTH_DENIED))}</script>{stage.script()}"
    stage.open(BODY + HIDING % ("granted", "granted"), head=head)
    assert_silent(stage)
    stage.page.click("button")
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)


def test_a_banners_no_forgets_without_a_change_of_the_page(stage: Stage) -> None:
    head = f"<script>{modes(('default', BOTH_GRANTED))}</script>{stage.script()}"
    stage.open(BODY + HIDING % ("denied", "denied"), head=head)
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    stage.page.wait_for_timeout(SETTLED_MS)
    stage.page.click("button")
    expect(stage.page.locator("#n")).to_have_text(OWN)
    assert stage.page.evaluate("document.cookie + JSON.stringify(localStorage)") == "{}"


def test_a_banners_no_in_one_tab_is_one_in_the_others(stage: Stage) -> None:
    """The others' own layers still say yes."""
    visit(stage, modes(("default", BOTH_DENIED), ("update", BOTH_GRANTED)))
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    other = stage.page.context.new_page()
    other.goto(stage.site)
    expect(other.locator("#n")).to_have_text(FIRST.national)
    stage.page.evaluate(
        f"gtag('consent', 'update', {json.dumps(BOTH_DENIED)}); history.pushState(1, '')"
    )
    expect(other.locator("#n")).to_have_text(OWN)
    stage.page.wait_for_timeout(SETTLED_MS)
    assert stage.page.evaluate("document.cookie + JSON.stringify(localStorage)") == "{}"
    assert len(stage.api.announced) == 2


@pytest.mark.parametrize(
    ("before", "yes"),
    [
        (modes(("default", BOTH_DENIED)), f"gtag('consent', 'update', {json.dumps(BOTH_GRANTED)})"),
        (GTAG, f"gtag('consent', 'update', {json.dumps(BOTH_GRANTED)})"),
        (FRAMEWORK, f"answer({json.dumps(TOLD_ALL)}, true)"),
    ],
)
def test_a_visitor_who_comes_back_is_known_once_a_late_banner_has_said_yes(
    stage: Stage, before: str, yes: str
) -> None:
    """Until then nothing is done, and nothing forgotten either."""
    visit(
        stage, f"{before}; setTimeout(() => {{ {yes}; history.pushState(1, '') }}, 200)", REQUIRED
    )
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    stage.page.reload()
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    assert [told["visit"] for told in stage.api.announced] == [None, "vs_1.seal"]


def test_a_late_yes_is_heard_where_nothing_else_on_the_page_moves(stage: Stage) -> None:
    visit(stage, modes(("default", BOTH_DENIED)))
    stage.page.wait_for_timeout(1000)
    stage.page.evaluate(f"gtag('consent', 'update', {json.dumps(BOTH_GRANTED)})")
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)


def test_what_was_told_while_a_banner_was_waited_for_is_told_after_its_yes(stage: Stage) -> None:
    visit(stage, f"callweave = [['track', 'early']]; {FRAMEWORK}")
    stage.page.wait_for_timeout(SETTLED_MS)
    assert stage.api.asked == []
    framework_says(stage, ALL_PURPOSES)
    stage.api.wait(lambda: stage.api.events("custom"))


def test_what_was_told_before_a_no_is_never_told(stage: Stage) -> None:
    visit(stage, f"callweave = [['track', 'early']]; {FRAMEWORK}")
    framework_says(stage, {})
    stage.page.wait_for_timeout(SETTLED_MS)
    stage.page.evaluate("callweave.consent('granted')")
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    stage.page.wait_for_timeout(SETTLED_MS)
    assert stage.api.events("custom") == []


@pytest.mark.parametrize("said", [BOTH_DENIED, {"ad_storage": "denied"}])
def test_a_no_stays_said_though_the_layer_is_cut_short(stage: Stage, said: dict[str, str]) -> None:
    visit(stage, modes(("default", said)))
    assert_silent(stage)
    stage.page.evaluate("dataLayer.splice(0); history.pushState(1, '')")
    assert_silent(stage)


def test_nothing_is_told_of_a_visit_after_a_no_to_the_banner(stage: Stage) -> None:
    stage.publish("<p>elsewhere</p>", path="/elsewhere", head="")
    visit(stage, modes(("default", BOTH_GRANTED)))
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    said = json.dumps(BOTH_DENIED)
    stage.page.evaluate(f"gtag('consent', 'update', {said}); location.href = '/elsewhere'")
    stage.page.wait_for_url("**/elsewhere")
    stage.page.wait_for_timeout(100)
    assert stage.api.events("leave") == []


def test_a_broken_framework_keeps_nobody_from_being_followed_after_a_yes(stage: Stage) -> None:
    visit(stage, "window.__tcfapi = () => { throw new Error('not today') }")
    assert_silent(stage)
    stage.page.evaluate("callweave.consent('granted')")
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    stage.page.wait_for_timeout(SETTLED_MS)
    stage.page.evaluate("history.pushState({}, '', '/second')")
    stage.api.wait(lambda: len(stage.api.announced) == 2)


def test_the_framework_is_waited_for_and_its_withdrawal_forgets(stage: Stage) -> None:
    visit(stage, FRAMEWORK)
    assert_silent(stage)
    framework_says(stage, ALL_PURPOSES)
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    framework_says(stage, {})
    expect(stage.page.locator("#n")).to_have_text(OWN)
    assert stage.page.evaluate("document.cookie + JSON.stringify(localStorage)") == "{}"


@pytest.mark.parametrize("missing", ["1", "7", "8"])
def test_every_purpose_of_ours_needs_a_yes(stage: Stage, missing: str) -> None:
    visit(stage, FRAMEWORK)
    framework_says(stage, {**ALL_PURPOSES, missing: False})
    assert_silent(stage)


@pytest.mark.parametrize(("attributes", "shown"), [("", FIRST.national), (REQUIRED, OWN)])
def test_where_the_framework_does_not_apply_the_tag_decides(
    stage: Stage, attributes: str, shown: str
) -> None:
    visit(stage, FRAMEWORK, attributes)
    stage.page.evaluate("answer({gdprApplies: false}, true)")
    stage.page.wait_for_timeout(400)
    expect(stage.page.locator("#n")).to_have_text(shown)


def test_an_answer_that_makes_no_sense_is_no_yes(stage: Stage) -> None:
    visit(stage, FRAMEWORK)
    stage.page.evaluate("answer({}, false)")
    assert_silent(stage)

"""Nothing is kept and nothing is sent before a yes; a no is kept to and forgets."""

from typing import Any

import pytest
from playwright.sync_api import expect

from snippet_stage import FIRST, OWN, Stage

pytestmark = pytest.mark.browser

BODY = f'<p id="n">{OWN}</p><a href="tel:02079460000">call</a>'
REQUIRED = 'data-consent="required"'
PRIVACY = "Object.defineProperty(navigator, 'globalPrivacyControl', {get: () => true})"

DO_NOT_TRACK = "Object.defineProperty(navigator, 'doNotTrack', {get: () => '1'})"


def kept(stage: Stage) -> Any:
    return stage.page.evaluate(
        "() => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"
    )


def nothing_happens(stage: Stage) -> None:
    stage.page.wait_for_timeout(150)
    stage.page.click("a")
    stage.page.evaluate("callweave.track('seen'); callweave.identify({email: 'a@b.example'})")
    stage.page.wait_for_timeout(50)
    assert (stage.text(), stage.api.asked, kept(stage)) == (OWN, [], "{}{}")


def say(stage: Stage, choice: str) -> None:
    stage.page.evaluate("choice => callweave.consent(choice)", choice)


def test_required_consent_is_waited_for(stage: Stage) -> None:
    stage.open(BODY, attributes=REQUIRED)
    nothing_happens(stage)


def test_a_yes_starts_it_and_is_remembered(stage: Stage) -> None:
    stage.open(BODY, attributes=REQUIRED)
    say(stage, "granted")
    stage.await_change("#n")
    stage.page.reload()
    stage.await_change("#n")
    assert [told["visit"] for told in stage.api.announced] == [None, "vs_1.seal"]


def test_a_yes_said_again_on_every_page_changes_nothing(stage: Stage) -> None:
    head = "<script>callweave = [['consent', 'granted']]</script>" + stage.script(REQUIRED)
    stage.open(BODY, head=head)
    stage.await_change("#n")
    say(stage, "granted")
    stage.page.wait_for_timeout(50)
    assert len(stage.api.announced) == 1


def test_a_no_keeps_nothing(stage: Stage) -> None:
    stage.open(BODY, attributes=REQUIRED)
    say(stage, "denied")
    nothing_happens(stage)


def test_a_no_said_before_we_came_is_heard(stage: Stage) -> None:
    head = "<script>callweave = [['consent', 'denied']]</script>" + stage.script()
    stage.open(BODY, head=head)
    stage.page.wait_for_timeout(100)
    assert (stage.text(), stage.api.asked) == (OWN, [])


def test_a_withdrawal_forgets_the_ids_and_restores_the_number(stage: Stage) -> None:
    stage.open(BODY)
    stage.await_change("#n")
    assert "vr_1.seal" in kept(stage)
    say(stage, "denied")
    assert stage.text() == OWN
    assert stage.page.get_attribute("a", "href") == "tel:02079460000"
    assert "vr_1" not in kept(stage)
    assert "vs_1" not in kept(stage)


def test_after_a_withdrawal_the_next_page_is_silent(stage: Stage) -> None:
    stage.open(BODY)
    stage.await_change("#n")
    say(stage, "denied")
    stage.api.asked.clear()
    stage.page.reload()
    stage.page.wait_for_timeout(150)
    assert (stage.text(), stage.api.asked) == (OWN, [])


def test_a_no_that_is_said_again_holds_on_the_next_page(stage: Stage) -> None:
    """As banners do, on every page."""
    stage.open(BODY)
    stage.await_change("#n")
    for _ in range(2):
        say(stage, "denied")
    stage.api.asked.clear()
    stage.page.reload()
    stage.page.wait_for_timeout(150)
    assert (stage.text(), stage.api.asked) == (OWN, [])


def test_a_withdrawal_stops_the_other_tabs(stage: Stage) -> None:
    stage.open(BODY)
    stage.await_change("#n")
    other = stage.page.context.new_page()
    other.goto(stage.site)
    expect(other.locator("#n")).to_have_text(FIRST.national)
    say(stage, "denied")
    expect(other.locator("#n")).to_have_text(OWN)


def test_where_consent_is_required_a_withdrawal_stops_the_other_tabs_as_well(stage: Stage) -> None:
    """There a no is nowhere written down: that the yes has gone tells the others."""
    stage.open(BODY, attributes=REQUIRED)
    say(stage, "granted")
    stage.await_change("#n")
    other = stage.page.context.new_page()
    other.goto(stage.site)
    expect(other.locator("#n")).to_have_text(FIRST.national)
    say(stage, "denied")
    expect(other.locator("#n")).to_have_text(OWN)
    assert kept(stage) == "{}{}"
    other.evaluate("history.pushState({}, '', '/second')")
    other.wait_for_timeout(500)
    assert len(stage.api.announced) == 2
    say(stage, "granted")
    expect(other.locator("#n")).to_have_text(FIRST.national)


def test_a_withdrawal_overtakes_an_answer_on_its_way(stage: Stage) -> None:
    stage.api.delay_s = 0.3
    with stage.page.expect_response("**/v1/visits"):
        stage.open(BODY)
        stage.api.wait(lambda: stage.api.asked)
        say(stage, "denied")
    stage.page.wait_for_timeout(50)
    assert stage.text() == OWN
    assert "vr_" not in kept(stage)


def test_a_no_may_be_taken_back(stage: Stage) -> None:
    stage.open(BODY)
    stage.await_change("#n")
    say(stage, "denied")
    say(stage, "granted")
    stage.await_change("#n")
    assert stage.api.announced[1]["visitor"] is None


@pytest.mark.parametrize("wish", [PRIVACY, DO_NOT_TRACK])
def test_a_browser_that_asks_for_privacy_has_said_no(stage: Stage, wish: str) -> None:
    stage.page.add_init_script(wish)
    stage.open(BODY)
    nothing_happens(stage)


def test_global_privacy_control_yields_to_an_explicit_yes(stage: Stage) -> None:
    stage.page.add_init_script(PRIVACY)
    stage.open(BODY)
    say(stage, "granted")
    stage.await_change("#n")
    assert stage.text() == FIRST.national


def test_privacy_control_switched_on_later_forgets_the_ids(stage: Stage) -> None:
    stage.open(BODY)
    stage.await_change("#n")
    stage.page.add_init_script(PRIVACY)
    stage.api.asked.clear()
    stage.page.reload()
    stage.api.asked.clear()  # the leave of the page before
    nothing_happens(stage)

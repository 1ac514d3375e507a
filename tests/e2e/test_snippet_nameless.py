"""`data-without-consent="source"`: who has not agreed is shown the number of their source."""

from typing import Any

import pytest
from playwright.sync_api import expect

from snippet_stage import FIRST, OWN, SECOND, Stage, number_for

pytestmark = pytest.mark.browser

BODY = f'<p id="n">{OWN}</p><a href="tel:02079460000">call</a>'
NAMELESS = 'data-without-consent="source"'
OF_ALL = {"visitor": None, "visit": None, "renew_every": None, "expires_in": None}
NO_ONE = {"visitor": None, "visit": None, "consent": "unknown"}


def sources_number(stage: Stage) -> None:
    stage.api.answer = {**OF_ALL, "numbers": [number_for("main", SECOND, assignment="shared")]}


def open_nameless(stage: Stage, attributes: str = 'data-consent="required"') -> None:
    sources_number(stage)
    stage.open(BODY, head=stage.full_script(f"{NAMELESS} {attributes}"))
    expect(stage.page.locator("#n")).to_have_text(SECOND.national)


def who(told: dict[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in NO_ONE}


def kept(stage: Stage) -> Any:
    return stage.page.evaluate("document.cookie + JSON.stringify(localStorage)")


def test_before_consent_the_sources_number_is_asked_for_without_any_identifier(
    stage: Stage,
) -> None:
    open_nameless(stage)
    stage.page.click("a")
    stage.page.evaluate("callweave.track('seen')")
    stage.page.wait_for_timeout(500)
    [asked] = stage.api.asked
    assert who(asked.body) == NO_ONE
    assert {"tz", "link", "cookie"} & asked.body.keys() == set()
    assert (asked.cookie, kept(stage)) == (None, "{}")


def test_without_the_attribute_nothing_is_asked(stage: Stage) -> None:
    sources_number(stage)
    stage.open(BODY, head=stage.full_script('data-consent="required"'))
    stage.page.wait_for_timeout(500)
    assert (stage.text(), stage.api.asked) == (OWN, [])


def test_each_page_of_an_application_asks_for_its_sources_number(stage: Stage) -> None:
    open_nameless(stage)
    stage.page.evaluate("history.pushState({}, '', '/second')")
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    assert [who(told) for told in stage.api.announced] == 2 * [NO_ONE]
    expect(stage.page.locator("#n")).to_have_text(SECOND.national)


def test_a_yes_makes_it_the_visitors_own(stage: Stage) -> None:
    open_nameless(stage)
    stage.api.answer = None
    stage.page.evaluate("callweave.consent('granted')")
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    assert stage.api.announced[-1]["consent"] == "granted"
    stage.page.reload()
    stage.await_change("#n")
    assert stage.api.announced[-1]["visit"] == "vs_1.seal"


def test_after_a_withdrawal_it_is_the_sources_again(stage: Stage) -> None:
    stage.open(BODY, head=stage.full_script(NAMELESS))
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    sources_number(stage)
    stage.page.evaluate("callweave.consent('denied')")
    expect(stage.page.locator("#n")).to_have_text(SECOND.national)
    assert who(stage.api.announced[-1]) == NO_ONE
    assert "v" not in kept(stage).replace("callweave", "")


def test_an_answer_to_the_nameless_is_not_taken_for_the_visitors(stage: Stage) -> None:
    """Who agrees while it is on its way is asked for anew, by name."""
    sources_number(stage)
    stage.api.delay_s = 0.3
    stage.open(BODY, head=stage.full_script(f'{NAMELESS} data-consent="required"'))
    stage.api.wait(lambda: stage.api.announced)
    stage.api.answer = None
    stage.page.evaluate("callweave.consent('granted')")
    expect(stage.page.locator("#n")).to_have_text(FIRST.national)
    assert [told["consent"] for told in stage.api.announced] == ["unknown", "granted"]


def test_a_service_in_trouble_leaves_the_pages_own_number(stage: Stage) -> None:
    stage.api.status = 503
    stage.open(BODY, head=stage.full_script(f'{NAMELESS} data-consent="required"'))
    stage.api.wait(lambda: stage.api.asked)
    stage.page.wait_for_timeout(400)
    assert (stage.text(), len(stage.api.asked)) == (OWN, 1)

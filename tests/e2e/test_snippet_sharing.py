"""Several tabs of one visitor, and what travels together."""

from itertools import chain

import pytest
from playwright.sync_api import expect

from snippet_stage import FIRST, OWN, SECOND, Stage, number_for

pytestmark = pytest.mark.browser

BODY = f'<p id="n">{OWN}</p><p id="other">Fax 020 7946 0999</p>'


def open_and_swap(stage: Stage) -> None:
    stage.open(BODY)
    stage.await_change("#n")


def batches(stage: Stage) -> list[list[str]]:
    bodies = [asked.body for asked in list(stage.api.asked) if "events" in asked.body]
    return [[event.get("name", event["type"]) for event in body["events"]] for body in bodies]


def test_two_tabs_opened_at_once_agree_on_one_visit(stage: Stage) -> None:
    stage.api.together = 2
    tab = stage.page.context.new_page()
    site = stage.publish(BODY)
    stage.page.goto(site, wait_until="commit")
    tab.goto(site, wait_until="commit")
    stage.api.wait(lambda: len(stage.api.announced) == 3)
    first, second, agreed = (told["visit"] for told in stage.api.announced)
    assert (first, second) == (None, None)
    assert agreed in {"vs_1.seal", "vs_2.seal"}
    stage.page.wait_for_timeout(1500)
    assert len(stage.api.announced) == 3


def test_two_tabs_that_are_answered_in_the_same_millisecond_agree_as_well(stage: Stage) -> None:
    stage.page.context.add_init_script("Date.now = () => 1800000000000")
    test_two_tabs_opened_at_once_agree_on_one_visit(stage)


def test_a_new_visit_in_one_tab_changes_the_number_of_the_other(stage: Stage) -> None:
    open_and_swap(stage)
    other = stage.page.context.new_page()
    other.goto(stage.site)
    expect(other.locator("#n")).to_have_text(FIRST.national)
    stage.api.numbers = [number_for("main", SECOND)]
    stage.api.answer = {**stage.api._welcome(stage.api.announced[0]), "visit": "vs_new.seal"}
    other.evaluate("history.pushState({}, '', '/?utm_campaign=new')")
    expect(stage.page.locator("#n")).to_have_text(SECOND.national)
    assert stage.api.announced[-1]["visit"] == "vs_new.seal"


@pytest.mark.parametrize("trouble", [{"status": 500}, {"answer": {"visit": None, "numbers": []}}])
def test_a_new_visit_elsewhere_and_a_service_in_trouble_make_no_storm(
    stage: Stage, trouble: dict[str, object]
) -> None:
    open_and_swap(stage)
    stage.api.status, stage.api.answer = trouble.get("status"), trouble.get("answer")  # type: ignore[assignment]  # by name
    stage.page.evaluate(
        "localStorage.callweave_st_one = Date.now() + '||vr_1.seal|vs_9.seal';"
        "dispatchEvent(new StorageEvent('storage'))"
    )
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    stage.page.wait_for_timeout(700)
    assert len(stage.api.announced) == 2


def test_a_copy_of_the_lent_number_is_reported(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.click("#other", click_count=3)
    stage.page.keyboard.press("Control+c")
    stage.page.click("#n", click_count=3)
    stage.page.keyboard.press("Control+c")
    stage.api.wait(lambda: stage.api.events("copy"))
    stage.page.wait_for_timeout(400)
    assert len(stage.api.events("copy")) == 1


def test_a_click_on_a_link_that_only_mentions_a_hotel_is_no_tap_on_a_number(stage: Stage) -> None:
    stage.open(f'{BODY}<a href="#hotel:12345678" data-callweave>rooms</a>')
    stage.await_change("#n")
    stage.page.click("a")
    stage.page.evaluate("callweave.track('after')")
    stage.api.wait(lambda: stage.api.events("custom"))
    assert stage.api.events("tel_click") == []
    assert stage.page.get_attribute("a", "href") == "#hotel:12345678"


@pytest.mark.parametrize("selected", ["p", "body", "a"])
def test_a_copy_that_has_the_lent_number_in_it_is_reported(stage: Stage, selected: str) -> None:
    stage.open(f'<div id="all"><p>Ring <a href="#"><b>020</b> 7946 0000</a> now</p>{BODY}</div>')
    stage.await_change("#n")
    stage.page.evaluate(
        "selected => getSelection().selectAllChildren(document.querySelector(selected))", selected
    )
    stage.page.keyboard.press("Control+c")
    stage.api.wait(lambda: stage.api.events("copy"))


def test_what_happens_at_once_travels_together(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate("for (const name of ['a', 'b', 'c']) callweave.track(name)")
    stage.api.wait(lambda: batches(stage))
    assert batches(stage) == [["a", "b", "c"]]


def test_more_than_one_report_may_hold_travels_in_several(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate("for (let i = 0; i < 120; i++) callweave.track('n' + i)")
    stage.api.wait(lambda: sum(map(len, batches(stage))) == 120)
    assert [*map(len, batches(stage))] == [10] * 12


@pytest.mark.parametrize("end", ["location.href = 'about:blank'", "location.reload()"])
def test_nothing_is_lost_when_the_page_goes(stage: Stage, end: str) -> None:
    open_and_swap(stage)
    # until the next one is there: Chromium never closes one that is just going (crbug 536385539)
    with stage.page.expect_navigation():
        stage.page.evaluate(f"callweave.track('last'); {end}")
    stage.api.wait(lambda: sum(map(len, batches(stage))) == 2)
    assert list(chain(*batches(stage))) == ["last", "leave"]  # in one, unless going takes long


def test_what_the_browser_refuses_to_take_waits_for_the_next_time(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate(
        "window.send = navigator.sendBeacon; navigator.sendBeacon = () => false;"
        "callweave.track('refused')"
    )
    stage.page.wait_for_timeout(400)
    assert batches(stage) == []
    stage.page.evaluate("navigator.sendBeacon = send; callweave.track('later')")
    stage.api.wait(lambda: batches(stage))
    assert batches(stage) == [["refused", "later"]]


def test_what_was_told_before_there_was_an_id_waits_for_it(stage: Stage) -> None:
    stage.api.delay_s = 0.6
    early = "<script>callweave = [['track', 'early']]</script>"
    stage.open(BODY, head=early + stage.script())
    stage.api.wait(lambda: batches(stage))
    assert batches(stage) == [["early"]]
    assert stage.api.asked[-1].path == "/v1/visits/vs_1.seal/events"

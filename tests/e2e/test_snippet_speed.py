"""What the snippet costs a page: main-thread time by the browser's own trace, and shifts of layout.

`pytest -s tests/e2e/test_snippet_speed.py` prints the figures.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask

from callweave.simulator.demo import load_demo
from callweave.simulator.shop.blueprint import ShopFront, shop_blueprint
from snippet_stage import FIRST, OWN, Stage, number_for

pytestmark = pytest.mark.browser

SLOWDOWN = 4
MOST_YARDSTICKS = 6
MOST_ROUNDS = 6  # the least of them: a busy machine only ever adds
MOST_LEASTS = 4
ALL_DONE_AFTER_MS = 1000
# The least that anything like ours can do: remember, ask, watch the page, look at each text once.
LEAST = """(() => {
    const api = new URL("v1/visits", document.currentScript.src);
    const known = [localStorage.least];
    new MutationObserver(() => {}).observe(document, {
        subtree: true, childList: true, characterData: true,
    });
    addEventListener("pagehide", () => {});
    document.addEventListener("click", () => {}, true);
    const page = { url: location.href, referrer: document.referrer, title: document.title };
    const body = JSON.stringify({
        site: "st_one", visitor: known[0] || null, visit: null, consent: "granted", page,
        numbers_wanted: ["main"],
    });
    fetch(api, { method: "POST", body, keepalive: true }).then(answer => answer.json())
        .then(({ visitor, numbers: [{ national, replaces }] }) => {
            localStorage.least = visitor;
            const texts = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
            while (texts.nextNode()) {
                const text = texts.currentNode.data;
                if (!/(\\d\\D{0,30}){6}/.test(text)) continue;
                const swapped = replaces.reduce((now, own) => now.replaceAll(own, national), text);
                if (swapped !== text) texts.currentNode.data = swapped;
            }
        });
})()"""


@dataclass(frozen=True, slots=True)
class Script:
    body: bytes


def demo_page(stage: Stage) -> str:
    """The demo shop's first page, with no script but the snippet."""
    demo = load_demo()
    front = ShopFront("st_one", "main", demo.site.own_number, "", demo.names, lambda _: None)
    app = Flask("demo page")
    app.register_blueprint(shop_blueprint(front), url_prefix="/demo")
    html = app.test_client().get("/demo/").get_data(as_text=True)
    lent = number_for("main", FIRST, replaces=[front.number.e164, front.number.national])
    stage.api.numbers = [lent]
    own = '<script async src="/callweave.js" data-site="st_one"></script>'
    assert own in html
    start, _, rest = html.replace(own, stage.script()).partition('<script defer src="')
    return start + rest.partition("</script>")[2]


def is_ours(event: Mapping[str, Any]) -> bool:
    """The browser names a script's first run, its listeners and its timers."""
    named = event["ph"] == "X" and event["name"] in {"EvaluateScript", "FunctionCall"}
    return named and "callweave.js" in event["args"]["data"].get("url", "")


def within(event: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    """Whether another one's time has all of this one's in it."""

    def has(other: Mapping[str, Any]) -> bool:
        begins = other["ts"] <= event["ts"] < other["ts"] + other["dur"]
        return other is not event and begins and other["dur"] >= event["dur"]

    return has


def main_thread_ms(stage: Stage, slowdown: int) -> float:
    """CPU time of a first visit in a browser that knows nothing, to the swapped number.

    What runs when an answer has come (microtasks) is named after nobody: on a page without another
    script all of it is ours.
    """
    browser = stage.page.context.browser
    assert browser
    with browser.new_context() as fresh:
        page = fresh.new_page()
        page.goto("about:blank")
        throttle = {"rate": slowdown}
        fresh.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", throttle)
        browser.start_tracing(page=page, categories=["devtools.timeline", "v8.execute"])
        page.goto(stage.site)
        # no look at the page before it is over: that runs scripts on the same thread
        page.wait_for_timeout(ALL_DONE_AFTER_MS)
        trace = json.loads(browser.stop_tracing())["traceEvents"]
        replace(stage, page=page).await_change("#shop-number", load_demo().site.own_number.national)
    ours = [event for event in trace if is_ours(event)]
    [begun] = [event for event in ours if event["name"] == "EvaluateScript"]
    answered = [
        event
        for event in trace
        if event["name"] == "RunMicrotasks"
        and event["ph"] == "X"
        and (event["pid"], event["tid"]) == (begun["pid"], begun["tid"])
        and event["ts"] >= begun["ts"]
    ]
    assert answered, "no answer came in time"
    counted = [each for each in (*ours, *answered) if not any(map(within(each), ours + answered))]
    return sum(float(event["tdur"]) for event in counted) / 1000


def test_the_demo_page_spends_no_more_than_a_few_times_the_least(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a script of two dozen lines: what that takes is the machine's and the browser's.

    The browser slows a page down by interrupting it, which on a busy machine measures the machine:
    that figure is for reading.
    """
    stage.pages["/"] = demo_page(stage)
    ours, least, slowed = list[float](), list[float](), list[float]()
    while not ours or (min(ours) >= MOST_LEASTS * min(least) and len(ours) < MOST_ROUNDS):
        ours.append(main_thread_ms(stage, 1))
        slowed.append(main_thread_ms(stage, SLOWDOWN))
        with monkeypatch.context() as patched:
            patched.setattr("snippet_stage.built_snippet", lambda _: Script(LEAST.encode()))
            least.append(main_thread_ms(stage, 1))
    told = f"{min(ours):.1f} ms of {ours}, the least {min(least):.1f} of {least}"
    sys.stdout.write(f"\nmain thread: {told}; {SLOWDOWN}x slower: {min(slowed):.1f} of {slowed}\n")
    assert min(ours) < MOST_LEASTS * min(least)


def test_on_a_usual_page_nothing_is_tried_that_fails(stage: Stage) -> None:
    """An exception, also one that is caught, costs more than all that it was to find out."""
    session = stage.page.context.new_cdp_session(stage.page)
    thrown: list[str] = []

    def note(paused: dict[str, Any]) -> None:
        thrown.append(str(paused.get("data", {}).get("description")))
        session.send("Debugger.resume")

    session.on("Debugger.paused", note)
    session.send("Debugger.enable")
    session.send("Debugger.setPauseOnExceptions", {"state": "all"})
    stage.pages["/"] = demo_page(stage)
    stage.page.goto(stage.site)
    stage.await_change("#shop-number", load_demo().site.own_number.national)
    assert thrown == []


def test_until_there_is_a_number_no_text_is_read(stage: Stage) -> None:
    stage.api.answer = b"{}"
    stage.page.add_init_script(
        """window.read = 0;
        const real = Object.getOwnPropertyDescriptor(Node.prototype, "nodeValue");
        const get = function () { read++; return real.get.call(this); };
        Object.defineProperty(Node.prototype, "nodeValue", { ...real, get });
        """
    )
    stage.open(f'<p id="n">{OWN}</p>')
    stage.api.wait(lambda: stage.api.announced)
    assert stage.page.evaluate("read") == 0


def test_a_swap_shifts_no_layout(stage: Stage) -> None:
    stage.pages["/"] = demo_page(stage)
    stage.page.goto(stage.site)
    stage.await_change("#shop-number", load_demo().site.own_number.national)
    shifted = stage.page.evaluate(
        """() => new Promise(done => {
            const seen = entries => done(entries.reduce((sum, entry) => sum + entry.value, 0));
            const observer = new PerformanceObserver(list => seen(list.getEntries()));
            observer.observe({type: "layout-shift", buffered: true});
            requestAnimationFrame(() => setTimeout(() => seen(observer.takeRecords()), 100));
        })"""
    )
    assert shifted == 0


TIMED = """
const Real = MutationObserver;
window.batches = [];
window.MutationObserver = class extends Real {
    constructor(callback) {
        super((...given) => {
            const start = performance.now();
            callback(...given);
            batches.push(performance.now() - start);
        });
    }
};
"""


def test_a_batch_of_changes_takes_no_longer_than_reading_its_text_a_few_times(
    stage: Stage,
) -> None:
    """Beside a yardstick of the same moment: on a quiet machine such a batch takes 0.8 ms."""
    stage.page.add_init_script(TIMED)
    stage.open(f'<p id="n">{OWN}</p><div id="list"></div>')
    stage.await_change("#n")
    took, yardstick = stage.page.evaluate(
        """async row => {
            const list = document.querySelector("#list");
            const took = [], yardstick = [];
            for (let round = 0; round < 30; round++) {
                batches.length = 0;
                list.innerHTML = row.repeat(1000);
                await new Promise(done => setTimeout(done, 10));
                took.push(batches[0]);
                const start = performance.now();
                let digits = 0;
                for (let walk = 0; walk < 5; walk++) {  // the browser's clock has coarse ticks
                    const texts = document.createTreeWalker(list, NodeFilter.SHOW_TEXT);
                    while (texts.nextNode()) digits += /[0-9]{2}/.test(texts.currentNode.data);
                }
                yardstick.push((performance.now() - start) / 5);
            }
            return [Math.min(...took), Math.min(...yardstick)];
        }""",
        "<div class='row'><p>A row of <b>some</b> text, 24 of 100</p><a href='#'>more</a></div>",
    )
    sys.stdout.write(f"\na batch: {took:.2f} ms at best, {took / yardstick:.2f} yardsticks\n")
    assert took < MOST_YARDSTICKS * yardstick


def test_much_that_comes_at_once_is_swapped_in_turns(stage: Stage) -> None:
    stage.open(f'<p id="n">{OWN}</p><div id="list"></div>')
    stage.await_change("#n")
    at_once = stage.page.evaluate(
        """row => {
            document.querySelector("#list").innerHTML = row.repeat(1000);
            return Promise.resolve().then(() =>
                document.querySelector("#list").textContent.split("0101").length - 1);
        }""",
        f"<p>{OWN}</p>",
    )
    assert 0 < at_once <= 99
    stage.page.wait_for_function("!document.querySelector('#list').textContent.includes('0000')")

"""Pages that change under our hands, and pages that are odd from the start."""

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chromium import ARGUMENTS, find_chromium
from snippet_stage import FIRST, OWN, OWN_E164, SALES, SECOND, Stage, number_for

pytestmark = pytest.mark.browser

NUMBER = f'<p id="n">{OWN}</p>'
LENT = FIRST.national


def open_and_swap(stage: Stage, body: str = NUMBER) -> None:
    stage.open(body)
    stage.await_change("#n")


def test_late_content_is_swapped_before_it_is_seen(stage: Stage) -> None:
    open_and_swap(stage)
    painted = stage.page.evaluate(
        """([text, href]) => new Promise(done => {
            const late = document.createElement("div");
            late.innerHTML = `<a href="${href}">${text}</a>`;
            document.body.append(late);
            requestAnimationFrame(() => done(late.innerHTML));
        })""",
        [OWN, f"tel:{OWN_E164}"],
    )
    assert painted == f'<a href="tel:{FIRST.e164}">{LENT}</a>'


@pytest.mark.parametrize(
    "change",
    [
        f"document.querySelector('#n').firstChild.data = 'now: {OWN}'",
        f"document.querySelector('#n').textContent = 'now: {OWN}'",
    ],
)
def test_a_text_that_changes_is_swapped_again(stage: Stage, change: str) -> None:
    open_and_swap(stage)
    stage.page.evaluate(change)
    expect(stage.page.locator("#n")).to_have_text(f"now: {LENT}")


def test_a_link_that_changes_is_swapped_again(stage: Stage) -> None:
    open_and_swap(stage, f'{NUMBER}<a href="#">call</a>')
    stage.page.evaluate(f"document.querySelector('a').href = 'tel:{OWN_E164}'")
    expect(stage.page.locator("a")).to_have_attribute("href", f"tel:{FIRST.e164}")


def test_a_page_that_writes_its_number_back_is_not_fought(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate(
        """own => {
            const n = document.querySelector("#n");
            window.writes = 0;
            new MutationObserver(() => {
                if (n.textContent !== own) { window.writes++; n.textContent = own; }
            }).observe(n, {childList: true, subtree: true, characterData: true});
            n.textContent = own + " ";
        }""",
        OWN,
    )
    stage.page.wait_for_timeout(1000)
    assert 2 <= stage.page.evaluate("window.writes") < 20


def test_a_busy_page_costs_no_rewrites_of_what_was_swapped(stage: Stage) -> None:
    open_and_swap(stage)
    rewritten = stage.page.evaluate(
        """() => new Promise(done => {
            let seen = 0;
            new MutationObserver(records => seen += records.length)
                .observe(document.querySelector("#n"), {subtree: true, characterData: true});
            for (let i = 0; i < 50; i++) document.body.append(document.createElement("p"));
            setTimeout(() => done(seen), 50);
        })"""
    )
    assert rewritten == 0


@pytest.mark.parametrize("move", ["pushState", "replaceState"])
def test_a_history_change_is_a_page_view(stage: Stage, move: str) -> None:
    open_and_swap(stage)
    stage.page.evaluate(f"history.{move}({{}}, '', '/bahamas?x=1'); document.title = 'Bahamas'")
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    page = stage.api.announced[1]["page"]
    assert page == {
        "url": f"{stage.site}/bahamas?x=1",
        "referrer": f"{stage.site}/",
        "title": "Bahamas",
    }


def test_a_history_change_counts_before_anything_moves_on_the_page(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.wait_for_timeout(400)  # whatever the swap itself set off is over
    stage.page.evaluate("history.pushState({}, '', '/bahamas')")
    stage.api.wait(lambda: len(stage.api.announced) == 2)


def test_without_the_navigation_api_the_page_tells_that_it_moved(stage: Stage) -> None:
    stage.page.add_init_script("Object.defineProperty(window, 'navigation', {value: undefined})")
    open_and_swap(stage)
    stage.page.wait_for_timeout(400)
    stage.page.evaluate("history.pushState({}, '', '/bahamas'); document.body.append('Bahamas')")
    stage.api.wait(lambda: len(stage.api.announced) == 2)


def test_going_back_in_an_application_is_a_page_view(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate("location.hash = '#/bahamas'")
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    stage.page.evaluate("history.back()")
    stage.api.wait(lambda: len(stage.api.announced) == 3)
    urls = [told["page"]["url"].removeprefix(stage.site) for told in stage.api.announced]
    assert urls == ["/", "/#/bahamas", "/"]


def test_an_anchor_or_the_same_address_again_is_no_page_view(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate("location.hash = 'prices'; history.pushState({}, '', '/#reviews')")
    stage.page.wait_for_timeout(500)
    assert len(stage.api.announced) == 1


def test_another_number_replaces_the_first_one(stage: Stage) -> None:
    open_and_swap(stage, f'{NUMBER}<a href="tel:{OWN_E164}">call</a>')
    stage.api.numbers = [number_for("main", SECOND)]
    stage.page.evaluate("history.pushState({}, '', '/?utm_campaign=other')")
    expect(stage.page.locator("#n")).to_have_text(SECOND.national)
    assert stage.page.get_attribute("a", "href") == f"tel:{SECOND.e164}"


def test_a_number_that_is_no_longer_lent_gives_way_to_the_pages_own(stage: Stage) -> None:
    open_and_swap(stage)
    stage.api.numbers = [number_for("main", FIRST, assignment="default")]
    stage.page.evaluate("history.pushState({}, '', '/other')")
    expect(stage.page.locator("#n")).to_have_text(OWN)


def test_a_pool_that_appears_late_is_asked_for(stage: Stage) -> None:
    stage.api.numbers.append(number_for("sales", SALES, replaces=[]))
    open_and_swap(stage)
    stage.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<b data-callweave=sales>0800 123 4567</b>')"
    )
    expect(stage.page.locator("b")).to_have_text(SALES.national)
    assert [told["numbers_wanted"] for told in stage.api.announced] == [["main"], ["main", "sales"]]


def test_an_unknown_pool_is_asked_for_once(stage: Stage) -> None:
    open_and_swap(stage, f"{NUMBER}<b data-callweave=nobody>0800 123 4567</b>")
    stage.page.wait_for_timeout(800)
    assert len(stage.api.announced) <= 2
    assert stage.text("b") == "0800 123 4567"


def test_loaded_twice_it_works_once(stage: Stage) -> None:
    stage.open(NUMBER, head=stage.script() * 2)
    stage.await_change("#n")
    again = f"s.src = '{stage.snippet}?2'; s.dataset.site = 'st_one'"
    stage.page.evaluate(
        "() => new Promise(done => { const s = document.createElement('script');"
        f"{again}; s.onload = done; document.head.append(s) }})"
    )
    stage.page.wait_for_timeout(50)
    assert (stage.text(), len(stage.api.announced)) == (LENT, 1)


@pytest.mark.parametrize("how", ["first", "last", "inserted"])
def test_wherever_the_script_stands_it_works(stage: Stage, how: str) -> None:
    blocking = stage.script().replace("async ", "")
    inserted = (
        "<script>const s = document.createElement('script');"
        f"s.src = '{stage.snippet}'; s.dataset.site = 'st_one'; document.head.append(s)</script>"
    )
    head, after = {"first": (blocking, ""), "last": ("", blocking), "inserted": (inserted, "")}[how]
    stage.open(f"{NUMBER}{after}", head=head)
    stage.await_change("#n")
    assert stage.text() == LENT


def test_without_a_site_it_does_nothing(stage: Stage) -> None:
    stage.open(NUMBER, head=f'<script src="{stage.snippet}"></script>')
    stage.page.wait_for_timeout(100)
    assert (stage.text(), stage.api.asked) == (OWN, [])


def test_a_page_restored_from_the_cache_is_announced(stage: Stage) -> None:
    open_and_swap(stage)
    stage.page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));"
        "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
    )
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    assert stage.api.announced[1]["visit"] == "vs_1.seal"


def test_a_page_that_nobody_sees_takes_no_number_until_it_is_shown(stage: Stage) -> None:
    stage.page.add_init_script(
        "let shown = false; window.show = () => { shown = true;"
        " document.dispatchEvent(new Event('visibilitychange', {bubbles: true})) };"
        "Object.defineProperty(document, 'hidden', {get: () => !shown})"
    )
    stage.open(NUMBER)
    stage.page.wait_for_timeout(100)
    assert stage.api.asked == []
    stage.page.evaluate("show()")
    stage.await_change("#n")


PRERENDERING = """<script type="speculationrules">
    {"prerender": [{"urls": ["/next"], "eagerness": "immediate"}]}
</script>
<script>
    // the prerendered page has run for a while: only now does somebody go there
    addEventListener("storage", () =>
        fetch("SERVICE/ran", {method: "POST", body: "{}"}).then(() => location.href = "/next"));
</script>"""
PRERENDERED = """<script>
    document.title = document.prerendering ? "prerendered" : "loaded";
    addEventListener("load", () => setTimeout(() => localStorage.ran = 1, 500));
</script>"""


def test_a_prerendered_page_takes_no_number_before_it_is_shown(
    stage: Stage, tmp_path: Path
) -> None:
    """In a browser that nobody steers: one that is steered does not prerender."""
    service = stage.snippet.removesuffix("/callweave.js")
    stage.publish(NUMBER, path="/next", head=PRERENDERED + stage.script())
    stage.publish(NUMBER + PRERENDERING.replace("SERVICE", service))
    options = ["--headless=new", *ARGUMENTS, f"--user-data-dir={tmp_path}"]
    with subprocess.Popen(
        [str(find_chromium()), *options, stage.site], stderr=subprocess.DEVNULL
    ) as alone:
        try:
            stage.api.wait(lambda: len(stage.api.announced) == 2)
        finally:
            alone.terminate()
    told = [(asked.path, asked.body.get("page", {}).get("title")) for asked in stage.api.asked]
    of_visits = [pair for pair in told if "events" not in pair[0]]
    assert of_visits == [("/v1/visits", "Shop"), ("/ran", None), ("/v1/visits", "prerendered")]


SALES_MARK = '<b data-callweave="sales">0800 123 4567</b>'


def wanted(stage: Stage) -> list[list[str]]:
    return [told["numbers_wanted"] for told in stage.api.announced]


def test_pools_that_came_before_consent_are_asked_for_at_once(stage: Stage) -> None:
    stage.api.numbers.append(number_for("sales", SALES, replaces=[]))
    stage.open(NUMBER + SALES_MARK, attributes='data-consent="required"')
    stage.page.evaluate("callweave.consent('granted')")
    expect(stage.page.locator("b")).to_have_text(SALES.national)
    assert wanted(stage) == [["main", "sales"]]


def test_a_pool_that_is_gone_before_consent_is_not_asked_for(stage: Stage) -> None:
    stage.api.numbers.append(number_for("sales", SALES, replaces=[]))
    skeleton = '<div id="late"><i data-callweave="old">0800 000 0000</i></div>'
    stage.open(NUMBER + skeleton, attributes='data-consent="required"')
    stage.page.evaluate("html => document.querySelector('#late').innerHTML = html", SALES_MARK)
    stage.page.evaluate("callweave.consent('granted')")
    expect(stage.page.locator("b")).to_have_text(SALES.national)
    assert wanted(stage) == [["main", "sales"]]


def test_a_pool_that_comes_after_a_failed_answer_brings_all_numbers(stage: Stage) -> None:
    stage.api.status = 500
    stage.api.numbers.append(number_for("sales", SALES, replaces=[]))
    stage.open(NUMBER)
    stage.api.wait(lambda: stage.api.announced)
    stage.page.wait_for_timeout(100)
    stage.api.status = None
    stage.page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", SALES_MARK)
    stage.await_shown({"b": SALES.national, "#n": LENT})
    assert wanted(stage) == [["main"], ["main", "sales"]]


def test_marks_within_what_is_left_alone_ask_for_nothing(stage: Stage) -> None:
    stage.api.numbers.append(number_for("sales", SALES, replaces=[]))
    marks = "".join(f'<i data-callweave="p{nth}">0800 000 0000</i>' for nth in range(10))
    ignored = f"<div data-callweave-ignore>{marks}</div>"
    stage.open(NUMBER + ignored + stage.script().replace("async ", ""), head="")
    stage.await_change("#n")
    stage.page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", SALES_MARK)
    expect(stage.page.locator("b")).to_have_text(SALES.national)
    assert wanted(stage) == [["main"], ["main", "sales"]]


@pytest.mark.parametrize("part", ["font", "mark", "sup", "sub", "bdi"])
def test_a_number_is_found_across_parts_that_only_look_different(stage: Stage, part: str) -> None:
    open_and_swap(
        stage, f"{NUMBER}<p id='split'><{part}>020</{part}> 7946 <{part}>0000</{part}></p>"
    )
    expect(stage.page.locator("#split")).to_have_text(LENT)


def test_a_copy_that_the_page_makes_of_a_swapped_part_is_put_back_as_well(stage: Stage) -> None:
    """As sliders do, with what they show."""
    open_and_swap(stage, f'<div class="slide">{NUMBER}<a href="tel:{OWN_E164}">call</a></div>')
    stage.page.evaluate("document.body.append(document.querySelector('.slide').cloneNode(true))")
    stage.api.numbers = [number_for("main", SECOND)]
    stage.page.evaluate("history.pushState({}, '', '/second')")
    copy = stage.page.locator(".slide >> nth=1")
    expect(copy.locator("p")).to_have_text(SECOND.national)
    stage.page.evaluate("callweave.consent('denied')")
    expect(copy.locator("p")).to_have_text(OWN)
    expect(copy.locator("a")).to_have_attribute("href", f"tel:{OWN_E164}")


def test_a_copy_of_a_number_that_is_split_is_put_back_as_well(stage: Stage) -> None:
    split = "<p class='split'><b>020</b> 7946 <i>0000</i></p>"
    open_and_swap(stage, f"{NUMBER}{split}")
    stage.page.evaluate("document.body.append(document.querySelector('.split').cloneNode(true))")
    stage.page.evaluate("callweave.consent('denied')")
    expect(stage.page.locator(".split >> nth=1")).to_have_text(OWN)


def test_a_part_that_is_no_component_makes_no_noise(stage: Stage) -> None:
    stage.open(f'{NUMBER}<button is="x-b">go</button>', head=stage.full_script(""))
    stage.await_change("#n")
    assert stage.noise == []


def test_a_component_that_comes_to_life_later_is_followed_by_the_fuller_file(stage: Stage) -> None:
    stage.open(f"{NUMBER}<late-card></late-card>", head=stage.full_script(""))
    stage.await_change("#n")
    stage.page.evaluate(
        """text => customElements.define("late-card", class extends HTMLElement {
            connectedCallback() {
                this.attachShadow({ mode: "open" }).innerHTML = `<p id="inner">${text}</p>`;
            }
        })""",
        OWN,
    )
    expect(stage.page.locator("late-card #inner")).to_have_text(LENT)


def test_a_browser_that_cannot_time_a_request_out_still_shows_the_number(stage: Stage) -> None:
    stage.page.add_init_script("delete AbortSignal.timeout")
    open_and_swap(stage)

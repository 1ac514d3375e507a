"""Pages as other people's systems write them: what gives way, and what stays."""

import json

import pytest
from playwright.sync_api import expect

from snippet_stage import FIRST, OWN, OWN_E164, Stage

pytestmark = pytest.mark.browser

LENT = FIRST.national
ABROAD = FIRST.international
DIAL = f"tel:{FIRST.e164}"

SHAPES = {
    "wordpress": {
        "title": f"Harbour Dental | {OWN}",
        ".contact-info a": LENT,
        ".contact-info a@href": DIAL,
        "#mobile-contact a": LENT,
        "#menu-item-21 a": "Call us",
        "#menu-item-21 a@href": DIAL,
        ".entry-content > p": "Rung by half of the street since 1998. Ring (020) 7946-0101, "
        "order 99020794600001 in hand.",
        ".wp-block-button a@href": DIAL,
        ".wp-block-button a@title": f"Ring {LENT}",
        "input@value": OWN,
        "input@placeholder": OWN,
        "textarea": f"Please ring {OWN}",
        ".textwidget p": f"T: 020.7946.0101 | F: {OWN} Out of hours 020 7946 0999",
    },
    "streamed": {
        "header .btn": ABROAD,
        "header .btn@href": DIAL,
        "header .btn@aria-label": f"Call {ABROAD}",
        "main .lessons a": LENT,
        "main .lessons a@href": DIAL,
        "footer": f"Ring {LENT} any day",
    },
    "shop": {
        ".announcement-bar p": f"Free delivery. Questions? {LENT}",
        ".announcement-bar@aria-label": f"Announcement: {LENT}",
        ".list-menu__item": ABROAD,
        ".list-menu__item@href": f"callto:{FIRST.e164}",
        "product-info@data-product-id": "2079460000",
        ".product__sku": "SKU: 12079460000-BL",
        ".product__text": f"Ask us: {LENT}",
        ".product__text b": "020",
        "option": f"Call {OWN}",
    },
    "amp": {
        ".call": LENT,
        ".call@href": DIAL,
        "amp-call-tracking@config": "https://calls.example/amp.json?own=%2B442079460000",
        "section a": LENT,
        "section a@on": "tap:AMP.setState({n: '02079460000'})",
        "amp-state script": '{"phone":"020 7946 0000"}',
        "amp-img@alt": f"Our door, {LENT}",
    },
    "image": {
        "a@href": DIAL,
        "img@alt": f"Call {LENT}",
        "img@title": "020-7946-0101",
        "td b": LENT,
        "area@href": DIAL,
        "area@alt": f"Ring {ABROAD}",
        "svg@aria-label": f"Ring {LENT}",
        "svg text": LENT,
    },
    "rtl": {
        ".call": ABROAD,
        ".call@href": DIAL,
        ".call@aria-label": f"اتصل بنا على \u200e{ABROAD}",
        ".lead": f"للحجز اتصل على الرقم \u200e{LENT}\u200e يوميًا من 9 إلى 17.",
        ".other span": "020 7946 0999",
        ".marks span": "\u202a(020) 7946\u20110101\u202c",
    },
    "strict": {
        "dd": f"{LENT}020 7946 0999",
        ".account": "1020 7946 0000",
        "li": f"24{LENT}",
        ".govuk-link@href": DIAL,
    },
    "components": {
        "contact-card >>> a": LENT,
        "contact-card >>> a@href": DIAL,
        "fjord-shell >>> header": f"Ring or {LENT}",
        "fjord-shell span": LENT,
        "#widget >>> a": LENT,
        "#widget >>> a@href": DIAL,
    },
    "builder": {
        "h2": ABROAD,
        "h2 a@href": DIAL,
        ".hero-phone": LENT,
        ".hero-phone span:last-child": "1",
        ".elementor-icon-list-text": LENT,
        "li:nth-child(2)": "0207946 0000",
        ".table": "020 7946 0001",
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_number_of_a_page_gives_way_and_all_else_stays(stage: Stage, shape: str) -> None:
    stage.open_shape(shape)
    stage.await_shown(SHAPES[shape])


def test_data_for_scripts_and_search_engines_stays(stage: Stage) -> None:
    stage.open_shape("wordpress")
    stage.await_shown({".contact-info a": LENT})
    assert f'"telephone":"{OWN}"' in stage.page.locator(".yoast-schema-graph").inner_text()


def test_an_application_that_keeps_its_text_nodes_goes_on_writing_them(stage: Stage) -> None:
    stage.open_shape("react")
    stage.await_shown({".lead": f"Call {LENT} (0 visits)", ".cta@href": DIAL})
    stage.page.evaluate("tick(3)")
    stage.await_shown({".lead": f"Call {LENT} (3 visits)"})
    stage.page.evaluate("go('/quote')")
    stage.await_shown({".tel": "020-7946-0101"})
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    stage.page.go_back()
    stage.await_shown({".lead": f"Call {LENT} (0 visits)"})


def test_a_section_that_a_shop_renders_again_is_swapped_again(stage: Stage) -> None:
    stage.open_shape("shop")
    stage.await_shown({".announcement-bar p": f"Free delivery. Questions? {LENT}"})
    stage.page.evaluate("rerender()")
    stage.await_shown({".announcement-bar p": f"Sale! Ring {LENT}"})


def test_a_page_full_of_errors_gets_its_number_and_no_error_of_ours(stage: Stage) -> None:
    stage.open_shape("broken")
    stage.await_shown({"#tel b": "02079460101", "a@href": DIAL, "form p": f"Quote line: {LENT}"})
    assert stage.page.locator("body").inner_text().count(OWN) == 0
    assert stage.page.locator("input[name=title]").input_value() == OWN
    theirs = ("Unexpected end", "jQuery", "nosuch", "missing")
    assert [noise for noise in stage.noise if not any(name in noise for name in theirs)] == []
    stage.noise.clear()


def test_a_tag_managers_page_waits_for_the_banner(stage: Stage) -> None:
    stage.open_shape("tagmanager")
    stage.page.wait_for_function(
        "window.callweave && document.querySelector('#ticker').innerText > 9"
    )
    assert (stage.text(".ph"), stage.api.asked) == (OWN, [])
    stage.page.click("#accept")
    expect(stage.page.locator(".ph")).to_have_text(LENT)
    stage.page.evaluate("choose('denied')")
    expect(stage.page.locator(".ph")).to_have_text(OWN)
    assert stage.page.evaluate("document.cookie + JSON.stringify(localStorage)") == "{}"


@pytest.mark.parametrize("link", ["contact-card a", "#widget >> internal:control=enter-frame >> a"])
def test_a_tap_inside_a_component_or_a_frame_is_reported(stage: Stage, link: str) -> None:
    """One tap a page: while the browser looks for a telephone, it may swallow a second one."""
    stage.open_shape("components")
    stage.await_shown(SHAPES["components"])
    stage.page.click(link)
    stage.api.wait(lambda: stage.api.events("tel_click"))
    assert [event["number"] for event in stage.api.events("tel_click")] == [FIRST.e164]


def test_late_content_of_a_component_and_of_a_frame_is_swapped(stage: Stage) -> None:
    stage.open_shape("components")
    stage.await_shown(SHAPES["components"])
    stage.page.evaluate(
        """html => {
            document.querySelector("contact-card").shadowRoot.innerHTML = html;
            document.querySelector("#widget").contentDocument.body.innerHTML = html;
        }""",
        f"<a href='tel:{OWN_E164}'>Now {OWN}</a>",
    )
    stage.await_shown({"contact-card >>> a": f"Now {LENT}", "#widget >>> a": f"Now {LENT}"})


def test_a_component_and_a_frame_that_come_late_and_large_are_swapped_whole(stage: Stage) -> None:
    """More than one batch takes: what is left of it waits its turn, and gets it."""
    stage.open_shape("components")
    stage.await_shown(SHAPES["components"])
    stage.page.evaluate(
        """html => {
            const card = document.createElement("div"), frame = document.createElement("iframe");
            card.attachShadow({ mode: "open" }).innerHTML = frame.srcdoc = html;
            card.id = "late-card";
            frame.id = "late-frame";
            document.body.append(card, frame);
        }""",
        "".join(f"<div><p class='n{nth}'>{nth}: {OWN}</p></div>" for nth in range(400)),
    )
    read = """() => [document.querySelector("#late-card").shadowRoot,
        document.querySelector("#late-frame").contentDocument]
        .map(root => [...root.querySelectorAll("p")].map(each => each.textContent))"""
    whole = [f"{nth}: {LENT}" for nth in range(400)]
    stage.page.wait_for_function(
        f"wanted => JSON.stringify(({read})()) === wanted",
        arg=json.dumps([whole, whole], separators=(",", ":"), ensure_ascii=False),
    )

"""Which numbers of a page give way, and how the lent one is written."""

from collections.abc import Iterable

import pytest

from snippet_stage import FIRST, OWN, OWN_E164, SALES, SECOND, Offered, Stage, number_for

pytestmark = pytest.mark.browser

SENTINEL = "020 7946 0099"


def shown(stage: Stage, pieces: Iterable[str]) -> list[str]:
    """The HTML of each piece, once the page's last number was swapped."""
    main = stage.api.numbers[0]
    main["replaces"] = [*main["replaces"], "02079460099"]
    body = "".join(f"<div>{piece}</div>" for piece in pieces)
    # deferred, so that one announcement asks for all pools
    script = stage.script().replace("async", "defer")
    stage.open(f"<main>{body}</main><p id='done'>{SENTINEL}</p>", head=script)
    stage.await_change("#done", SENTINEL)
    html: list[str] = stage.page.locator("main > div").evaluate_all(
        "all => all.map(one => one.innerHTML)"
    )
    return html


WRITTEN = {
    "020 7946 0000": "020 7946 0101",
    "02079460000": "02079460101",
    "020-7946-0000": "020-7946-0101",
    "020.7946.0000": "020.7946.0101",
    "020&nbsp;7946&nbsp;0000": "020&nbsp;7946&nbsp;0101",
    "020\u20117946\u20110000": "020\u20117946\u20110101",
    "(020) 7946-0000": "(020) 7946-0101",
    "(020) 7946 0000.": "(020) 7946 0101.",
    "0207 946 0000": "020 7946 0101",
    "+44 20 7946 0000": "+44 20 7946 0101",
    "+442079460000": "+442079460101",
    "+44 (0)20 7946 0000": "+44 20 7946 0101",
    "+44 (0) 20 7946 0000": "+44 20 7946 0101",
    "(+44) 20 7946 0000": "(+44) 20 7946 0101",
    "0044 20 7946 0000": "+44 20 7946 0101",
    "00442079460000": "+442079460101",
    "44 20 7946 0000": "44 20 7946 0101",
    "Call 020 7946 0000, 9-17 h": "Call 020 7946 0101, 9-17 h",
    "Tel:020 7946 0000/020 7946 0000": "Tel:020 7946 0101/020 7946 0101",
    "in 2024 020 7946 0000 24 hours": "in 2024 020 7946 0101 24 hours",
    "020\n            7946 0000": "020\n            7946 0101",
}


def test_a_listed_number_is_swapped_however_it_is_written(stage: Stage) -> None:
    assert shown(stage, WRITTEN) == list(WRITTEN.values())


def test_part_of_another_number_is_left_alone(stage: Stage) -> None:
    pieces = [
        "020 7946 00001",
        "1020 7946 0000",
        "1-020 7946 0000",
        "020 7946 0000-17",
        "020 7946 0001",
        "+33 20 7946 0001",
        "020 7946, 0000",
        "Order 99020794600001",
        "442079460000442079460000",
    ]
    assert shown(stage, pieces) == pieces


def test_the_pages_punctuation_is_kept_where_the_area_codes_differ_in_length(stage: Stage) -> None:
    stage.api.numbers = [number_for("main", SALES)]
    pieces = {
        "020 7946 0000": "0161 496 0155",
        "(020) 7946 0000": "(0161) 496 0155",
        "(020) 7946-0000": "(0161) 496-0155",
        "020.7946.0000": "0161.496.0155",
        "020&nbsp;7946&nbsp;0000": "0161&nbsp;496&nbsp;0155",
        "(020 7946 0000)": "(0161 496 0155)",
        "+44-20-7946-0000": "+44-161-496-0155",
        "0044 20 7946 0000": "+44 161 496 0155",
        "<b>020</b> 7946 <i>0000</i>": "<b>0161</b> 496 <i>0155</i>",
        "<b>0</b><b>2</b><b>0</b> 7946 0000": "<b>0</b><b>1</b><b>61</b> 496 0155",
        "02079460000": "01614960155",
    }
    assert shown(stage, pieces) == list(pieces.values())


@pytest.mark.parametrize("lent", [SALES, FIRST])
def test_what_resembles_a_part_of_what_was_written_is_left_alone(
    stage: Stage, lent: Offered
) -> None:
    """Other numbers, and texts that are as empty as a part of ours."""
    stage.api.numbers = [number_for("main", lent)]
    pieces = [
        '<img alt=""><button title="">go</button>',
        "<b>0161</b> <i>555</i> <u>1234</u>",
        "<b>0113</b> <i>496</i> <u>0999</u>",
        "Ref 12345 <u>0155</u>",
    ]
    ours = ["<span>020</span> <span>79460000</span>", "<b>020</b> <i>7946</i> <u>0000</u>"]
    assert shown(stage, [*ours, *pieces])[2:] == pieces
    stage.page.evaluate("history.pushState({}, '', '/second')")
    stage.api.wait(lambda: len(stage.api.announced) == 2)
    stage.page.wait_for_timeout(200)
    html = stage.page.locator("main > div").evaluate_all("all => all.map(one => one.innerHTML)")
    assert html[2:] == pieces


def test_a_zero_that_is_dialled_at_home_only_does_not_change_its_place(stage: Stage) -> None:
    stage.api.numbers = [number_for("main", SALES)]
    pieces = ["+44 (0)20 79460000", "+44 (0) 20 79460000", "+44 (0)207 946 0000"]
    assert shown(stage, pieces) == ["+44 161 496 0155"] * len(pieces)


def test_a_number_of_another_grouping_is_written_its_own_way(stage: Stage) -> None:
    stage.api.numbers = [number_for("main", SALES)]
    pieces = {
        "020 79460000": "0161 496 0155",
        "(020) 79460000": "0161 496 0155",
        "(020 79460000)": "(0161 496 0155)",
        "[020] 7946 0000": "[0161] 496 0155",
        "+44 (0)20 7946 0000": "+44 161 496 0155",
        "<b>020</b> 79460000": "<b>0161 496 0155</b>",
    }
    assert shown(stage, pieces) == list(pieces.values())


def test_american_numbers_are_swapped(stage: Stage) -> None:
    number = number_for("main", FIRST, e164="+12025550177", national="(202) 555-0177")
    number["international"] = "+1 202-555-0177"
    stage.api.numbers = [{**number, "replaces": ["+12025550100", "2025550100"]}]
    pieces = {
        "(202) 555-0100": "(202) 555-0177",
        "202.555.0100": "202.555.0177",
        "1-202-555-0100": "1-202-555-0177",
        "+1 202-555-0100": "+1 202-555-0177",
        "011 1 202 555 0100": "+1 202 555 0177",
    }
    assert shown(stage, pieces) == list(pieces.values())


def test_what_is_not_ours_to_change_stays(stage: Stage) -> None:
    pieces = [
        f'<span data-callweave-ignore=""><b>{OWN}</b></span>',
        f"<script>var text = '{OWN}';</script>",
        f"<style>p:after {{ content: '{OWN}' }}</style>",
        f"<textarea>{OWN}</textarea>",
        f'<input value="{OWN}">',
        f"<select><option>{OWN}</option></select>",
        f'<div contenteditable="true">My number: {OWN}</div>',
        f'<a data-callweave-ignore="" href="tel:{OWN_E164}">fax</a>',
        f'<a href="https://wa.example/{OWN_E164}">chat</a>',
        '<a href="tel:999">999</a>',
        '<a href="tel:%zz123456">a broken link</a>',
        f"<!-- {OWN} -->",
    ]
    assert shown(stage, pieces) == pieces


def test_a_link_dials_the_lent_number(stage: Stage) -> None:
    links = {
        "tel:+442079460000": "tel:+442079460101",
        "TEL:02079460000": "TEL:+442079460101",
        "tel:020-7946-0000": "tel:+442079460101",
        "tel:+44(0)2079460000": "tel:+442079460101",
        "tel:%2B44%2020%207946%200000": "tel:+442079460101",
        "tel:+442079460000;ext=12": "tel:+442079460101;ext=12",
        " tel:020%C2%A07946%C2%A00000": " tel:+442079460101",
    }
    pieces = [f'<a href="{own}">Call us</a>' for own in links]
    assert shown(stage, pieces) == [f'<a href="{lent}">Call us</a>' for lent in links.values()]


def marked(pool: str, text: str) -> str:
    return f'<b data-callweave="{pool}">{text}</b>'


def test_a_marked_element_shows_its_pools_number(stage: Stage) -> None:
    stage.api.numbers.append(number_for("sales", SALES, replaces=[]))
    pieces = {
        marked("sales", "0800 123 4567"): marked("sales", "0161 496 0155"),
        marked("sales", "Ring 020 7946 0000!"): marked("sales", "Ring 0161 496 0155!"),
        marked("sales", "+44 800 123 4567"): marked("sales", "+44 161 496 0155"),
        marked("sales", "<i>08001234567</i>"): marked("sales", "<i>01614960155</i>"),
        marked("sales", "Call us"): marked("sales", "Call us"),
        marked("", "0800 123 4567"): marked("", "020 7946 0101"),
        marked("unknown", "020 7946 0000"): marked("unknown", "020 7946 0000"),
    }
    assert shown(stage, pieces) == list(pieces.values())


def test_a_marked_link_dials_what_it_shows(stage: Stage) -> None:
    stage.api.numbers.append(number_for("sales", SALES, replaces=[]))
    shapes = [
        '<a data-callweave="sales" href="tel:{}">{}</a>',
        '<a href="tel:{}"><b data-callweave="sales">{}</b></a>',
        '<p data-callweave="sales"><a href="tel:{}">{}</a></p>',
    ]
    pieces = [shape.format("08001234567", "0800 123 4567") for shape in shapes]
    lent = [shape.format("+441614960155", "0161 496 0155") for shape in shapes]
    assert shown(stage, pieces) == lent


def test_pools_with_numbers_of_their_own_do_not_mix(stage: Stage) -> None:
    listed = ["+448001234567", "08001234567", FIRST.e164]
    stage.api.numbers.append(number_for("sales", SECOND, replaces=listed))
    pieces = [f"{OWN} or 0800 123 4567", marked("sales", OWN)]
    assert shown(stage, pieces) == [
        "020 7946 0101 or 020 7946 0102",
        marked("sales", "020 7946 0102"),
    ]


def test_a_default_number_swaps_nothing(stage: Stage) -> None:
    sales = number_for("sales", SALES, replaces=[], assignment="default")
    stage.api.numbers.append({**sales, "replaces": ["08001234567"]})
    pieces = ["0800 123 4567", marked("sales", OWN)]
    assert shown(stage, pieces) == pieces


def test_a_listed_number_without_digits_is_nobodys(stage: Stage) -> None:
    stage.api.numbers = [number_for("main", FIRST, replaces=["", "+", "-", "12"])]
    assert shown(stage, ["a - 12 + b"]) == ["a - 12 + b"]


COMPONENT = """<script>
customElements.define("x-card", class extends HTMLElement {
    connectedCallback() { this.attachShadow({ mode: "open" }).innerHTML = this.dataset.html; }
});
</script>"""


def test_what_is_within_an_ignored_part_stays_and_is_not_asked_for(stage: Stage) -> None:
    inner = f"<i data-callweave='vip'>{OWN}</i>"
    card = f'<x-card data-html="{inner}"></x-card>'
    frame = f'<iframe srcdoc="{inner}"></iframe>'
    stage.open(f"<p id='n'>{OWN}</p><div data-callweave-ignore>{card}{frame}</div>{COMPONENT}")
    stage.await_change("#n")
    read = """() => [document.querySelector("x-card").shadowRoot.textContent,
        document.querySelector("iframe").contentDocument.body.textContent]"""
    assert stage.page.evaluate(read) == [OWN, OWN]
    assert [told["numbers_wanted"] for told in stage.api.announced] == [["main"]]


def test_a_mark_around_a_component_counts_for_its_lines(stage: Stage) -> None:
    stage.api.numbers = [number_for("main", FIRST), number_for("sales", SALES)]
    card = f'<x-card data-html="<span>{OWN}</span>"></x-card>'
    stage.open(f"<p id='n'>{OWN}</p><div data-callweave='sales'>{card}</div>{COMPONENT}")
    stage.await_change("#n")
    stage.await_shown({"x-card >>> span": SALES.national})

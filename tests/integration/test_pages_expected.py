"""The page of numbers, told what somebody expects: the answer of `callweave numbers plan`."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from callweave.cli import main
from callweave.storage.accounts import Site
from callweave.storage.numbers import Pool
from pages_stage import Stage, pages_stage
from pool_traffic import lent, weeks_of_visits
from shops import NOON, open_shop, shop

RUSH = ",".join(["1"] * 8 + ["80"] + ["1"] * 15)
WEEK = ",".join(["2", "3.5"] * 84)
TYPED = {
    "visits": "7, many,\n9",
    "held": "<b>",
    "unit": "h",
    "share": "all",
    "price": "1,15",
    "currency": "USD",
}


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with pages_stage(database_url) as stage:
        yield stage


def site_without_a_pool(stage: Stage) -> Site:
    empty = replace(shop(), account="Nearshore", name="Nearshore", pools=())
    return open_shop(stage.database, empty, stage.mint)


def visited(stage: Stage) -> None:
    with stage.database.writing() as session:
        pool = session.scalars(select(Pool.id)).one()
        lent(session, stage.mint, pool, weeks_of_visits(NOON, 28, 0.5), [1800.0])


def expecting(visits: str, **more: str) -> str:
    return "/numbers?" + urlencode({"visits": visits, "held": "30", "unit": "min", **more})


def shown(stage: Stage, path: str) -> str:
    return stage.client.get(path).text


def told_of(page: str, name: str) -> str:
    """What is said to be wrong with a field, where the field itself says that it is."""
    field = re.search(rf'<(?:input|textarea)[^>]* name="{name}"[^>]*>', page)
    assert field
    assert 'aria-invalid="true"' in field[0]
    assert re.search(rf'aria-describedby="[^"]*\bwrong-expected-{name}"', field[0])
    said = re.search(rf'id="wrong-expected-{name}">([^<]*)<', page)
    return html.unescape(said[1]) if said else ""


def test_a_newcomer_without_a_pool_learns_how_many_numbers_it_takes(stage: Stage) -> None:
    stage.log_in(site=site_without_a_pool(stage))
    assert "How many numbers it will need, you can work out here." in stage.text("/numbers")
    page = stage.text(expecting("100", share="99", price="1.15", currency="usd"))
    assert "For 99 % of visitors 64 numbers" in page
    assert "They cost $73.60 A month, $1.15 each." in page
    assert "Shown to somebody else after 38 minutes At your busiest hour. Whoever calls" in page
    assert "100 an hour In every hour alike. A number is held for 30 minutes." in page
    assert "56 95.4 % $64.40" in page


@pytest.mark.parametrize(
    ("visits", "held", "unit", "share"),
    [
        ("5", "30", "min", "99"),
        (RUSH, "30", "min", "90"),
        (WEEK, "1.5", "h", "95.5"),
        ("20000", "45", "s", "99.99"),
    ],
)
def test_the_page_says_what_the_command_says(
    stage: Stage, visits: str, held: str, unit: str, share: str
) -> None:
    words = ("--visits-per-hour", visits, "--held", held + unit, "--share", share, "--json")
    told = json.loads(CliRunner().invoke(main, ["numbers", "plan", *words]).output)
    stage.log_in()
    page = stage.text(expecting(visits, held=held, unit=unit, share=share))
    assert f"For {share} % of visitors {told['numbers']:,} numbers" in page
    assert ("formula alone says" in page) == (told["numbers"] > told["numbers_by_formula"])
    for size in told["curve"]:
        assert re.search(rf"\b{size['numbers']:,} (for {share} % )?[0-9.]+ %", page)


def test_the_curve_is_a_picture_that_needs_no_script(stage: Stage) -> None:
    stage.log_in(site=site_without_a_pool(stage))
    assert "<polyline" not in shown(stage, "/numbers")
    page = shown(stage, expecting("100"))
    assert page.count("<polyline") == page.count('<rect class="chosen" x="3"') == 1


@pytest.mark.parametrize(
    ("visits", "understood"),
    [
        (RUSH, "103 a day Busiest from 8:00 to 9:00, with 80."),
        ("\r\n".join(["0"] * 48 + ["1234.5"] + ["0"] * 119), "Busiest on Wednesday from 0:00 to 1"),
        ("0.25", "0.25 an hour In every hour alike."),
    ],
)
def test_figures_are_told_as_they_were_read(stage: Stage, visits: str, understood: str) -> None:
    stage.log_in()
    assert understood in stage.text(expecting(visits))


def test_more_visits_than_a_page_can_play_are_answered_by_the_formula_and_that_is_told(
    stage: Stage,
) -> None:
    stage.log_in()
    many = stage.text(expecting(" ".join(["1250"] * 167) + " 1000"))
    assert "visits are not played here" in many
    assert "visits are not played here" not in stage.text(expecting(" ".join(["1000"] * 168)))


@pytest.mark.parametrize(
    ("name", "typed", "told"),
    [
        ("visits", "", "how many visits begin in an hour"),
        ("visits", "1, 2", "Here are 2."),
        ("visits", "-1", "0 to 20,000 an hour"),
        ("held", "", "a number alone, such as 30"),
        ("held", "30min", "a number alone, such as 30"),
        ("held", "\u0663", "a number alone, such as 30"),
        ("held", "0", "for some time"),
        ("held", "169", "at most a week"),
        ("share", "100", "from 1 to 99.99 per cent"),
        ("price", "1,15", "is not an amount in GBP"),
        ("currency", "EURO", "“EURO” is no currency"),
    ],
)
def test_what_is_typed_wrong_is_told_beside_it_and_nothing_else_is(
    stage: Stage, name: str, typed: str, told: str
) -> None:
    stage.log_in()
    good = {"visits": "1", "unit": "h", "share": "99", "price": "1.15", "currency": "GBP"}
    page = shown(stage, "/numbers?" + urlencode({**good, "held": "1", name: typed}))
    assert told in told_of(page, name)
    assert page.count('class="wrong"') == 1
    assert "Nothing was worked out yet." in page
    assert "What that takes" not in page


def test_a_unit_that_nobody_offered_is_not_taken(stage: Stage) -> None:
    stage.log_in()
    assert "A number is held for 2 minutes." in stage.text(expecting("1", held="2", unit="<b>"))


def test_what_is_too_much_together_is_told(stage: Stage) -> None:
    stage.log_in()
    page = shown(stage, expecting("20000", held="2", unit="h") + "&price=1")
    assert "What that takes" in page
    page = shown(stage, expecting("20000", held="20", unit="h"))
    assert "some 400,000 numbers at once" in told_of(page, "visits")


def test_nothing_that_was_typed_is_lost(stage: Stage) -> None:
    stage.log_in()
    page = shown(stage, "/numbers?" + urlencode(TYPED))
    assert ">7, many,\n9</textarea>" in page
    for name in ("held", "share", "price", "currency"):
        assert f'name="{name}" value="{html.escape(TYPED[name])}"' in page
    assert '<option value="h" selected>' in page
    assert "<b>" not in page


def test_what_is_wrong_with_expected_figures_changes_nothing_of_the_pools_own(
    stage: Stage,
) -> None:
    visited(stage)
    stage.log_in()
    page = stage.text("/numbers?" + urlencode(TYPED))
    assert "For 99 % 8 5 numbers more" in page
    assert page.count("Write a share from 1") == 1


def test_the_form_is_open_where_there_is_nothing_else_to_plan_from(stage: Stage) -> None:
    stage.log_in()
    is_open, is_closed = '<details class="card expected" open>', '<details class="card expected">'
    assert is_open in shown(stage, "/numbers")
    visited(stage)
    assert is_closed in shown(stage, "/numbers")
    assert is_open in shown(stage, expecting("1"))
    assert is_open in shown(stage, expecting(""))


def test_a_pool_that_is_looked_at_stays_so(stage: Stage) -> None:
    visited(stage)
    stage.log_in()
    with stage.database.reading() as session:
        pool = session.scalars(select(Pool.id)).one()
    hidden = f'<input type="hidden" name="pool" value="{pool}">'
    form = shown(stage, f"/numbers?pool={pool}").partition("</details>")[0]
    assert hidden in form
    assert f'name="site" value="{stage.site.id}"' in shown(stage, f"/numbers?site={stage.site.id}")


def test_a_price_is_in_the_sites_own_currency_unless_another_is_named(stage: Stage) -> None:
    stage.log_in(site=site_without_a_pool(stage))
    assert "They cost £7.00" in stage.text(expecting("5", price="1"))
    assert "They cost $7.00" in stage.text(expecting("5", price="1", currency="usd"))


def test_what_came_to_a_pool_can_be_begun_with(stage: Stage) -> None:
    visited(stage)
    stage.log_in()
    page = shown(stage, "/numbers?share=95")
    link = re.search(r'href="([^"]+)">Begin with what came to', page)
    assert link
    answer = stage.text(html.unescape(link[1]).partition("#")[0])
    own = re.search(r"For 95 % ([0-9]+) ", answer)
    assert own
    assert f"For 95 % of visitors {own[1]} numbers" in answer
    assert "A number is held for 30 minutes." in answer

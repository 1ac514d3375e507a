"""Six models side by side."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from callweave.domain.attribution import Model
from callweave.storage.outcomes import Credit
from databases import SqliteDatabases
from journeys import DIRECT, PAID_CLICK, Click
from pages_stage import Stage, pages_stage, without_markup
from shops import NOON

DAY = timedelta(days=1)


@pytest.fixture
def stage(sqlite: SqliteDatabases) -> Iterator[Stage]:
    with sqlite.migrated() as url, pages_stage(url) as stage:
        yield stage


@pytest.fixture
def on_both(database_url: str) -> Iterator[Stage]:
    with pages_stage(database_url) as stage:
        yield stage


def sale(stage: Stage, *clicks: Click, value: int = 149_900, currency: str = "GBP") -> None:
    with stage.telling() as teller:
        visitor = teller.visitor()
        visit = None
        for days, click in enumerate(reversed(clicks), start=1):
            made = teller.visit(visitor, NOON - days * DAY, click)
            visit = visit or made
        teller.outcome(teller.call(NOON, visit), value=value, currency=currency)


def rows(page: str) -> dict[str, list[str]]:
    found = {}
    for row in re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        texts = [without_markup(cell) for cell in cells]
        found[texts[0]] = texts[1:]
    return found


def test_models_stand_side_by_side_with_their_difference_from_the_last_touch(stage: Stage) -> None:
    sale(stage, PAID_CLICK, DIRECT)
    stage.log_in()
    table = rows(stage.client.get("/attribution").text)
    assert table["Channel"] == [model.display_name for model in Model]
    half = "£749.50 ▲ £749.50 0.50 calls 0.50 conversions"
    first, last, _, linear, *_ = table["Paid Search"]
    assert first == "£1,499.00 ▲ £1,499.00 1 call 1 conversion"
    assert (last, linear) == ("\N{EN DASH} 0 calls 0 conversions", half)
    assert table["Direct"][1] == "£1,499.00 1 call 1 conversion"
    assert set(table["All together"]) == {"£1,499.00 1 call 1 conversion"}


@pytest.mark.parametrize(
    ("measure", "cell"),
    [
        ("value", "£1,499.00 1 call 1 conversion"),
        ("conversions", "1 1 call £1,499.00"),
        ("calls", "1 1 conversion £1,499.00"),
    ],
)
def test_each_measure_can_lead(stage: Stage, measure: str, cell: str) -> None:
    sale(stage, PAID_CLICK)
    stage.log_in()
    table = rows(stage.client.get(f"/attribution?measure={measure}").text)
    assert set(table["Paid Search"]) == {cell}


def test_shown_parts_of_calls_add_up_to_the_shown_sum(stage: Stage) -> None:
    for _ in range(2):
        sale(stage, PAID_CLICK, DIRECT, Click(source="bing", term=None))
    stage.log_in()
    table = rows(stage.client.get("/attribution?by=source&measure=calls").text)
    linear = [Decimal(cells[3].split()[0]) for name, cells in table.items() if name in _SOURCES]
    assert sum(linear) == 2
    assert {str(part) for part in linear} == {"0.66", "0.67"}


_SOURCES = {"google", "bing", "(direct)"}


def test_what_no_touch_is_known_of_is_shown_and_comes_last(stage: Stage) -> None:
    sale(stage, PAID_CLICK, value=1)
    sale(stage, value=999_999)
    stage.log_in()
    names = list(rows(stage.client.get("/attribution").text))
    assert names[1:] == [
        "Paid Search",
        "No touch known Nobody knows which visitor called.",
        "All together",
    ]


def test_another_currency_stands_beside_and_is_not_added(stage: Stage) -> None:
    sale(stage, PAID_CLICK, value=100)
    sale(stage, PAID_CLICK, value=90, currency="EUR")
    stage.log_in()
    page = stage.client.get("/attribution").text
    assert rows(page)["All together"][0] == "£1.00 €0.90 2 calls 2 conversions"
    assert "Bars, differences and order go by GBP" in page


def test_calls_that_have_no_share_yet_are_mentioned(stage: Stage) -> None:
    sale(stage, PAID_CLICK)
    with stage.telling() as teller:
        call = teller.call()
        teller.session.query(Credit).filter_by(call_id=call.id).delete()
    stage.log_in()
    assert "1 of 2 calls in this time have no share yet" in stage.text("/attribution")


def test_a_hundred_rows_are_shown_and_the_rest_is_one(stage: Stage) -> None:
    for nth in range(103):
        sale(stage, Click(campaign=f"c{nth:03}"), value=1)
    stage.log_in()
    table = rows(stage.client.get("/attribution?by=campaign").text)
    assert table["3 more"][0] == "£0.03 3 calls 3 conversions"
    assert table["All together"][0] == "£1.03 103 calls 103 conversions"


def test_an_account_without_calls_is_told_so(stage: Stage) -> None:
    stage.log_in()
    assert "No call came in during this time." in stage.text("/attribution")


@pytest.mark.parametrize("query", ["by=agent", "measure=calls'", "site=st_other"])
def test_what_is_not_offered_is_refused(stage: Stage, query: str) -> None:
    stage.log_in()
    assert stage.client.get(f"/attribution?{query}").status_code in {400, 404}


def test_every_model_is_explained_in_a_line(stage: Stage) -> None:
    sale(stage, PAID_CLICK)
    stage.log_in()
    page = stage.text("/attribution")
    assert "First touch All of it to the touch that brought the visitor first." in page
    assert "Touches count from 90 days before the call" in page


def test_the_file_has_every_row_and_adds_up_exactly(on_both: Stage) -> None:
    sale(on_both, PAID_CLICK, DIRECT, Click(campaign='=cmd|"/c calc"!A1'))
    sale(on_both, value=77, currency="EUR")
    on_both.log_in()
    text = on_both.client.get("/attribution.csv?by=campaign").text.removeprefix("\ufeff")
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    names = {line["campaign"] for line in lines}
    assert names == {"spring-bahamas", "(not set)", "(no touch known)", '\'=cmd|"/c calc"!A1'}
    for model in Model:
        assert sum(Decimal(line[f"{model}_calls"]) for line in lines) == 2
        assert sum(Decimal(line[f"{model}_conversions"]) for line in lines) == 2
        assert sum(Decimal(line[f"{model}_value_GBP"]) for line in lines) == 1499
        assert sum(Decimal(line[f"{model}_value_EUR"]) for line in lines) == Decimal("0.77")

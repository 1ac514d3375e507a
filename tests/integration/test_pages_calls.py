"""The list of calls, as a page and as a file."""

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from callweave.domain.outcomes import Disposition
from callweave.web.auth import Role
from databases import SqliteDatabases
from journeys import Click
from pages_stage import Stage, pages_stage
from shops import NOON

DAY = timedelta(days=1)
FORMULA = '=HYPERLINK("https://evil.example","x")'


@pytest.fixture
def stage(sqlite: SqliteDatabases) -> Iterator[Stage]:
    with sqlite.migrated() as url, pages_stage(url) as stage:
        yield stage


@pytest.fixture
def on_both(database_url: str) -> Iterator[Stage]:
    with pages_stage(database_url) as stage:
        yield stage


def downloaded(stage: Stage, path: str = "/calls.csv") -> list[dict[str, str]]:
    text = stage.client.get(path).text
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_line_tells_the_call_at_a_glance(stage: Stage) -> None:
    with stage.telling() as teller:
        call = teller.call(NOON, teller.visit(teller.visitor(), NOON - DAY))
        teller.outcome(call, value=149_900)
    stage.log_in()
    told = (
        "12:00 Wed 18 Nov 2026 +44 7700 900123 to +44 20 7946 0101 Answered Ben, 3:08 "
        "Paid Search google Exclusive Won £1,499.00"
    )
    assert told in stage.text("/calls")


def test_a_time_is_that_of_the_site(stage: Stage) -> None:
    with stage.telling() as teller:
        teller.call(NOON - 60 * DAY)
    stage.log_in()
    assert "13:00 Sat 19 Sep 2026" in stage.text("/calls?days=90")


def test_an_empty_list_says_what_to_do(stage: Stage) -> None:
    stage.log_in()
    assert "As soon as one does, the call appears here by itself." in stage.text("/calls")
    assert "Nothing matches these filters" in stage.text("/calls?status=missed")


def test_filters_narrow_the_list_and_stay_chosen(on_both: Stage) -> None:
    with on_both.telling() as teller:
        teller.call(result="missed")
        teller.outcome(teller.call(), Disposition.LOST)
    on_both.log_in()
    page = on_both.client.get("/calls?status=missed&outcome=-&caller=7700+900").text
    assert "<strong>1</strong> call" in page
    assert re.search(r'value="missed" selected', page)
    assert 'value="7700 900"' in page


@pytest.mark.parametrize(
    "query",
    ["status=lost", "channel=Paid", "agent=ag_x", "match=sure", "outcome=sold", "below=x"],
)
def test_a_choice_that_is_not_offered_is_refused(stage: Stage, query: str) -> None:
    stage.log_in()
    assert stage.client.get(f"/calls?{query}").status_code == 400


@pytest.mark.parametrize("text", ["%00", "%ff", "%ed%a0%80", "'%22%3E", "%25", "x" * 5000])
def test_any_text_can_be_searched_for(on_both: Stage, text: str) -> None:
    on_both.log_in()
    assert "0 calls" in on_both.text(f"/calls?source={text}&caller={text}1234567")


def test_older_calls_are_a_link_away_and_nothing_is_left_out(stage: Stage) -> None:
    with stage.telling() as teller:
        made = {teller.call(NOON - timedelta(minutes=nth)).id for nth in range(120)}
    stage.log_in()
    seen: list[str] = []
    path: str | None = "/calls"
    while path:
        page = stage.client.get(path).text
        seen += re.findall(r'<tr role="row" id="(ca_\w+)"', page)
        older = re.search(r'class="button" href="([^"]+below[^"]+)"', page)
        path = html.unescape(older[1]) if older else None
    assert (len(seen), set(seen)) == (120, made)


def test_only_the_newest_page_refreshes_itself(stage: Stage) -> None:
    with stage.telling() as teller:
        last = teller.call()
    stage.log_in()
    assert 'hx-trigger="every 15s' in stage.client.get("/calls").text
    older = stage.client.get(f"/calls?below=1795000000000000.{last.id}").text
    assert "every 15s" not in older
    assert "Back to the newest" in older


def test_a_file_has_every_call_that_the_filters_leave(stage: Stage) -> None:
    with stage.telling() as teller:
        for nth in range(60):
            teller.call(NOON - timedelta(minutes=nth), result="missed")
        teller.call()
    stage.log_in()
    lines = downloaded(stage, "/calls.csv?status=missed")
    assert len(lines) == 60
    assert {line["result"] for line in lines} == {"missed"}


def test_a_line_of_the_file_has_plain_values(stage: Stage) -> None:
    with stage.telling() as teller:
        call = teller.call(NOON, teller.visit(teller.visitor(), NOON - DAY))
        teller.outcome(call, value=149_900)
    stage.log_in()
    (line,) = downloaded(stage)
    assert (line["rung_at"], line["local_time"]) == ("2026-11-18T12:00:00Z", "2026-11-18 12:00:00")
    assert (line["value"], line["currency"], line["talk_s"]) == ("1499.00", "GBP", "188")
    assert line["caller"] == "'+447700900123"


def test_what_visitors_wrote_is_no_formula_in_the_file(stage: Stage) -> None:
    click = Click(source=FORMULA, campaign="\uff1d1+1")
    with stage.telling() as teller:
        teller.call(NOON, teller.visit(teller.visitor(), NOON - DAY, click))
    stage.log_in()
    (line,) = downloaded(stage)
    assert (line["source"], line["campaign"]) == (f"'{FORMULA}", "'\uff1d1+1")


@pytest.mark.parametrize(("query", "starts"), [("", "\ufeffcall_id"), ("?bom=0", "call_id")])
def test_a_file_is_named_and_marked_for_spreadsheets(stage: Stage, query: str, starts: str) -> None:
    stage.log_in()
    answer = stage.client.get(f"/calls.csv{query}")
    assert answer.text.startswith(starts)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    name = 'attachment; filename="calls-2026-10-20-2026-11-18.csv"'
    assert answer.headers["Content-Disposition"] == name


def test_marketers_see_no_numbers_of_callers(stage: Stage) -> None:
    with stage.telling() as teller:
        call = teller.call(NOON, teller.visit(teller.visitor(), NOON - DAY))
    stage.log_in(Role.MARKETER)
    for path in ("/", "/calls", "/calls.csv", f"/calls/{call.id}", "/calls?caller=7700900"):
        page = stage.client.get(path).text
        assert "900123" not in page, path
        assert "7700" not in page, path
    assert "Number ...23" in stage.text("/calls?caller=000000")


def test_markup_in_a_source_stays_text(stage: Stage) -> None:
    click = Click(source="<b>bold</b>", campaign="<script>alert(1)</script>")
    with stage.telling() as teller:
        call = teller.call(NOON, teller.visit(teller.visitor(), NOON - DAY, click))
    stage.log_in()
    for path in ("/", "/calls", f"/calls/{call.id}", "/attribution?by=source"):
        page = stage.client.get(path).text
        assert "&lt;b&gt;bold" in page, path
        assert "<b>bold" not in page, path
        assert "<script>alert" not in page, path

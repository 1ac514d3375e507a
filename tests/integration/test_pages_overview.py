"""The first page that people see."""

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from callweave.storage.accounts import Refusal
from callweave.web.auth import Role
from callweave.workflows.count_refusal import CARRIER
from callweave.workflows.count_refusal import Refusal as Reason
from databases import SqliteDatabases
from pages_stage import Stage, pages_stage
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


def charts(page: str) -> list[Any]:
    return [json.loads(html.unescape(told)) for told in re.findall(r'data-chart="([^"]+)"', page)]


def test_a_new_account_is_told_how_calls_begin(stage: Stage) -> None:
    stage.log_in()
    page = stage.client.get("/").text
    assert f"data-site=&#34;{stage.site.id}" in page or f'data-site="{stage.site.id}"' in page
    assert "https://calls.example.com/callweave.js" in page
    assert charts(page) == []


def test_calls_and_value_are_compared_with_the_time_before(on_both: Stage) -> None:
    with on_both.telling() as teller:
        teller.call(NOON - 30 * DAY)
        for _ in range(3):
            teller.outcome(teller.call(), value=50_000)
        teller.call(result="missed")
    on_both.log_in()
    page = on_both.text("/")
    assert "Calls 4 ▲ 300 % from 1" in page
    assert "Answered 3 ▲ 200 % from 1 75 % of calls" in page
    assert "Missed 1 None before 25 % of calls" in page
    assert "Value £1,500.00 None before" in page


def test_charts_tell_every_day_and_each_currency_by_itself(stage: Stage) -> None:
    with stage.telling() as teller:
        teller.outcome(teller.call(NOON - DAY), value=50_000)
        teller.outcome(teller.call(), value=700, currency="JPY")
    stage.log_in()
    calls, pounds, yen = charts(stage.client.get("/?days=7").text)
    assert calls["days"][-1] == "2026-11-18"
    assert [one["values"] for one in calls["series"]] == [[0, 0, 0, 0, 0, 1, 1]]
    assert (pounds["total"], pounds["scale"]) == ("£500.00", 100)
    assert (yen["total"], yen["scale"], yen["labels"][-1]) == ("¥700", 1, "¥700")


def test_a_period_of_ones_own_choice_is_shown(stage: Stage) -> None:
    with stage.telling() as teller:
        teller.call(NOON - 40 * DAY)
    stage.log_in()
    page = stage.text("/?since=2026-10-01&until=2026-10-31")
    assert "Calls 1 None before" in page


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("since=2026-11-02&until=2026-11-01", "The first day is after the last one."),
        ("since=2026-11-31&until=2026-12-01", "A day is written like 2026-11-22."),
        ("since=2026-11-01", "A day is written like 2026-11-22."),
        ("since=2020-01-01&until=2026-01-01", "At most two years can be shown at once."),
        ("since=0001-01-01&until=0001-01-02", "That is too long ago."),
        ("since=9999-12-30&until=9999-12-31", "That has not come yet."),
        ("days=8", "That period is not offered."),
    ],
)
def test_a_period_that_makes_no_sense_is_explained(stage: Stage, query: str, problem: str) -> None:
    stage.log_in()
    assert f"{problem} The last 30 days are shown." in stage.text(f"/?{query}")


def test_what_was_refused_is_said_in_words(stage: Stage) -> None:
    with stage.database.writing() as session:
        for reason in (*Reason, "of_a_later_version"):
            row = {"scope": stage.site.id, "day": NOON.date(), "reason": reason, "times": 7}
            session.add(Refusal(**row))
    stage.log_in()
    page = stage.text("/")
    assert "Robots 7 Crawlers saw the page" in page
    assert "Of a later version 7" in page
    assert not any(f" {reason} " in page for reason in Reason if "_" in reason)


@pytest.mark.parametrize(("role", "sees"), [(Role.ADMIN, True), (Role.SUPERVISOR, False)])
def test_only_admins_see_what_belongs_to_no_account(
    stage: Stage, role: Role, *, sees: bool
) -> None:
    with stage.telling() as teller:
        call = teller.call()
        call.account_id = call.site_id = call.number_id = None
        row = {"scope": CARRIER, "day": NOON.date(), "reason": "forged_webhook", "times": 4}
        teller.session.add(Refusal(**row))
    stage.log_in(role)
    page = stage.text("/")
    assert ("Calls to numbers that we do not know" in page) is sees
    assert ("Unsigned webhooks" in page) is sees


def test_a_source_leads_to_its_calls(stage: Stage) -> None:
    with stage.telling() as teller:
        teller.call(NOON, teller.visit(teller.visitor(), NOON - DAY))
        teller.call()
    stage.log_in()
    links = re.findall(r'<a class="plain" href="([^"]+)"', stage.client.get("/").text)
    assert len(links) == 2
    for link in map(html.unescape, links):
        assert "1 call ·" in stage.text(link)

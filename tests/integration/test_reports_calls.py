"""The list of calls, a page at a time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callweave.domain.outcomes import Disposition
from callweave.storage.database import Database
from callweave.storage.reports.calls import (
    NOT_KNOWN,
    Wanted,
    agents_of,
    call_lines,
    count_calls,
    every_call,
)
from callweave.storage.reports.scope import Scope
from journeys import PAID_CLICK, Teller, telling
from shops import NOON

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def everything(teller: Teller) -> Wanted:
    return Wanted(Scope(teller.site.account_id, None, (NOON - 9 * DAY).date(), NOON.date()))


def four_calls(teller: Teller) -> None:
    """Which differ in all that a list is filtered by, the newest first: a b c d."""
    click = replace(PAID_CLICK, source="bing", campaign="100%_sun")
    visit = teller.visit(teller.visitor(), NOON - DAY, click)
    teller.outcome(teller.call(NOON - 4 * HOUR), Disposition.LOST)
    teller.call(NOON - 3 * HOUR, result="missed", caller="+13105550142")
    teller.call(NOON - 2 * HOUR, result=None, candidates=[visit], caller=None)
    teller.call(NOON - HOUR, visit, result="voicemail")


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        ({}, "abcd"),
        ({"status": "answered"}, "d"),
        ({"status": "ringing"}, "b"),
        ({"status": "talking"}, ""),
        ({"channel": "Paid Search"}, "a"),
        ({"channel": NOT_KNOWN}, "bcd"),
        ({"text": "BING"}, "a"),
        ({"text": "100%_s"}, "a"),
        ({"text": "1%s"}, ""),
        ({"text": "_"}, "a"),
        ({"agent_id": NOT_KNOWN}, "abc"),
        ({"match_status": "exclusive"}, "a"),
        ({"match_status": "shared"}, "b"),
        ({"disposition": "lost"}, "d"),
        ({"disposition": NOT_KNOWN}, "abc"),
        ({"digits": "310555"}, "c"),
        ({"status": "missed", "disposition": "lost"}, ""),
    ],
)
def test_each_filter_finds_its_calls(teller: Teller, choice: dict[str, Any], found: str) -> None:
    four_calls(teller)
    wanted = replace(everything(teller), **choice)
    lines = call_lines(teller.session, wanted, 10)
    hours = [(NOON - line.rung_at) // HOUR for line in lines]
    assert "".join(" abcd"[hour] for hour in hours) == found
    assert count_calls(teller.session, wanted) == len(found)


def test_calls_are_found_by_who_answered(teller: Teller) -> None:
    call = teller.call()
    assert call.agent_id
    wanted = replace(everything(teller), agent_id=call.agent_id)
    assert [line.answered_by for line in call_lines(teller.session, wanted, 10)] == ["Dev"]
    assert dict(agents_of(teller.session, teller.site.account_id))[call.agent_id] == "Dev"


def test_paging_tells_every_call_once_even_of_the_same_moment(teller: Teller) -> None:
    made = {teller.call(NOON - timedelta(seconds=nth // 4)).id for nth in range(10)}
    seen: list[str] = []
    page = call_lines(teller.session, everything(teller), 3)
    while page:
        seen += [line.id for line in page]
        page = call_lines(teller.session, everything(teller), 3, below=page[-1].place)
    assert (len(seen), set(seen)) == (10, made)


def test_a_call_that_comes_in_meanwhile_moves_no_page(teller: Teller) -> None:
    for nth in range(4):
        teller.call(NOON - nth * HOUR)
    first = call_lines(teller.session, everything(teller), 2)
    teller.call(NOON + HOUR)
    second = call_lines(teller.session, everything(teller), 2, below=first[-1].place)
    assert [(NOON - line.rung_at) // HOUR for line in second] == [2, 3]


def test_a_line_says_what_the_list_shows(teller: Teller) -> None:
    call = teller.call(NOON, teller.visit(teller.visitor(), NOON - HOUR))
    teller.outcome(call, value=149_900)
    (line,) = call_lines(teller.session, everything(teller), 10)
    assert (line.site_name, line.time_zone) == ("Farshore Holidays", "Europe/London")
    assert (line.to_number, line.answered_by) == ("+44 20 7946 0101", "Ben")
    assert (line.disposition, line.value, line.currency) == ("won", 149_900, "GBP")


def test_an_export_reads_on_until_the_last_call(database: Database) -> None:
    with telling(database) as teller:
        for nth in range(7):
            teller.call(NOON - timedelta(minutes=nth))
        wanted = everything(teller)
    exported = list(every_call(database, wanted, at_once=3))
    assert [(NOON - line.rung_at) // timedelta(minutes=1) for line in exported] == list(range(7))


def test_calls_of_another_account_are_not_listed(teller: Teller) -> None:
    teller.call()
    foreign = replace(everything(teller), scope=replace(everything(teller).scope, account_id="x"))
    assert call_lines(teller.session, foreign, 10) == []
    assert count_calls(teller.session, foreign) == 0

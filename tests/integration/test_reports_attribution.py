"""Credits, side by side, and sums that are exact."""

import random
from datetime import timedelta

import pytest

from callweave.domain.attribution import MILLION, Model
from callweave.storage.outcomes import Credit
from callweave.storage.reports.attribution import (
    AttributionReport,
    Credited,
    Dimension,
    attribution,
)
from journeys import DIRECT, PAID_CLICK, Click, Teller
from shops import NOON

DAY = timedelta(days=1)


def report(teller: Teller, dimension: Dimension = Dimension.CHANNEL) -> AttributionReport:
    return attribution(
        teller.session,
        teller.site.account_id,
        site_id=None,
        since=(NOON - 29 * DAY).date(),
        until=NOON.date(),
        dimension=dimension,
    )


def journey(teller: Teller, *clicks: Click, value: int | None = None) -> None:
    """The clicks a day after the other, the last one an hour before the call."""
    visitor = teller.visitor()
    visit = None
    for days_before, click in zip(range(len(clicks) - 1, -1, -1), clicks, strict=True):
        visit = teller.visit(visitor, NOON - days_before * DAY - timedelta(hours=1), click)
    call = teller.call(NOON, visit)
    if value is not None:
        teller.outcome(call, value=value)


def test_each_model_credits_the_touches_in_its_own_way(teller: Teller) -> None:
    journey(teller, PAID_CLICK, DIRECT, value=149_900)
    rows = {row.name: row.by_model for row in report(teller).rows}
    whole, nothing = Credited(MILLION, MILLION, {"GBP": 149_900}), Credited()
    assert rows["Paid Search"][Model.FIRST_TOUCH] == whole
    assert rows["Paid Search"][Model.LAST_TOUCH] == nothing
    assert rows["Direct"][Model.LAST_TOUCH] == whole
    assert rows["Direct"][Model.LINEAR] == Credited(MILLION // 2, MILLION // 2, {"GBP": 74_950})


def test_the_rows_add_up_to_the_calls_the_conversions_and_the_value(teller: Teller) -> None:
    chance = random.Random(7)
    values = [chance.choice([None, 0, 1, 333, 149_900]) for _ in range(20)]
    for value in values:
        clicks = chance.choices([PAID_CLICK, DIRECT, Click(term=None, source="bing")], k=3)
        journey(teller, *clicks, value=value)
    teller.outcome(teller.call(), value=77)
    for dimension in Dimension:
        found = report(teller, dimension)
        for model in Model:
            summed = sum((row.by_model[model] for row in found.rows), Credited())
            assert summed == found.totals[model]
            assert summed.calls == found.calls * MILLION == 21 * MILLION
            assert summed.conversions == (1 + sum(v is not None for v in values)) * MILLION
            assert summed.value == {"GBP": 77 + sum(v or 0 for v in values)}


def test_calls_without_a_known_touch_have_a_row_of_their_own(teller: Teller) -> None:
    teller.outcome(teller.call(), value=500)
    (row,) = report(teller).rows
    assert (row.name, row.known) == (None, False)
    assert row.by_model[Model.LINEAR] == Credited(MILLION, MILLION, {"GBP": 500})


@pytest.mark.parametrize(
    ("dimension", "name"),
    [
        (Dimension.CHANNEL, "Paid Search"),
        (Dimension.SOURCE, "google"),
        (Dimension.CAMPAIGN, "spring-bahamas"),
        (Dimension.KEYWORD, "bahamas holidays"),
        (Dimension.LANDING_PAGE, "https://shop.example/bahamas"),
    ],
)
def test_a_report_is_cut_by_each_dimension(teller: Teller, dimension: Dimension, name: str) -> None:
    journey(teller, PAID_CLICK)
    assert [(row.name, row.known) for row in report(teller, dimension).rows] == [(name, True)]


@pytest.mark.parametrize("campaign", [None, ""])
def test_a_touch_without_a_name_is_known_and_not_set(teller: Teller, campaign: str | None) -> None:
    journey(teller, Click(campaign=campaign))
    (row,) = report(teller, Dimension.CAMPAIGN).rows
    assert (row.name, row.known) == (None, True)


def test_a_sale_in_another_currency_stands_by_itself(teller: Teller) -> None:
    journey(teller, PAID_CLICK, value=900)
    visit = teller.visit(teller.visitor(), NOON - DAY)
    teller.outcome(teller.call(NOON, visit), value=700, currency="EUR")
    assert report(teller).totals[Model.LAST_TOUCH].value == {"GBP": 900, "EUR": 700}


def test_a_call_counts_on_the_day_it_rang_however_late_it_is_sold(teller: Teller) -> None:
    teller.outcome(teller.call(NOON - 30 * DAY), value=500)
    assert report(teller).rows == ()
    assert report(teller).totals[Model.LAST_TOUCH] == Credited()


def test_a_call_that_has_no_credits_yet_is_counted_all_the_same(teller: Teller) -> None:
    call = teller.call()
    teller.session.query(Credit).filter(Credit.call_id == call.id).delete()
    assert (report(teller).calls, report(teller).rows) == (1, ())


def test_another_account_sees_none_of_it(teller: Teller) -> None:
    journey(teller, PAID_CLICK)
    found = attribution(
        teller.session,
        "ac_other",
        site_id=None,
        since=NOON.date(),
        until=NOON.date(),
        dimension=Dimension.CHANNEL,
    )
    assert (found.rows, found.calls) == ((), 0)

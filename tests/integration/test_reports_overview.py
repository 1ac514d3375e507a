"""What the overview counts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from callweave.domain.outcomes import Disposition
from callweave.storage.accounts import Account, Refusal
from callweave.storage.reports.overview import (
    UnknownNumber,
    course,
    refusals,
    top_sources,
    unknown_numbers,
)
from callweave.storage.reports.scope import Scope
from callweave.storage.reports.tally import Money, Tally
from journeys import DIRECT, PAID_CLICK, Teller
from shops import NOON

DAY = timedelta(days=1)
TODAY = NOON.date()


def week(teller: Teller) -> Scope:
    return Scope(teller.site.account_id, None, TODAY - 6 * DAY, TODAY)


def total(teller: Teller) -> Tally:
    return course(teller.session, week(teller)).total


def test_days_without_calls_are_shown_as_zero(teller: Teller) -> None:
    teller.call(NOON - 2 * DAY)
    days = course(teller.session, week(teller)).days
    assert [tally.calls for _, tally in days] == [0, 0, 0, 0, 1, 0, 0]
    assert days[0][0] == date(2026, 11, 12)


def test_every_result_is_counted_and_a_ringing_call_is_still_open(teller: Teller) -> None:
    for result in ("answered", "answered", "missed", "voicemail", None):
        teller.call(result=result)
    found = total(teller)
    assert found == Tally(calls=5, answered=2, missed=1, voicemail=1)
    assert found.still_open == 1


def test_sums_of_two_currencies_are_never_added_up(teller: Teller) -> None:
    for value, currency in ((149_900, "GBP"), (100, "GBP"), (5_000, "EUR")):
        teller.outcome(teller.call(), value=value, currency=currency)
    assert total(teller).amounts == (Money(5_000, "EUR"), Money(150_000, "GBP"))


def test_a_sale_without_a_value_converts_and_brings_nothing(teller: Teller) -> None:
    teller.outcome(teller.call())
    assert (total(teller).conversions, total(teller).amounts) == (1, ())


@pytest.mark.parametrize("disposition", [d for d in Disposition if d is not Disposition.WON])
def test_what_was_not_won_does_not_convert(teller: Teller, disposition: Disposition) -> None:
    teller.outcome(teller.call(), disposition)
    assert total(teller).conversions == 0


def test_the_outcome_that_stands_is_the_one_that_counts(teller: Teller) -> None:
    call = teller.call()
    teller.outcome(call, value=900)
    teller.outcome(call, value=700)
    assert total(teller).value == {"GBP": 700}
    teller.outcome(call, Disposition.LOST)
    assert total(teller).conversions == 0


def test_the_period_before_is_as_long_and_ends_the_day_before(teller: Teller) -> None:
    for days_ago in (0, 6, 7, 13, 14):
        teller.call(NOON - days_ago * DAY)
    found = course(teller.session, week(teller))
    assert (found.total.calls, found.before.calls) == (2, 2)


def test_a_call_belongs_to_the_day_of_its_site(teller: Teller) -> None:
    teller.site.time_zone = "Pacific/Auckland"
    teller.call(datetime(2026, 11, 17, 12, 0, tzinfo=UTC))  # one in the morning of the 18th there
    days = dict(course(teller.session, week(teller)).days)
    assert (days[date(2026, 11, 17)].calls, days[date(2026, 11, 18)].calls) == (0, 1)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_no_zone_is_so_far_away_that_its_calls_are_missed(teller: Teller, zone: str) -> None:
    teller.site.time_zone = zone
    for hour in range(0, 24, 3):
        teller.call(datetime(2026, 11, 15, hour, tzinfo=UTC))
    assert total(teller).calls == 8


def test_calls_of_another_account_or_site_are_not_counted(teller: Teller) -> None:
    teller.call().site_id = None
    foreign = teller.call()
    teller.session.add(Account(id="ac_other", name="Other", created_at=NOON))
    teller.session.flush()
    foreign.account_id = "ac_other"
    teller.session.flush()
    scope = week(teller)
    of_site = Scope(scope.account_id, teller.site.id, scope.since, scope.until)
    assert (total(teller).calls, course(teller.session, of_site).total.calls) == (1, 0)


def test_sources_come_with_the_most_calls_first(teller: Teller) -> None:
    for click, calls in ((DIRECT, 1), (PAID_CLICK, 2)):
        for _ in range(calls):
            teller.call(NOON, teller.visit(teller.visitor(), NOON - DAY, click))
    teller.outcome(teller.call(), value=500)
    lines = top_sources(teller.session, week(teller), 10)
    found = [(line.source, line.tally.calls, line.tally.value) for line in lines]
    assert found == [("google", 2, {}), (None, 1, {"GBP": 500}), ("(direct)", 1, {})]
    assert len(top_sources(teller.session, week(teller), 1)) == 1


def test_refusals_are_summed_by_reason_over_the_days_of_the_period(teller: Teller) -> None:
    site = teller.site.id
    for scope, days_ago, reason, times in (
        (site, 0, "bot", 5),
        (site, 6, "bot", 6),
        (site, 7, "bot", 100),
        (site, 1, "consent_missing", 20),
        ("carrier", 0, "forged_webhook", 3),
        ("st_other", 0, "bot", 100),
    ):
        day = TODAY - days_ago * DAY
        teller.session.add(Refusal(scope=scope, day=day, reason=reason, times=times))
    teller.session.flush()
    assert refusals(teller.session, [site], week(teller)) == [("consent_missing", 20), ("bot", 11)]


def test_numbers_that_nobody_knows_are_listed_with_their_calls(teller: Teller) -> None:
    for hours in (1, 3):
        call = teller.call(NOON - timedelta(hours=hours))
        call.account_id = call.site_id = call.number_id = None
    teller.session.flush()
    found = unknown_numbers(teller.session, week(teller), 5)
    assert found == [UnknownNumber("+442079460101", 2, NOON - timedelta(hours=1))]

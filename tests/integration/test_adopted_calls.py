"""Calls whose ring was never kept, since the database was away: taken up from a later report."""

from collections.abc import Iterator

import pytest

from callweave.storage.database import Database
from callweave.storage.outcomes import Credit
from callweave.storage.visits import Touch
from service import Line, Service, service
from shops import shop


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    """One number, lent for a minute: whoever comes next gets it."""
    with service(database, database_url, shop(1, lease_s=60)) as here:
        yield here


def test_such_a_call_belongs_to_whoever_held_the_number_when_it_rang(here: Service) -> None:
    number = here.shown("/bahamas?utm_source=ad&utm_medium=cpc&utm_campaign=first")
    here.clock.move(minutes=10)
    assert here.shown("/norway?utm_source=ad&utm_medium=cpc&utm_campaign=second") == number
    line = Line(here, number)
    assert line.dialled(0, "completed", talked_s=595) == "hang up"
    call = here.call(line)
    assert (call.match_status, call.campaign) == ("exclusive", "first")
    assert call.rung_at <= here.clock.move(minutes=-9)


def test_its_credits_go_to_the_clicks_before_the_ring(here: Service) -> None:
    number = here.shown("/bahamas?utm_source=ad&utm_medium=cpc&utm_campaign=first")
    here.clock.move(minutes=10)
    here.shown("/norway?utm_source=ad&utm_medium=cpc&utm_campaign=second")
    Line(here, number).over(seconds=600)
    campaigns = {touch.id: touch.campaign for touch in here.rows(Touch)}
    assert {campaigns[credit.touch_id] for credit in here.rows(Credit)} == {"first"}


def test_it_says_that_the_fallback_rang_and_who_answered(here: Service) -> None:
    line = Line(here, here.shown())
    line.dialled(0, "completed", talked_s=30)
    call = here.call(line)
    assert (call.fell_back, call.result, call.answered_by) == (
        True,
        "answered",
        "default destination",
    )


def test_a_call_that_was_decided_did_not_fall_back(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    line.dialled(1, "completed", talked_s=30)
    assert not here.call(line).fell_back


def test_a_leg_reported_before_its_call_counts_once_the_call_is_there(here: Service) -> None:
    line = Line(here, here.shown())
    assert line.leg(1, "in-progress").status_code == 204
    assert here.calls() == []
    line.over(seconds=40)
    assert here.call(line).result == "answered"


def test_a_number_that_nobody_knows_is_adopted_too(here: Service) -> None:
    line = Line(here, "+442079460888")
    line.dialled(0, "busy")
    call = here.call(line)
    assert (call.site_id, call.match_status, call.state) == (None, "unknown", "ringing")

"""Where a recording lies, on its call's page."""

from collections.abc import Iterator

import pytest

from callweave.storage.calls import Call
from callweave.web.auth import Role
from databases import SqliteDatabases
from pages_stage import Stage, pages_stage

URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE7"


@pytest.fixture
def stage(sqlite: SqliteDatabases) -> Iterator[Stage]:
    with sqlite.migrated() as url, pages_stage(url) as stage:
        yield stage


def recorded_call(stage: Stage, url: str | None, seconds: int | None = 83) -> Call:
    with stage.telling() as teller:
        call = teller.call()
        call.recording_sid = "RE7" if url else None
        call.recording_url, call.recording_s = url, seconds
        return call


def page(stage: Stage, call: Call, role: Role = Role.SUPERVISOR) -> str:
    stage.log_in(role)
    return stage.client.get(f"/calls/{call.id}").text


def test_it_is_shown_with_its_length_and_a_link_to_the_carrier(stage: Stage) -> None:
    shown = page(stage, recorded_call(stage, URL))
    assert "1:23" in shown or "1 min 23 s" in shown
    assert f'href="{URL}"' in shown
    assert "RE7" in shown


def test_a_length_that_nobody_told_is_not_made_up(stage: Stage) -> None:
    assert "Length not known" in page(stage, recorded_call(stage, URL, None))


def test_who_may_not_see_callers_does_not_get_to_hear_them(stage: Stage) -> None:
    shown = page(stage, recorded_call(stage, URL), Role.MARKETER)
    assert "Recording" in shown
    assert URL not in shown


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://api.twilio.com/RE7"])
def test_a_link_that_could_do_harm_is_none(stage: Stage, url: str) -> None:
    shown = page(stage, recorded_call(stage, url))
    assert "Recording" in shown
    assert url not in shown


def test_a_call_that_was_not_recorded_says_nothing_of_it(stage: Stage) -> None:
    assert "Recording" not in page(stage, recorded_call(stage, None))

"""Talks are recorded where a site says so in words that its callers hear first, and else never."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callweave.cli.site_file import InvalidSite, read_site
from callweave.simulator.forms import call_form, ring_form
from callweave.simulator.twiml import parse
from callweave.simulator.verbs import Dial, Say
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from outages import locked
from service import ACCOUNT, Line, Service, service
from shops import open_shop, shop

NOTICE = "This call is recorded so that we can train our staff."
URL = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/RE7"


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url, replace(shop(), recording_notice=NOTICE)) as here:
        yield here


def recorded(line: Line, seconds: str = "58", **changed: str) -> int:
    """As the carrier tells it, with no word on who called whom."""
    told = {
        "AccountSid": ACCOUNT,
        "CallSid": line.sid,
        "RecordingSid": "RE7",
        "RecordingUrl": URL,
        "RecordingStatus": "completed",
        "RecordingDuration": seconds,
    }
    return line.send("recording", told | changed).status_code


def told_to_do(line: Line, path: str, **more: str) -> tuple[object, ...]:
    answer = line.send(path, {**ring_form(line.party), **more})
    return parse(answer.data, "https://calls.example/voice/ring").verbs


def test_the_caller_is_told_before_anybody_is_rung(here: Service) -> None:
    line = Line(here, here.shown())
    for path, more in [("ring", {}), ("dialled?leg=1", {"DialCallStatus": "busy"})]:
        said, dial = told_to_do(line, path, **more)
        assert isinstance(said, Say)
        assert said.text == NOTICE
        assert isinstance(dial, Dial)
        assert dial.recording
        assert dial.recording.url.startswith("https://calls.example.com/voice/recording#")


def test_a_site_that_says_nothing_of_it_records_nothing(here: Service) -> None:
    open_shop(here.database, shop())
    assert [site.recording_notice for site in here.rows(Site)] == [None]
    (dial,) = told_to_do(Line(here, here.shown()), "ring")
    assert isinstance(dial, Dial)
    assert dial.recording is None


def test_what_rings_from_memory_is_not_recorded(here: Service) -> None:
    """The notice was not heard there, and nobody could say whether it was wanted."""
    line = Line(here, here.shown())
    assert "ecord" not in line.send("fallback", call_form(line.party, "ringing")).text


@pytest.mark.parametrize("order", [("recording", "over"), ("over", "recording")])
def test_where_the_recording_lies_is_kept_with_its_call(
    here: Service, order: tuple[str, ...]
) -> None:
    line = Line(here, here.shown())
    told_to_do(line, "ring")
    for what in order * 2:
        assert (recorded(line) if what == "recording" else line.over().status_code) == 204
    call = here.call(line)
    assert (call.recording_sid, call.recording_url, call.recording_s) == ("RE7", URL, 58)
    assert call.state == "ended"


def test_a_recording_of_a_call_that_nobody_knows_waits_for_it(here: Service) -> None:
    line = Line(here, here.shown())
    assert recorded(line) == 204
    assert here.calls() == []
    told_to_do(line, "ring")
    assert here.call(line).recording_sid == "RE7"


@pytest.mark.parametrize(
    "changed",
    [{"RecordingStatus": "absent"}, {"RecordingUrl": "javascript:alert(1)"}, {"RecordingSid": ""}],
)
def test_what_is_no_recording_is_set_aside(here: Service, changed: dict[str, str]) -> None:
    line = Line(here, here.shown())
    told_to_do(line, "ring")
    assert recorded(line, **changed) == 204
    assert here.call(line).recording_sid is None
    assert len(here.snapshot()["set_aside"]) == 1


def test_a_recording_that_cannot_be_kept_is_asked_for_again(
    database: Database, database_url: str
) -> None:
    with service(database, database_url, voice_budget_ms=300, spool_mb=0) as here:
        line = Line(here, here.shown())
        with locked(database_url):
            assert recorded(line) == 503


def test_a_site_file_may_hold_the_notice() -> None:
    assert read_site(site_file(NOTICE)).recording_notice == NOTICE
    assert read_site(site_file(None)).recording_notice is None


@pytest.mark.parametrize("notice", ["", "  ", "x" * 301, True])
def test_a_notice_that_nobody_would_hear_is_refused(notice: object) -> None:
    with pytest.raises(InvalidSite, match="recording_notice"):
        read_site(site_file(notice))


def site_file(notice: object) -> dict[str, object]:
    guide = (Path(__file__).parents[2] / "docs/operations.md").read_text()
    example = next(part for part in guide.split("```toml\n")[1:] if "[site]" in part)
    found = tomllib.loads(example.split("```")[0])
    found["site"].pop("recording_notice", None)
    if notice is not None:
        found["site"]["recording_notice"] = notice
    return found

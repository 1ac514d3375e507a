"""While the database is away, no call goes round for ever, and none rings for ever."""

from collections.abc import Iterator

import pytest

from api_stage import PUBLIC
from callweave.simulator.dialling import RING_BUFFER
from callweave.simulator.forms import call_form
from callweave.simulator.twiml import parse
from callweave.simulator.verbs import Dial
from callweave.storage.database import Database
from outages import locked
from service import Line, Service, heard
from shops import DEV, tracked
from voice_stage import SITE_DESK, line, troubled


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with troubled(database, database_url) as here:
        yield here


def test_without_a_database_a_circle_that_hides_itself_ends_in_voicemail(
    here: Service, database_url: str
) -> None:
    laps: list[str] = []
    with locked(database_url):
        while "voicemail" not in laps:
            assert len(laps) < 20
            laps.append(line(here).ring())
            here.clock.move(seconds=3)
        assert Line(here, tracked(1)[0], "+447700900777").ring() == f"dial {SITE_DESK}"
    assert laps == [f"dial {SITE_DESK}"] * 3 + ["voicemail"]


def test_without_a_database_a_circle_of_withheld_numbers_ends_in_voicemail(
    here: Service, database_url: str
) -> None:
    with locked(database_url):
        laps = [Line(here, tracked(1)[0], "anonymous").ring() for _ in range(12)]
    assert laps == [f"dial {SITE_DESK}"] * 11 + ["voicemail"]


def test_without_a_database_who_rings_again_and_again_gets_a_person(
    here: Service, database_url: str
) -> None:
    with locked(database_url):
        for _ in range(5):
            again = line(here)
            assert again.ring() == f"dial {SITE_DESK}"
            assert again.over("canceled", 0).status_code == 204


def test_without_a_database_nobody_is_rung_a_fourth_time(here: Service, database_url: str) -> None:
    with locked(database_url):
        assert line(here).dialled(2, "no-answer") == f"dial {SITE_DESK}"
        assert line(here).dialled(3, "no-answer") == "voicemail"


def test_without_a_database_a_call_rings_for_45_seconds_at_most(
    here: Service, database_url: str
) -> None:
    call = Line(here, tracked(1)[0])
    assert call.ring() == f"dial {DEV}"
    here.clock.move(seconds=29)
    form = call_form(call.party, "in-progress") | {"DialCallStatus": "no-answer"}
    with locked(database_url):
        answer = here.post("/voice/dialled?leg=1", form)
        (verb,) = parse(answer.data, PUBLIC).verbs
        assert isinstance(verb, Dial)
        assert verb.timeout + RING_BUFFER == 16
        here.clock.move(seconds=12)
        assert heard(here.post("/voice/dialled?leg=2", form)) == "voicemail"

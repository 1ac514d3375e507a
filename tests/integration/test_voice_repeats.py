"""What was said without the database holds, and nobody is rung on a guess."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import pytest

from api_stage import PUBLIC
from callweave.simulator.forms import call_form
from callweave.storage.calls import Leg
from callweave.storage.database import Database
from callweave.storage.plans import Agent
from outages import locked
from service import Line, Service, heard, service
from shops import ANA, DEV, shop
from voice_stage import SITE_DESK, line, troubled

Trouble = Callable[[str], AbstractContextManager[object]]


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with troubled(database, database_url) as here:
        yield here


def held(here: Service) -> list[str]:
    return [agent.name for agent in here.rows(Agent) if agent.call_id]


def test_a_repeat_of_a_ring_hears_the_same_before_the_spool_is_drained(
    here: Service, database_url: str
) -> None:
    call = line(here)
    with locked(database_url):
        assert call.ring() == f"dial {SITE_DESK}"
    assert call.ring() == f"dial {SITE_DESK}"
    assert held(here) == []
    here.parts.draining.turn()
    assert call.ring() == f"dial {SITE_DESK}"
    assert line(here).ring() == f"dial {DEV}"


def test_a_repeat_of_a_dials_end_hears_the_same_before_the_spool_is_drained(
    here: Service, database_url: str
) -> None:
    call = line(here)
    assert call.ring() == f"dial {DEV}"
    with locked(database_url):
        assert call.dialled(1, "busy") == f"dial {SITE_DESK}"
    assert call.dialled(1, "busy") == f"dial {SITE_DESK}"
    assert call.dialled(0, "busy") == "voicemail"


def test_a_repeat_of_a_fallback_hears_the_same_and_no_other_failure_does(
    here: Service, database_url: str
) -> None:
    call = line(here)
    assert call.ring() == f"dial {DEV}"
    lost = {"ErrorCode": "11200", "ErrorUrl": f"{PUBLIC}/voice/dialled?leg=1"}
    form = call_form(call.party, "in-progress") | lost | {"DialCallStatus": "no-answer"}
    with locked(database_url):
        assert heard(call.send("fallback", form)) == f"dial {SITE_DESK}"
    assert heard(call.send("fallback", form)) == f"dial {SITE_DESK}"
    here.parts.draining.turn()
    assert heard(call.send("fallback", form)) == f"dial {SITE_DESK}"
    assert [leg.position for leg in here.rows(Leg)] == [1]
    lost["ErrorUrl"] = f"{PUBLIC}/voice/fallback"
    assert heard(call.send("fallback", form | lost)) == "voicemail"


@pytest.mark.parametrize("trouble", [locked, nullcontext])
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("dialled?leg=1", {"DialCallStatus": "completed"}),
        ("fallback", {"ErrorCode": "11200"}),
        ("fallback", {"ErrorCode": "11200", "DialCallStatus": "completed"}),
    ],
)
def test_who_may_have_talked_is_rung_to_nobody(
    here: Service, database_url: str, path: str, said: dict[str, str], trouble: Trouble
) -> None:
    call = line(here)
    assert call.ring() == f"dial {DEV}"
    call.whisper(1)
    with trouble(database_url):
        form = call_form(call.party, "in-progress") | said
        assert heard(call.send(path, form)) == "voicemail"


@pytest.mark.parametrize(
    ("status", "said", "hears"),
    [
        ("ringing", {}, f"dial {SITE_DESK}"),
        ("in-progress", {"DialCallStatus": "busy"}, f"dial {SITE_DESK}"),
        ("in-progress", {}, "voicemail"),
        ("in-progress", {"DialCallStatus": "completed", "DialCallDuration": "9"}, "hang up"),
    ],
    ids=["not picked up", "nobody talked", "nobody says", "talked"],
)
@pytest.mark.parametrize("trouble", [locked, nullcontext])
def test_who_has_not_talked_gets_a_person_though_no_address_failed(
    here: Service,
    database_url: str,
    status: str,
    said: dict[str, str],
    hears: str,
    trouble: Trouble,
) -> None:
    call = line(here)
    form = call_form(call.party, status) | {"ErrorCode": "11200"} | said
    with trouble(database_url):
        assert heard(call.send("fallback", form)) == hears


@pytest.mark.parametrize(
    ("trouble", "hears"), [(locked, f"dial {SITE_DESK}"), (nullcontext, f"dial {DEV}")]
)
def test_a_callers_number_that_the_carrier_refused_is_not_shown_again(
    here: Service, database_url: str, trouble: Trouble, hears: str
) -> None:
    """With a database, whoever never rang for it is rung again."""
    call = line(here)
    assert call.ring() == f"dial {DEV}"
    told = {"ErrorCode": "13214", "ErrorUrl": f"{PUBLIC}/voice/ring"}
    form = call_form(call.party, "ringing") | told
    with trouble(database_url):
        answer = call.send("fallback", form)
    assert f'callerId="{call.number}"' in answer.text
    assert heard(answer) == hears
    assert [leg.position for leg in here.rows(Leg)] == [1]


def test_where_nothing_is_known_of_a_leg_a_lost_dial_rings_nobody(
    database: Database, database_url: str
) -> None:
    """The whisper and all reports of the leg are lost as well."""
    with service(database, database_url, shop(9)) as here:
        call = Line(here, here.shown())
        assert call.ring() == f"dial {ANA}"
        lost = {"ErrorCode": "11200", "ErrorUrl": f"{PUBLIC}/voice/dialled?leg=1"}
        form = call_form(call.party, "in-progress") | lost
        assert heard(call.send("fallback", form)) == "voicemail"


@pytest.mark.parametrize("status", ["no-answer", "busy"])
def test_where_the_leg_is_known_to_have_rung_out_the_next_one_rings(
    database: Database, database_url: str, status: str
) -> None:
    with service(database, database_url, shop(9)) as here:
        call = Line(here, here.shown())
        assert call.ring() == f"dial {ANA}"
        call.leg(1, status, 3)
        lost = {"ErrorCode": "11200", "ErrorUrl": f"{PUBLIC}/voice/dialled?leg=1"}
        form = call_form(call.party, "in-progress") | lost
        assert heard(call.send("fallback", form)).startswith("dial ")


@pytest.mark.parametrize("trouble", [locked, nullcontext])
def test_a_caller_whose_side_still_rings_has_not_talked(
    database: Database, database_url: str, trouble: Trouble
) -> None:
    """The agent hung up during the whisper, and the dial's end does not say how long."""
    with troubled(database, database_url, shop(9)) as here:
        call = Line(here, here.shown())
        assert call.ring() == f"dial {ANA}"
        call.whisper(1)
        call.leg(1, "completed", 3, 4)
        silent = call_form(call.party, "ringing") | {"DialCallStatus": "completed"}
        with trouble(database_url):
            assert heard(call.send("dialled?leg=1", silent)).startswith("dial ")

"""An agent is held for as long as their leg lasts: not for longer, whatever becomes of the call,
and not for less, whatever our clock says.
"""

import pytest

from callweave.storage.plans import Agent
from service import Line, Service
from shops import ANA, BEN, DEV


@pytest.fixture
def line(here: Service) -> Line:
    """Ana's phone rings, and Ben's would be next."""
    ringing = Line(here, here.shown())
    assert ringing.ring() == f"dial {ANA}"
    return ringing


def held(here: Service) -> set[str]:
    return {agent.endpoint for agent in here.rows(Agent) if agent.call_id}


def picks_up(line: Line) -> None:
    line.leg(1, "in-progress", 2)
    line.whisper(1)


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed", "canceled", "completed"])
def test_whose_phone_has_stopped_ringing_is_free_while_the_call_goes_on(
    here: Service, line: Line, status: str
) -> None:
    line.leg(1, status, 3)
    assert held(here) == set()
    assert here.call(line).state != "ended"


def test_whose_dial_is_over_is_free_while_the_next_one_rings(here: Service, line: Line) -> None:
    assert line.dialled(1, "no-answer") == f"dial {BEN}"
    assert (here.call(line).state, held(here)) == ("ringing", {BEN})


def test_who_hung_up_during_the_whisper_is_free_while_the_next_one_rings(
    here: Service, line: Line
) -> None:
    picks_up(line)
    assert held(here) == {ANA}
    assert line.dialled(1, "completed") == f"dial {BEN}"
    assert held(here) == {BEN}


def test_who_was_freed_takes_the_next_call(here: Service, line: Line) -> None:
    line.dialled(1, "busy")
    assert Line(here, here.shown()).ring() == f"dial {ANA}"


def test_who_talks_is_rung_by_nobody_else_though_our_clock_jumps_ahead(
    here: Service, line: Line
) -> None:
    picks_up(line)
    here.clock.move(hours=24)
    meanwhile = Line(here, here.shown())
    assert meanwhile.ring() == f"dial {BEN}"
    here.clock.move(hours=-24, seconds=60)
    line.leg(1, "completed", 3, 60)
    assert held(here) == {BEN}
    assert Line(here, here.shown()).ring() == f"dial {ANA}"


def test_who_talks_is_not_the_next_one_rung_either(here: Service) -> None:
    first = Line(here, here.shown())
    first.ring()
    first.dialled(1, "busy")
    first.leg(2, "in-progress", 2)  # Ben talks
    waiting = Line(here, here.shown())
    assert waiting.ring() == f"dial {ANA}"
    here.clock.move(hours=24)
    assert waiting.dialled(1, "busy") == "voicemail"


def test_who_only_rang_is_free_when_the_time_is_over(here: Service, line: Line) -> None:
    here.clock.move(minutes=10)
    assert held(here) == {ANA}
    assert Line(here, here.shown()).ring() == f"dial {ANA}"
    assert DEV not in held(here)

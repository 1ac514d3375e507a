"""An agent whom the carrier was never told to ring is free for the next caller."""

from api_stage import PUBLIC
from callweave.intake import Webhook
from callweave.simulator.forms import call_form
from callweave.storage.plans import Agent
from service import Line, Service
from shops import DEV, FRONT_DESK, tracked

NOT_FETCHED, NOT_UNDERSTOOD = 11205, 12100


def held(here: Service) -> list[str]:
    return [agent.endpoint for agent in here.rows(Agent) if agent.call_id]


def test_an_agent_is_free_at_once_when_the_ring_never_reached_the_carrier(here: Service) -> None:
    first, next_one = (Line(here, number) for number in tracked(2))
    assert first.ring() == f"dial {DEV}"
    assert held(here) == [DEV]
    assert first.fallback(NOT_FETCHED) == f"dial {FRONT_DESK}"
    assert held(here) == []
    assert next_one.ring() == f"dial {DEV}"


def test_so_is_one_whose_callers_fallback_was_answered_without_us(here: Service) -> None:
    line = Line(here, tracked(1)[0])
    line.ring()
    trouble = {"ErrorCode": str(NOT_FETCHED), "ErrorUrl": f"{PUBLIC}/voice/ring"}
    form = call_form(line.party, "ringing") | trouble
    here.parts.intake.take(Webhook("fallback", None, tuple(form.items()), here.clock()), "<x/>")
    assert held(here) == []


def test_one_who_may_ring_by_now_is_held(here: Service) -> None:
    line = Line(here, tracked(1)[0])
    line.ring()
    line.fallback(NOT_UNDERSTOOD)
    assert held(here) == [DEV]


def test_one_whose_phone_was_told_of_is_held(here: Service) -> None:
    line = Line(here, tracked(1)[0])
    line.ring()
    line.leg(1, "ringing")
    line.fallback(NOT_FETCHED)
    assert held(here) == [DEV]

"""Webhooks that were answered without the database, and are taken in when it is back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from callweave.intake import Webhook
from callweave.simulator.forms import call_form, progress_form, ring_form
from callweave.storage.calls import CallReport, Leg
from callweave.storage.database import Database
from callweave.storage.plans import Agent
from callweave.storage.set_aside import SetAside
from service import Line, Service, service
from shops import ANA, shop

SITE_DESK = "+441614960199"
FRONT_DESK_RANG = f"<Response><Dial>{SITE_DESK}</Dial></Response>"


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url, replace(shop(2), default_destination=SITE_DESK)) as here:
        yield here


def hook(here: Service, kind: str, form: dict[str, str], leg: str | None = None) -> Webhook:
    return Webhook(kind, leg, tuple(form.items()), here.clock())


def take_ring(here: Service, line: Line) -> None:
    here.parts.intake.take(hook(here, "ring", ring_form(line.party)), FRONT_DESK_RANG)


def dialled(line: Line, status: str) -> dict[str, str]:
    return call_form(line.party, "in-progress") | {"DialCallStatus": status}


def answers(here: Service) -> dict[str, str | None]:
    return {report.key: report.answer for report in here.rows(CallReport)}


def nobody_is_held(here: Service) -> bool:
    return {agent.call_id for agent in here.rows(Agent)} == {None}


def test_a_ring_becomes_a_call_that_fell_back_and_decides_nothing(here: Service) -> None:
    line = Line(here, here.shown())
    take_ring(here, line)
    call = here.call(line)
    assert (call.state, call.fell_back, call.decision) == ("ringing", True, None)
    assert (call.match_status, call.rung_at) == ("exclusive", here.clock())
    assert here.rows(Leg) == []
    assert nobody_is_held(here)


def test_what_was_given_is_given_again(here: Service) -> None:
    line = Line(here, here.shown())
    take_ring(here, line)
    again = line.send("ring", ring_form(line.party))
    assert again.text == FRONT_DESK_RANG


def test_taking_in_twice_is_taking_in_once(here: Service) -> None:
    line = Line(here, here.shown())
    ring = hook(here, "ring", ring_form(line.party))
    here.parts.intake.take(ring, FRONT_DESK_RANG)
    once = here.snapshot()
    here.parts.intake.take(replace(ring, at=ring.at + timedelta(hours=1)), "other words")
    assert here.snapshot() == once


def test_a_failed_dial_rings_nobody_once_it_has_been_answered(here: Service) -> None:
    line = Line(here, here.shown())
    assert line.ring() == f"dial {ANA}"
    here.parts.intake.take(hook(here, "dialled", dialled(line, "busy"), "1"), FRONT_DESK_RANG)
    (leg,) = here.rows(Leg)
    assert (leg.state, leg.result) == ("ended", "busy")
    assert answers(here)["dialled:1"] == FRONT_DESK_RANG
    assert nobody_is_held(here)


def test_a_status_ends_the_call_as_ever(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    form = call_form(line.party, "no-answer")
    here.parts.intake.take(hook(here, "status", form), None)
    assert (here.call(line).state, here.call(line).result) == ("ended", "missed")
    assert nobody_is_held(here)


def test_a_legs_report_without_its_call_waits_for_it(here: Service) -> None:
    line = Line(here, here.shown())
    form = progress_form(line.leg_party(1), "in-progress", here.clock(), 2, None)
    here.parts.intake.take(hook(here, "whisper", form, "1"), "words")
    assert here.calls() == []
    assert answers(here)["whisper:1"] == "words"


@pytest.mark.parametrize("leg", [None, "1' or\x00"])
def test_what_makes_no_sense_is_set_aside_once_with_its_reason(
    here: Service, leg: str | None
) -> None:
    broken = hook(here, "ring", {"CallSid": "CA1", "From": "+44\x00", "AccountSid": "AC1"}, leg)
    for _ in range(2):
        here.parts.intake.take(broken, FRONT_DESK_RANG)
    (kept,) = here.rows(SetAside)
    assert (kept.kind, kept.reason) == ("ring", "AccountSid is not ours")
    assert (kept.given, kept.settled_at) == (FRONT_DESK_RANG, None)
    assert tuple(map(tuple, kept.fields)) == broken.fields

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from callweave.simulator.books import BookedCall, BookedOutcome, Figures, balance
from callweave.simulator.browsing import Shop
from callweave.simulator.carrier import Account, Carrier, numbers_at
from callweave.simulator.history import History
from callweave.simulator.ledger import LedgerCall
from callweave.simulator.people import AddressBook, Temperament
from callweave.simulator.traffic import Journey, Traffic
from stand_in_service import TOKEN, Form, Heard, Reply, Script, StandIn, stand_in, twiml

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TRACKED, BROCHURE, ANA = "+442079460123", "+442079460099", "+441614960001"


def dial(form: Form) -> str:
    attributes = f'answerOnBridge="true" action="/voice/dialled" callerId="{form["To"]}"'
    return twiml(f"<Dial {attributes}>{ANA}</Dial>")


def voicemail_unless_bridged(form: Form) -> str:
    record = '<Say>Later?</Say><Record action="/voice/voicemail"/>'
    return twiml("<Hangup/>" if form["DialBridged"] == "true" else record)


PHONE_SIDE: Script = {
    "/voice/ring": dial,
    "/voice/fallback": dial,
    "/voice/dialled": voicemail_unless_bridged,
    "/voice/voicemail": twiml("<Hangup/>"),
}


def lend(assignment: str = "exclusive") -> Script:
    ids = count()

    def answer(form: Form) -> Reply:
        visit = json.loads(form["json"])["visit"] or f"vs_{next(ids)}"
        number = {"pool": "main", "e164": TRACKED, "assignment": assignment}
        body = {"visitor": "vr_1", "visit": visit, "numbers": [number]}
        return Reply(json.dumps(body), 201, "application/json")

    return {**PHONE_SIDE, "/v1/visits": answer}


@contextmanager
def traffic(script: Script) -> Iterator[tuple[StandIn, Traffic]]:
    with stand_in(script) as service:
        numbers = numbers_at(service.base, [TRACKED, BROCHURE])
        people = AddressBook({ANA: Temperament()})
        carrier = Carrier(Account("AC1", TOKEN), numbers, people)
        shop = Shop(service.base, "st_1", f"{service.base}/demo/", "main", BROCHURE)
        yield service, Traffic(shop, carrier, "cw_live_x", seed=3)


def book(call: LedgerCall) -> BookedCall:
    return BookedCall(call.sid, over=True, duration_s=call.duration, answered_by=call.answered_by)


def bodies(heard: list[Heard]) -> list[dict[str, Any]]:
    return [json.loads(request.form["json"]) for request in heard]


def play(script: Script, journeys: int = 40) -> tuple[StandIn, list[Journey], Traffic]:
    with traffic(script) as (service, running):
        return service, sorted(running.play(journeys), key=lambda each: each.plan.number), running


def test_journeys_read_call_and_record_an_outcome() -> None:
    service, journeys, running = play(lend())
    assert [journey.plan.number for journey in journeys] == list(range(40))
    assert not any(journey.troubles for journey in journeys)
    calls = [journey.call for journey in journeys if journey.call]
    assert len(calls) == len(running.carrier.ledger.calls()) > 15
    taps = sum(request.path.endswith("/events") for request in service.heard)
    assert taps == sum(journey.assignment == "exclusive" for journey in journeys) > 10
    owed = [journey.owed for journey in journeys if journey.owed]
    assert len(owed) == sum(request.path.endswith("/outcome") for request in service.heard) > 8


def test_the_visit_is_carried_from_page_to_page() -> None:
    with traffic(lend()) as (service, running):
        plan = running.play_one(0).plan
    pages = bodies(service.at("/v1/visits"))
    assert len(pages) == sum(len(visit.pages) for visit in plan.visits)
    assert [page["visit"] for page in pages] == [None] + ["vs_0"] * (len(pages) - 1)
    assert pages[1]["page"]["referrer"] == pages[0]["page"]["url"]


def test_what_happens_does_not_depend_on_what_runs_beside_it() -> None:
    def told(at_once: int) -> Mapping[int, tuple[object, ...]]:
        with traffic(lend()) as (_, running):
            return {
                each.plan.number: (each.call.duration, each.call.reached, each.owed)
                for each in running.play(25, at_once)
                if each.call
            }

    assert told(1) == told(6)


@pytest.mark.parametrize("visits", [lend("default"), {**lend(), "/v1/visits": Reply(status=503)}])
def test_who_was_lent_no_number_dials_the_brochure(visits: Script) -> None:
    _, journeys, _ = play(visits, 10)
    calls = [journey.call for journey in journeys if journey.call]
    assert {call.to for call in calls} == {BROCHURE}
    assert {journey.assignment for journey in journeys if journey.call} == {"brochure"}


def test_an_outcome_that_was_not_taken_is_not_owed() -> None:
    _, journeys, _ = play({**lend(), "*": Reply(status=500)}, 20)
    assert not any(journey.owed for journey in journeys)
    assert any("status 500" in trouble for each in journeys for trouble in each.troubles)


def test_the_books_balance_when_the_service_kept_what_it_heard() -> None:
    _, journeys, running = play(lend())
    calls = running.carrier.ledger.calls()
    owed = [journey.owed for journey in journeys if journey.owed]
    kept = [BookedOutcome(each.sid, each.outcome) for each in owed]
    assert balance(calls, owed, Figures([book(call) for call in calls], kept)) == []


def test_closing_the_iterator_ends_the_traffic() -> None:
    with traffic(lend()) as (_, running):
        playing = running.play(500, at_once=2)
        next(playing)
        playing.close()
        assert len(running.carrier.ledger.calls()) < 50


def test_a_history_is_lived_through_in_the_order_of_its_days() -> None:
    moments: list[datetime] = []
    with traffic(lend()) as (_, running):
        history = History(running, moments.append, NOW - timedelta(days=30), NOW)
        journeys = list(history.play(15))
    assert sorted(journey.plan.number for journey in journeys) == list(range(15))
    assert not any(journey.troubles for journey in journeys)
    assert moments == sorted(moments)
    assert moments[0] >= NOW - timedelta(days=30)
    assert moments[-1] <= NOW

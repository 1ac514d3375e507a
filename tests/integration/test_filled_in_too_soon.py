"""Reports that wait in a spool while the comparison fills them in: they come all the same, and then
nothing was missing.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from callweave.domain.calls import RepairKind
from callweave.intake import Intake
from callweave.reconciliation import Comparison
from callweave.simulator.ledger import LedgerCall
from callweave.simulator.people import Answers, Behaviour, DoesNotAnswer, Fails
from callweave.storage import repairs
from callweave.storage.calls import Call, CallReport, Leg, Repair
from callweave.storage.database import Database, DatabaseError
from callweave.telephony.filled_in import is_filled_in
from lossy_carrier import LossyCarrier, Lost, nothing, repairs_of
from service import Service, service
from shops import DEV, FRONT_DESK, PLAN, shop, tracked

(LINE,) = tracked(1)
PEOPLE: Mapping[str, Mapping[str, Behaviour]] = {
    "a talk": {FRONT_DESK: Answers(6, 300)},
    "a message": {FRONT_DESK: DoesNotAnswer()},
    "a line that fails": {FRONT_DESK: Fails()},
}


def end_status(kind: str, leg: str | None) -> bool:
    return kind == "status" and leg is None


def away(*_: object) -> None:
    raise DatabaseError("away")


def ring(here: Service, carrier: LossyCarrier, who: str, lost: Lost = nothing) -> LedgerCall:
    """While the database is away, and long enough ago for a comparison not to wait any more."""
    here.clock.move(hours=1)
    with pytest.MonkeyPatch.context() as trouble:
        trouble.setattr(Intake, "answer", away)
        call = carrier.ring(PEOPLE[who], lost)
    here.clock.move(minutes=30)
    return call


def drain(here: Service) -> None:
    assert here.parts.draining.turn()


def after(first: Callable[[], None]) -> Callable[..., None]:
    """Between the look at what is kept and the filling in of what is lacking."""
    take, began = Comparison._take, [first]

    def taken(comparison: Comparison, sid: str, lacks: Any) -> None:
        found = list(lacks)
        if began:
            began.pop()()
        take(comparison, sid, found)

    return taken


def story(here: Service, sid: str) -> dict[str, Any]:
    """All that the books tell of a call, with times from its ring on."""
    (row,) = (call for call in here.calls() if call.sid == sid)
    known = {column.name: getattr(row, column.name) for column in Call.__table__.columns}
    legs = [
        (leg.position, leg.state, leg.result, leg.duration_s, leg.ended_at - row.rung_at)
        for leg in here.rows(Leg)
        if leg.call_id == row.id
    ]
    assert row.ended_at is not None
    known |= {"ended_at": row.ended_at - row.rung_at, "day": None, "legs": legs}
    for name in ("id", "sid", "rung_at", "answered_at", "voicemail_url", "whisper"):
        del known[name]
    return known


@pytest.mark.parametrize("who", PEOPLE)
def test_a_comparison_that_overtakes_the_spool_changes_nothing_in_the_end(
    here: Service, carrier: LossyCarrier, who: str
) -> None:
    as_usual = ring(here, carrier, who)
    drain(here)
    carrier.reconcile(here.clock())
    assert repairs_of(here) == []
    overtaken = ring(here, carrier, who)
    found = carrier.reconcile(here.clock())
    assert (found.by_kind[RepairKind.CALL_MISSING], repairs_of(here)) == (1, ["call_missing"])
    drain(here)
    assert story(here, overtaken.sid) == story(here, as_usual.sid)
    assert repairs_of(here) == []
    assert not any(is_filled_in(report.form) for report in here.rows(CallReport))


def test_what_is_still_missing_was_repaired_when_it_was_filled_in(
    here: Service, carrier: LossyCarrier
) -> None:
    ring(here, carrier, "a talk", end_status)
    repaired_at = here.clock()
    carrier.reconcile(repaired_at)
    here.clock.move(minutes=5)
    drain(here)
    assert [(row.kind, row.at) for row in here.rows(Repair)] == [("end_missing", repaired_at)]


def test_what_waited_brings_what_no_list_tells(here: Service, carrier: LossyCarrier) -> None:
    ring(here, carrier, "a talk")
    rang_at = here.clock() - timedelta(minutes=30)
    carrier.reconcile(here.clock())
    before = here.calls()[0]
    assert (before.result, before.ended_by, before.country) == ("answered", None, None)
    drain(here)
    (call,) = here.calls()
    assert (call.result, call.ended_by, call.country) == ("answered", "caller", "GB")
    assert abs(call.rung_at - rang_at) < timedelta(minutes=10)


def test_a_message_is_known_before_the_spool_is_emptied(
    here: Service, carrier: LossyCarrier
) -> None:
    call = ring(here, carrier, "a message")
    carrier.reconcile(here.clock())
    told = story(here, call.sid)
    assert (told["result"], repairs_of(here)) == ("voicemail", ["call_missing"])


@pytest.mark.parametrize(
    ("lost", "kinds"),
    [
        (end_status, ["end_missing"]),
        (lambda kind, _: kind == "dialled", ["dial_missing", "leg_missing"]),
        (lambda kind, _: kind == "ring", []),  # the fallback has told of the call
    ],
)
def test_what_was_not_in_the_spool_stays_filled_in_and_counted(
    here: Service, carrier: LossyCarrier, lost: Lost, kinds: list[str]
) -> None:
    call = ring(here, carrier, "a talk", lost)
    carrier.reconcile(here.clock())
    drain(here)
    carrier.reconcile(here.clock() + timedelta(hours=1))
    told = story(here, call.sid)
    assert (told["state"], told["result"], told["duration_s"]) == ("ended", "answered", 300)
    assert repairs_of(here) == kinds


def as_always(_here: Service) -> None: ...


@pytest.mark.parametrize("meanwhile", [as_always, drain])
@pytest.mark.parametrize("who", PEOPLE)
def test_what_rang_from_memory_is_not_counted_as_the_leg_that_had_been_decided(
    database: Database, database_url: str, who: str, meanwhile: Callable[[Service], None]
) -> None:
    """Both would ring one phone. The decision was committed, its answer lost, and when the carrier
    asked again the database was away.
    """
    decided = {"default": {"targets": [{"destination": FRONT_DESK}]}}
    wanted = replace(shop(), plan={**PLAN, "rules": [], **decided})
    with service(database, database_url, wanted) as here, pytest.MonkeyPatch.context() as trouble:
        carrier, decide = LossyCarrier(here, [LINE]), Intake.answer
        here.clock.move(hours=1)

        def answer_lost(path: str, form: Mapping[str, str]) -> None:
            trouble.setattr(Intake, "answer", decide)
            here.post(path, form)
            trouble.setattr(Intake, "answer", away)

        call = carrier.ring(PEOPLE[who], lambda kind, _: kind == "ring", instead=answer_lost)
        trouble.undo()
        here.clock.move(minutes=30)
        trouble.setattr(Comparison, "_take", after(lambda: meanwhile(here)))
        carrier.reconcile(here.clock())
        trouble.undo()
        here.parts.draining.turn()
        carrier.reconcile(here.clock() + timedelta(hours=1))
        legs = {leg.position: (leg.result, leg.duration_s) for leg in here.rows(Leg)}
        assert legs.pop(1) == ("canceled", None)
        assert len(legs) == 1
        assert (here.calls()[0].state, repairs_of(here)) == ("ended", [])
        assert here.calls()[0].duration_s == call.duration


def test_a_repeat_moves_nothing_that_was_filled_in(here: Service, carrier: LossyCarrier) -> None:
    sent: list[tuple[str, Mapping[str, str]]] = []

    def wrong(path: str, form: Mapping[str, str]) -> Mapping[str, str]:
        form = {**form, "CallDuration": "9999"} if "CallDuration" in form else form
        sent.append((path, form))
        return form

    carrier.ring({DEV: Answers(6, 300)}, change=wrong)
    here.clock.move(hours=1)
    carrier.reconcile(here.clock())
    before = here.snapshot()
    for path, form in sent:
        assert here.post(path, form).status_code in {200, 204}
    assert here.snapshot() == before
    assert repairs_of(here) == ["duration_wrong"]


def test_a_repair_whose_record_cannot_be_written_is_made_again(
    here: Service, carrier: LossyCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier.ring({DEV: Answers(6, 300)}, lambda *_: True)
    here.clock.move(hours=1)
    with monkeypatch.context() as trouble:
        trouble.setattr(repairs, "record", away)
        with pytest.raises(DatabaseError):
            carrier.reconcile(here.clock())
    assert here.calls() == []
    assert carrier.reconcile(here.clock()).by_kind == {RepairKind.CALL_MISSING: 1}
    assert [row.kind for row in here.rows(Repair)] == ["call_missing"]

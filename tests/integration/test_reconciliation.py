"""Whatever the carrier could not tell us, its list of calls tells in the end."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text

from callweave import reconciliation
from callweave.domain.calls import RepairKind
from callweave.reconciliation import LONGEST_CALL
from callweave.simulator.ledger import LedgerCall
from callweave.simulator.people import (
    Answers,
    Behaviour,
    Busy,
    Caller,
    DoesNotAnswer,
    HangsUpInWhisper,
    Side,
)
from callweave.storage.calls import CallReport, Leg
from callweave.storage.database import Database
from callweave.telephony.carrier import CarrierCall, CarrierError
from listeners import deliveries, listen
from lossy_carrier import LossyCarrier, Lost, repairs_of, story
from service import CALLER, Service
from shops import ANA, DEV, FRONT_DESK, NOON, tracked

EVENING = NOON + timedelta(hours=6)
(LINE,) = tracked(1)

PEOPLE: Mapping[str, Mapping[str, Behaviour]] = {
    "a talk": {DEV: Answers(6, 300)},
    "a talk that the agent ends": {DEV: Answers(6, 90, Side.CALLEE)},
    "a whisper is enough": {DEV: HangsUpInWhisper(4)},
    "the second one talks": {DEV: Busy(), ANA: Answers(3, 40)},
    "nobody is there": {DEV: DoesNotAnswer(), ANA: DoesNotAnswer()},
    "only the front desk is there": {DEV: DoesNotAnswer(), FRONT_DESK: Answers(5, 70)},
}


def final(kind: str, leg: str | None) -> bool:
    return kind == "status" and leg is None


def of_legs(kind: str, leg: str | None) -> bool:
    return kind == "status" and leg is not None


def all_statuses(kind: str, _leg: str | None) -> bool:
    return kind == "status"


def dialled(kind: str, leg: str | None) -> bool:
    return kind == "dialled" and leg != "0"


def of_legs_and_dials(kind: str, leg: str | None) -> bool:
    return of_legs(kind, leg) or dialled(kind, leg)


def after_the_ring(kind: str, _leg: str | None) -> bool:
    return kind != "ring"


def all_but_the_fallback(kind: str, _leg: str | None) -> bool:
    return kind != "fallback"


def everything(_kind: str, _leg: str | None) -> bool:
    return True


def ended(to: str, at: datetime) -> LedgerCall:
    return LedgerCall("CA" + "1" * 32, CALLER, to, at, status="completed", over=True)


def truth(call: LedgerCall) -> tuple[str, int, str | None]:
    return "ended", call.duration, call.answered_by


@pytest.mark.parametrize(
    "lost",
    [final, of_legs, all_statuses, dialled, after_the_ring, all_but_the_fallback, everything],
)
def test_what_was_lost_is_filled_in_as_the_carrier_has_it(
    here: Service, carrier: LossyCarrier, lost: Lost
) -> None:
    calls = [carrier.ring(PEOPLE["a talk"], lost, Caller(CALLER, patience=4))]
    for people in PEOPLE.values():
        here.clock.move(minutes=10)
        calls.append(carrier.ring(people, lost))
    carrier.reconcile(EVENING)
    assert [story(here, call.sid) for call in calls] == [truth(call) for call in calls]
    done = here.snapshot()
    assert not carrier.reconcile(EVENING).by_kind
    assert here.snapshot() == done


def test_the_carrier_is_asked_while_no_transaction_is_open(
    here: Service, carrier: LossyCarrier, database_url: str
) -> None:
    """Whoever waits for a network would hold up all that wants the same rows."""
    ours = here.parts.intake.database
    hasty = Database(database_url, timeout_s=0.2)

    class Watched(list[str]):
        def append(self, asked: str) -> None:
            super().append(asked)
            with hasty.writing() as session:
                session.execute(text("UPDATE calls SET whisper = whisper"))
            assert ours.is_sqlite or ours.engine.pool.checkedout() == 0, asked  # type: ignore[attr-defined]

    for people in PEOPLE.values():
        carrier.ring(people, everything)
        carrier.ring(people, after_the_ring)
        here.clock.move(minutes=10)
    carrier.asked = Watched()
    assert carrier.reconcile(EVENING).compared == 2 * len(PEOPLE)
    assert {*carrier.asked} == {"calls", "messages"}
    hasty.close()


def test_calls_of_which_all_reports_came_need_no_repair(
    here: Service, carrier: LossyCarrier
) -> None:
    for people in PEOPLE.values():
        carrier.ring(people)
        here.clock.move(minutes=10)
    before = here.snapshot()
    found = carrier.reconcile(EVENING)
    assert (found.compared, found.by_kind) == (len(PEOPLE), {})
    assert here.snapshot() == before


@pytest.mark.parametrize(
    ("lost", "kinds"),
    [
        (final, ["end_missing"]),
        (of_legs, []),  # their dial's end has told the same
        (of_legs_and_dials, ["dial_missing", "leg_missing"]),
        (after_the_ring, ["end_missing", "leg_missing"]),
        (everything, ["call_missing"]),
    ],
)
def test_a_repair_is_recorded_by_what_was_missing(
    here: Service, carrier: LossyCarrier, lost: Lost, kinds: list[str]
) -> None:
    carrier.ring(PEOPLE["a talk"], lost)
    found = carrier.reconcile(EVENING)
    assert repairs_of(here) == kinds
    assert found.by_kind == dict.fromkeys(map(RepairKind, kinds), 1)


def test_a_call_that_lasts_is_left_alone(here: Service, carrier: LossyCarrier) -> None:
    carrier.write(LedgerCall("CA" + "1" * 32, CALLER, LINE, NOON, status="in-progress"))
    assert carrier.reconcile(EVENING).compared == 0
    assert not here.calls()


def test_callbacks_have_a_while_to_come(here: Service, carrier: LossyCarrier) -> None:
    call = carrier.ring(PEOPLE["a talk"], final)
    over = NOON + timedelta(seconds=max(entry.at for entry in call.entries))
    assert not carrier.reconcile(over + timedelta(seconds=119)).by_kind
    assert carrier.reconcile(over + timedelta(seconds=120)).by_kind
    assert story(here, call.sid) == truth(call)


@pytest.mark.parametrize("hours", [-24, 4])
def test_clocks_that_differ_keep_nothing_from_being_repaired(
    here: Service, carrier: LossyCarrier, hours: int
) -> None:
    call = carrier.ring(PEOPLE["a talk"], final)
    ours = NOON + timedelta(hours=hours, minutes=10)
    carrier.reconcile(ours, since=ours - timedelta(minutes=15))
    assert story(here, call.sid) == truth(call)


def test_a_callback_that_comes_after_the_repair_changes_nothing(
    here: Service, carrier: LossyCarrier
) -> None:
    late: list[tuple[str, Mapping[str, str]]] = []

    def lost(path: str, form: Mapping[str, str]) -> None:
        late.append((path, form))

    call = carrier.ring(PEOPLE["a talk"], all_statuses, instead=lost)
    carrier.reconcile(EVENING)
    before = [(row.id, row.state, row.result, row.duration_s) for row in here.calls()]
    for path, form in late:
        assert here.post(path, form).status_code == 204
    assert [(row.id, row.state, row.result, row.duration_s) for row in here.calls()] == before
    assert story(here, call.sid) == truth(call)
    keys = [(row.call_sid, row.key) for row in here.rows(CallReport)]
    assert len(keys) == len(set(keys))


def test_the_carriers_figure_wins_over_ours(here: Service, carrier: LossyCarrier) -> None:
    def wrong(_path: str, form: Mapping[str, str]) -> Mapping[str, str]:
        return {**form, "CallDuration": "9999"} if "CallDuration" in form else form

    call = carrier.ring(PEOPLE["a talk"], change=wrong)
    assert story(here, call.sid) == ("ended", 9999, DEV)
    carrier.reconcile(EVENING)
    assert story(here, call.sid) == truth(call)
    assert [leg.duration_s for leg in here.rows(Leg)] == [301]
    assert repairs_of(here) == ["duration_wrong"]


def test_a_call_to_a_number_of_somebody_else_is_not_ours(
    here: Service, carrier: LossyCarrier
) -> None:
    carrier.write(
        LedgerCall("CA" + "1" * 32, CALLER, "+12025550100", NOON, status="completed", over=True)
    )
    carrier.reconcile(EVENING)
    assert not here.calls()


def test_a_number_that_points_elsewhere_is_not_ours(here: Service, carrier: LossyCarrier) -> None:
    carrier.elsewhere = ["+12025550100"]
    carrier.write(ended("+12025550100", NOON))
    carrier.reconcile(EVENING)
    assert not here.calls()


def test_a_call_that_somebody_made_from_the_account_is_not_ours(
    here: Service, carrier: LossyCarrier
) -> None:
    carrier.write(ended(LINE, NOON))
    (inbound,) = carrier.calls(NOON)
    assert isinstance(inbound, CarrierCall)
    carrier.carriers.clear()
    carrier.others = [replace(inbound, direction="outbound-api")]
    assert carrier.reconcile(EVENING).compared == 0
    assert not here.calls()


def test_a_number_that_points_to_us_at_the_carrier_is_ours(
    here: Service, carrier: LossyCarrier
) -> None:
    carrier.lines = [LINE, "+12025550100"]
    carrier.write(
        LedgerCall("CA" + "1" * 32, CALLER, "+12025550100", NOON, status="completed", over=True)
    )
    carrier.reconcile(EVENING)
    assert [call.account_id for call in here.calls()] == [None]


def test_what_rang_before_the_number_was_ours_is_not_adopted(
    here: Service, carrier: LossyCarrier
) -> None:
    before = NOON - timedelta(seconds=1)
    carrier.write(ended(LINE, before))
    carrier.reconcile(EVENING)
    assert not here.calls()


def test_an_adopted_call_is_matched_with_the_visit_that_held_the_number_then(
    here: Service, carrier: LossyCarrier
) -> None:
    carrier.lines = [here.shown()]
    rang_at = here.clock.move(minutes=1)
    call = carrier.ring(PEOPLE["a talk"], everything)
    here.clock.move(hours=5)
    carrier.reconcile(EVENING)
    (row,) = here.calls()
    assert (row.sid, row.rung_at, row.match_status) == (call.sid, rang_at, "exclusive")
    assert row.fell_back


def test_a_call_that_began_long_before_is_compared_when_it_ends(
    here: Service, carrier: LossyCarrier
) -> None:
    call = carrier.ring({DEV: Answers(6, 4 * 3600 - 60)}, final)
    ended_at = NOON + timedelta(hours=4)
    carrier.reconcile(ended_at + timedelta(minutes=5), since=ended_at - timedelta(minutes=10))
    assert story(here, call.sid) == truth(call)
    assert timedelta(hours=4, minutes=10) < LONGEST_CALL


def test_a_call_that_the_carrier_does_not_know_is_ended_after_a_day(
    here: Service, carrier: LossyCarrier
) -> None:
    call = carrier.ring(PEOPLE["a talk"], after_the_ring)
    carrier.carriers.clear()
    assert not carrier.reconcile(NOON + timedelta(hours=24)).by_kind
    assert "call" not in carrier.asked
    carrier.reconcile(NOON + timedelta(hours=24, seconds=1))
    assert story(here, call.sid) == ("ended", None, None)
    assert repairs_of(here) == ["unknown_to_carrier"]


def test_a_call_that_has_left_the_window_is_asked_for_by_name(
    here: Service, carrier: LossyCarrier
) -> None:
    call = carrier.ring(PEOPLE["a talk"], after_the_ring)
    later = NOON + timedelta(days=3)
    carrier.reconcile(later, since=later - timedelta(minutes=15))
    assert story(here, call.sid) == truth(call)


def test_calls_that_are_as_they_should_be_cost_two_questions_for_all_of_them(
    here: Service, carrier: LossyCarrier
) -> None:
    for people in PEOPLE.values():
        carrier.ring(people)
        here.clock.move(minutes=10)
    asked: list[str] = []

    def ask(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    engine = here.parts.intake.database.engine
    event.listen(engine, "before_cursor_execute", ask)
    carrier.reconcile(EVENING)
    event.remove(engine, "before_cursor_execute", ask)
    of_forgotten = 1
    assert len([each for each in asked if each.startswith("SELECT")]) == 2 + of_forgotten


def test_a_list_that_breaks_off_is_healed_by_the_next_comparison(
    here: Service, carrier: LossyCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "LOT", 2)
    calls = []
    for _ in range(4):
        calls.append(carrier.ring(PEOPLE["a talk"], everything))
        here.clock.move(minutes=10)
    carrier.breaks_after = 6
    with pytest.raises(CarrierError):
        carrier.reconcile(EVENING)
    assert 0 < len(here.calls()) < len(calls)
    carrier.breaks_after = None
    carrier.reconcile(EVENING)
    assert [story(here, call.sid) for call in calls] == [truth(call) for call in calls]


def test_calls_around_midnight_are_compared_too(here: Service, carrier: LossyCarrier) -> None:
    here.clock.at = NOON + timedelta(hours=11, minutes=58)
    call = carrier.ring(PEOPLE["a talk"], everything)
    carrier.reconcile(NOON + timedelta(hours=12, minutes=10))
    assert story(here, call.sid) == truth(call)


def test_a_repaired_call_is_told_to_destinations_like_any_other(
    here: Service, carrier: LossyCarrier
) -> None:
    hooks = listen(here.database, here.site.account_id)
    carrier.ring({FRONT_DESK: Answers(5, 70)}, all_but_the_fallback)
    carrier.reconcile(EVENING)
    (told,) = deliveries(here.database, destination_id=hooks)
    assert told.type == "call.completed"
    assert json.loads(told.body)["data"]["call"]["result"] == "answered"

"""One call that nobody can read keeps no other from being repaired."""

import logging
from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import update

from callweave import reconciliation
from callweave.simulator.people import Answers
from callweave.storage import callbook
from callweave.storage.calls import CallReport
from callweave.storage.database import Database, DatabaseError
from callweave.telephony.carrier import CarrierError, Unreadable
from lossy_carrier import LossyCarrier, repairs_of, story
from service import Service
from shops import DEV, NOON

EVENING = NOON + timedelta(hours=6)
DAYS_LATER = NOON + timedelta(days=3)
TALK = {DEV: Answers(6, 300)}


def final(kind: str, leg: str | None) -> bool:
    return kind == "status" and leg is None


def after_the_ring(kind: str, _leg: str | None) -> bool:
    return kind != "ring"


def five(here: Service, carrier: LossyCarrier) -> list[str]:
    """Calls that lack their ends."""
    sids = []
    for _ in range(5):
        sids.append(carrier.ring(TALK, after_the_ring).sid)
        here.clock.move(minutes=10)
    return sids


def states(here: Service, sids: list[str]) -> list[str]:
    return [story(here, sid)[0] for sid in sids]


def spoil(database: Database, sid: str) -> None:
    """What is kept of this call breaks whoever reads it."""
    with database.writing() as session:
        session.execute(
            update(CallReport).where(CallReport.call_sid == sid).values(form=["nonsense"])
        )


def test_a_call_that_breaks_the_comparison_is_told_and_all_others_are_repaired(
    here: Service, carrier: LossyCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    sids = five(here, carrier)
    spoil(here.database, sids[2])
    found = carrier.reconcile(EVENING)
    assert states(here, sids) == ["ended", "ended", "ringing", "ended", "ended"]
    assert (found.compared, found.unreadable) == (4, 1)
    (line,) = [vars(each) for each in caplog.records if each.message == "a call cannot be compared"]
    assert (line["call"], line["levelno"]) == (sids[2], logging.ERROR)


def test_a_report_of_a_newer_version_is_no_hindrance(here: Service, carrier: LossyCarrier) -> None:
    (sid, *_) = five(here, carrier)
    strange = {"CallSid": sid, "CallStatus": "daydreaming"}
    with here.database.writing() as session:
        session.add(
            CallReport(call_sid=sid, key="status::x", kind="status", received_at=NOON, form=strange)
        )
    assert carrier.reconcile(EVENING).unreadable == 0
    assert story(here, sid)[0] == "ended"


def test_a_line_of_the_list_that_makes_no_sense_is_told_and_all_others_are_compared(
    here: Service, carrier: LossyCarrier, caplog: pytest.LogCaptureFixture
) -> None:
    sids = five(here, carrier)
    carrier.unreadable = [Unreadable("CA9", "end_time")]
    found = carrier.reconcile(EVENING)
    assert (found.compared, found.unreadable) == (5, 1)
    assert states(here, sids) == ["ended"] * 5
    assert "the carrier does not tell of a call" in caplog.text


@pytest.mark.parametrize("said", [Unreadable("CA9", "duration"), CarrierError("answered 500")])
def test_a_forgotten_call_that_the_carrier_does_not_tell_of_keeps_no_other_waiting(
    here: Service, carrier: LossyCarrier, said: Unreadable | CarrierError
) -> None:
    sids = five(here, carrier)
    carrier.by_name[sids[0]] = said
    found = carrier.reconcile(DAYS_LATER, since=DAYS_LATER)
    assert states(here, sids) == ["ringing"] + ["ended"] * 4
    assert found.unreadable == 1


def test_a_carrier_that_tells_of_none_is_away(here: Service, carrier: LossyCarrier) -> None:
    for sid in five(here, carrier):
        carrier.by_name[sid] = CarrierError("answered 500")
    with pytest.raises(CarrierError):
        carrier.reconcile(DAYS_LATER, since=DAYS_LATER)
    assert carrier.asked.count("call") == 3


def test_of_many_forgotten_calls_all_have_their_turn(
    here: Service, carrier: LossyCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "MOST_FORGOTTEN", 2)
    sids = five(here, carrier)
    for sid in sids[:4]:
        carrier.by_name[sid] = Unreadable(sid, "all of it")
    for minute in range(3):
        moment = DAYS_LATER + timedelta(minutes=minute)
        carrier.reconcile(moment, since=moment)
    assert carrier.asked.count("call") == 6
    assert states(here, sids) == ["ringing"] * 4 + ["ended"]


def too_long(_path: str, form: Mapping[str, str]) -> Mapping[str, str]:
    return {**form, "CallDuration": "9999"} if "CallDuration" in form else form


def fails(*_: object) -> None:
    raise DatabaseError("full")


def test_a_report_that_is_corrected_stays_until_the_other_is_kept(
    here: Service, carrier: LossyCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    sid = carrier.ring(TALK, change=too_long).sid
    with monkeypatch.context() as broken:
        broken.setattr(callbook, "write_report", fails)
        with pytest.raises(DatabaseError):
            carrier.reconcile(EVENING)
    assert "status::completed" in {row.key for row in here.rows(CallReport) if row.call_sid == sid}
    carrier.reconcile(EVENING)
    assert story(here, sid)[1] != 9999
    assert repairs_of(here) == ["duration_wrong"]

"""A message is found, though nothing that was to tell of it ever came."""

from datetime import timedelta

import pytest

from callweave import reconciliation
from callweave.domain.calls import RepairKind
from callweave.simulator.ledger import LedgerCall
from callweave.simulator.listing import messages
from callweave.simulator.people import Answers, Caller, DoesNotAnswer
from callweave.telephony.carrier import CarrierError
from lossy_carrier import LossyCarrier, Lost, nothing, repairs_of
from service import ACCOUNT, CALLER, Service
from shops import DEV, tracked

(LINE,) = tracked(1)
NOBODY = {DEV: DoesNotAnswer()}


def message(kind: str, _leg: str | None) -> bool:
    return kind in {"voicemail", "recording", "fallback"}


def message_and_end(kind: str, leg: str | None) -> bool:
    return message(kind, leg) or (kind == "status" and leg is None)


def leaves_message(here: Service, carrier: LossyCarrier, lost: Lost = nothing) -> LedgerCall:
    call = carrier.ring(NOBODY, lost)
    assert messages(call)
    here.clock.move(minutes=30)
    return call


@pytest.mark.parametrize(
    ("lost", "kinds"),
    [
        (message, ["message_missing"]),
        (message_and_end, ["end_missing", "message_missing"]),
    ],
)
def test_a_message_that_nothing_told_of_is_found(
    here: Service, carrier: LossyCarrier, lost: Lost, kinds: list[str]
) -> None:
    (left,) = messages(leaves_message(here, carrier, lost))
    carrier.reconcile(here.clock())
    (call,) = here.calls()
    assert (call.state, call.result, call.voicemail_s) == ("ended", "voicemail", left.seconds)
    assert call.voicemail_url
    assert call.voicemail_url.endswith(left.recording)
    assert repairs_of(here) == kinds
    before = here.snapshot()
    assert not carrier.reconcile(here.clock()).by_kind
    assert here.snapshot() == before


@pytest.mark.parametrize("lost", [nothing, lambda kind, _: kind in {"voicemail", "fallback"}])
def test_nobody_is_asked_about_a_message_that_is_known(
    here: Service, carrier: LossyCarrier, lost: Lost
) -> None:
    leaves_message(here, carrier, lost)
    assert not carrier.reconcile(here.clock()).by_kind
    assert "messages" not in carrier.asked


def test_nobody_is_asked_about_who_talked_or_gave_up(here: Service, carrier: LossyCarrier) -> None:
    carrier.ring({DEV: Answers(6, 300)}, message_and_end)
    carrier.ring({DEV: Answers(6, 300)}, caller=Caller(CALLER, patience=3))
    here.clock.move(minutes=30)
    carrier.reconcile(here.clock())
    assert "messages" not in carrier.asked


def test_who_said_nothing_was_missed(here: Service, carrier: LossyCarrier) -> None:
    carrier.ring(NOBODY, caller=Caller(CALLER, message=0))
    here.clock.move(minutes=30)
    assert not carrier.reconcile(here.clock()).by_kind
    assert carrier.asked.count("messages") == 1
    assert [call.result for call in here.calls()] == ["missed"]


def test_a_report_that_comes_after_all_takes_its_place(
    here: Service, carrier: LossyCarrier
) -> None:
    late: list[tuple[str, dict[str, str]]] = []
    carrier.ring(NOBODY, message, instead=lambda path, form: late.append((path, dict(form))))
    here.clock.move(minutes=30)
    carrier.reconcile(here.clock())
    assert repairs_of(here) == ["message_missing"]
    for path, form in late:
        assert here.post(path, form).status_code in {200, 204}
    assert repairs_of(here) == []
    url = here.calls()[0].voicemail_url
    assert url
    assert f"/Accounts/{ACCOUNT}/Recordings/" in url


def test_a_carrier_that_does_not_tell_of_messages_tells_of_all_else(
    here: Service, carrier: LossyCarrier
) -> None:
    for _ in range(3):
        leaves_message(here, carrier, message_and_end)
    carrier.keeps_quiet = CarrierError("answered 403")
    assert carrier.reconcile(here.clock()).by_kind == {RepairKind.END_MISSING: 3}
    assert carrier.asked.count("messages") == 1
    carrier.keeps_quiet = None
    assert carrier.reconcile(here.clock()).by_kind == {RepairKind.MESSAGE_MISSING: 3}


def test_calls_that_nobody_took_keep_no_comparison_busy_for_long(
    here: Service, carrier: LossyCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "MOST_ASKED", 2)
    broken = leaves_message(here, carrier, message_and_end)
    for _ in range(4):
        leaves_message(here, carrier, message)
    found = carrier.reconcile(here.clock() + timedelta(hours=1))
    assert found.by_kind == {RepairKind.MESSAGE_MISSING: 3, RepairKind.END_MISSING: 1}
    told = {call.sid: call.result for call in here.calls()}
    assert told.pop(broken.sid) == "voicemail"
    assert sorted(str(each) for each in told.values()) == ["missed"] * 2 + ["voicemail"] * 2

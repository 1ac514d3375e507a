"""What the carrier's forms mean, whatever is missing, empty or strange in them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.calls import (
    CallStatus,
    Dialled,
    FellBack,
    LegStatus,
    Report,
    Ring,
    Status,
    Voicemail,
    Whispered,
)
from callweave.domain.phone import Caller
from callweave.telephony.callbacks import (
    UnreadableError,
    leg_position,
    read_inbound,
    read_report,
    report_key,
)

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
TOLD = datetime(2026, 11, 18, 11, 59, 58, tzinfo=UTC)
TIMESTAMP = {"Timestamp": "Wed, 18 Nov 2026 11:59:58 +0000"}
SID, CHILD = "CA" + "1" * 32, "CA" + "2" * 32
URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"
MESSAGE = {"RecordingSid": "RE1", "RecordingUrl": URL, "RecordingDuration": "12"}
KINDS = st.sampled_from(["ring", "fallback", "dialled", "whisper", "status", "voicemail"])
FIELDS = (
    "CallStatus",
    "DialCallStatus",
    "DialBridged",
    "DialCallDuration",
    "SequenceNumber",
    "CallDuration",
    "Timestamp",
    "RecordingSid",
    "RecordingUrl",
    "RecordingDuration",
    "ErrorCode",
)
VALUES = st.text(max_size=20) | st.sampled_from(["completed", "true", "60", URL, "RE1", "busy"])


@pytest.mark.parametrize(
    ("kind", "leg", "form", "report"),
    [
        ("ring", None, {}, Ring(NOON)),
        ("ring", None, TIMESTAMP, Ring(TOLD)),
        ("fallback", None, {"ErrorCode": "11200"}, FellBack(NOON, 11200)),
        ("fallback", None, {"ErrorCode": "many"}, FellBack(NOON, None)),
        ("whisper", "2", {}, Whispered("2", NOON)),
        ("voicemail", None, MESSAGE, Voicemail("RE1", URL, 12, NOON)),
        ("voicemail", None, MESSAGE | {"RecordingDuration": ""}, Voicemail("RE1", URL, None, NOON)),
        (
            "recording",
            None,
            MESSAGE | {"RecordingSource": "RecordVerb", "RecordingStatus": "completed"},
            Voicemail("RE1", URL, 12, NOON),
        ),
        (
            "status",
            None,
            {"CallStatus": "completed", "CallDuration": "61", "Duration": "2"} | TIMESTAMP,
            CallStatus(Status.COMPLETED, TOLD, 61),
        ),
        (
            "status",
            "1",
            {"CallStatus": "in-progress", "SequenceNumber": "2"} | TIMESTAMP,
            LegStatus("1", Status.IN_PROGRESS, TOLD, 2, None),
        ),
        (
            "dialled",
            "1",
            {"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "60"},
            Dialled("1", Status.COMPLETED, NOON, bridged=True, duration_s=60),
        ),
        (
            "dialled",
            "1",
            {"DialCallStatus": "no-answer", "DialBridged": "", "CallStatus": "in-progress"},
            Dialled("1", Status.NO_ANSWER, NOON, call_status=Status.IN_PROGRESS),
        ),
        (
            "dialled",
            "0",
            {"DialCallStatus": "busy", "DialBridged": "FALSE", "CallStatus": "dreaming"},
            Dialled("0", Status.BUSY, NOON, bridged=False),
        ),
    ],
)
def test_a_form_becomes_the_report_that_it_means(
    kind: str, leg: str | None, form: dict[str, str], report: Report
) -> None:
    assert read_report(kind, leg, form, NOON) == report


@pytest.mark.parametrize(
    ("kind", "leg", "form"),
    [
        ("status", None, {"CallStatus": "dreaming"}),
        ("status", "1", {}),
        ("dialled", "1", {"DialCallStatus": ""}),
        ("dialled", None, {"DialCallStatus": "busy"}),
        ("whisper", None, {}),
        ("ring", "1", {}),
        ("voicemail", None, {"RecordingSid": "RE1"}),
        ("voicemail", None, MESSAGE | {"RecordingUrl": "javascript:alert(1)"}),
        ("voicemail", None, MESSAGE | {"RecordingSid": ""}),
        ("sms", None, {}),
    ],
)
def test_what_makes_no_sense_is_unreadable(
    kind: str, leg: str | None, form: dict[str, str]
) -> None:
    with pytest.raises(UnreadableError):
        read_report(kind, leg, form, NOON)


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("Wed, 18 Nov 2026 11:59:58 +0000", TOLD),
        ("Wed, 18 Nov 2026 12:59:58 +0100", TOLD),
        ("Wed, 18 Nov 2026 11:59:58 GMT", TOLD),
        ("Wed, 18 Nov 2026 11:59:58 -0000", TOLD),
        ("", NOON),
        ("yesterday", NOON),
        ("Wed, 99 Nov 2026 11:59:58 +0000", NOON),
        ("Wed, 18 Nov 99999 11:59:58 +0000", NOON),
        ("Fri, 31 Dec 9999 23:59:59 -2300", NOON),
    ],
)
def test_the_carriers_time_counts_where_it_can_be_read(told: str, at: datetime) -> None:
    assert read_report("ring", None, {"Timestamp": told}, NOON) == Ring(at)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("60", 60),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("\u0661", None),
        ("9" * 9, 10**6),
        ("9" * 10, None),
    ],
)
def test_a_number_is_read_only_where_it_is_one(told: str, seconds: int | None) -> None:
    form = {"CallStatus": "completed", "CallDuration": told}
    assert read_report("status", None, form, NOON) == CallStatus(Status.COMPLETED, NOON, seconds)


@given(KINDS, st.none() | st.just("1"), st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_a_form_is_read_or_unreadable_and_nothing_else(
    kind: str, leg: str | None, form: dict[str, str]
) -> None:
    try:
        report = read_report(kind, leg, form, NOON)
    except UnreadableError:
        return
    assert read_report(kind, leg, dict(reversed(form.items())), NOON) == report
    assert len(report_key(kind, leg, form)) <= 120


@pytest.mark.parametrize(
    ("form", "sid"),
    [
        ({"CallSid": SID}, SID),
        ({"CallSid": CHILD, "ParentCallSid": SID}, SID),
        ({"CallSid": SID, "ParentCallSid": ""}, SID),
    ],
)
def test_every_report_is_about_the_callers_side(form: dict[str, str], sid: str) -> None:
    assert read_inbound(form).call_sid == sid


@pytest.mark.parametrize(
    "sid", ["", "CA1", SID + "0", SID + "\n", "CA" + "A" * 32, "CA" + "\u0661" * 32]
)
def test_a_call_without_a_proper_id_is_unreadable(sid: str) -> None:
    with pytest.raises(UnreadableError):
        read_inbound({"CallSid": sid})


def test_a_caller_may_be_anybody_or_nobody() -> None:
    form = {"CallSid": SID, "To": "x" * 99, "From": "+447700900123", "FromCountry": "GB"}
    inbound = read_inbound(form)
    assert inbound.caller == Caller("+447700900123", "GB")
    assert inbound.to == "x" * 64
    assert read_inbound({"CallSid": SID}).caller == Caller(None, None)


@pytest.mark.parametrize("leg", ["0", "1", "99", None])
def test_a_mark_of_ours_is_known(leg: str | None) -> None:
    assert leg_position(leg) == leg


@pytest.mark.parametrize("leg", ["", "100", "-1", "1 ", "1\n", "x", "\u0661"])
def test_any_other_mark_is_unreadable(leg: str) -> None:
    with pytest.raises(UnreadableError):
        leg_position(leg)


def test_one_event_has_one_key_and_two_have_two() -> None:
    status = {"CallStatus": "ringing", "SequenceNumber": "1"}
    keys = [
        report_key("ring", None, {}),
        report_key("fallback", None, {}),
        report_key("dialled", "1", {}),
        report_key("dialled", "2", {}),
        report_key("whisper", "1", {}),
        report_key("status", None, status),
        report_key("status", "1", status),
        report_key("status", "1", status | {"CallStatus": "completed"}),
        report_key("voicemail", None, MESSAGE),
        report_key("voicemail", None, MESSAGE | {"RecordingSid": "RE2"}),
    ]
    assert len(set(keys)) == len(keys)
    moved = {"CallStatus": "ringing", "SequenceNumber1": ""}
    assert report_key("status", "1", moved) == report_key("status", "1", status)

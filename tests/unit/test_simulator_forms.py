from datetime import UTC, datetime

import pytest

from callweave.simulator.forms import Party, call_form, final_form, place_of, progress_form

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PARTY = Party("AC1", "CA1", "+14155550123", "+442079460123")


def test_unknown_geography_is_sent_as_empty_text_and_twice() -> None:
    form = call_form(Party("AC1", "CA1", "+447700900123", "+442079460123"), "ringing")
    assert form["FromCity"] == form["CallerCity"] == ""
    assert form["ToCity"] == form["CalledCity"] == "LONDON"
    assert form["FromCountry"] == "GB"
    assert form["Caller"] == form["From"]


def test_only_american_callers_come_with_an_attestation() -> None:
    assert call_form(PARTY, "ringing")["StirVerstat"] == "TN-Validation-Passed-A"
    assert "StirVerstat" not in call_form(Party("AC1", "CA1", "+447700900123", "+1"), "ringing")


@pytest.mark.parametrize("number", ["anonymous", "+266696687", "sip:kim@pbx.example"])
def test_a_withheld_caller_comes_from_nowhere(number: str) -> None:
    assert place_of(number).country == ""


def test_the_parent_is_named_only_on_child_legs() -> None:
    child = Party("AC1", "CA2", "+14155550123", "+441614960001", "outbound-dial", "CA1")
    assert call_form(child, "ringing")["ParentCallSid"] == "CA1"
    assert "ParentCallSid" not in call_form(PARTY, "ringing")


def test_times_are_rfc_2822_and_durations_come_at_the_end() -> None:
    form = progress_form(PARTY, "ringing", NOON, 1, None)
    assert form["Timestamp"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert form["SequenceNumber"] == "1"
    assert "CallDuration" not in form


@pytest.mark.parametrize(("seconds", "minutes"), [(0, "0"), (1, "1"), (60, "1"), (61, "2")])
def test_a_minute_begun_is_a_minute(seconds: int, minutes: str) -> None:
    form = final_form(PARTY, "completed", NOON, seconds)
    assert (form["CallDuration"], form["Duration"]) == (str(seconds), minutes)

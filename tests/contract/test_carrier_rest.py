"""Twilio's own library, through our client and on its own, against the simulated carrier."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.rest import Client

from callweave.simulator import listing, paging, rest
from callweave.simulator.ledger import Bridged, Ended, LegEnded, MessageLeft, Rung
from callweave.simulator.line import NumberConfig
from callweave.telephony import carrier as our_side
from callweave.telephony import line
from callweave.telephony.carrier import (
    CALLS_A_PAGE,
    CarrierApi,
    CarrierCall,
    CarrierError,
    CarrierMessage,
    NumberSettings,
    Unreadable,
)
from callweave.telephony.records import read_message, read_number
from carrier_rest import Exchange, exchange
from service import ACCOUNT, TOKEN
from shops import NOON

LINE, OTHER, ANA = "+442079460123", "+442079460124", "+441614960001"
OLD = NumberConfig("https://old.example/ring")
NEW = NumberSettings(
    "https://new.example/voice/ring#rc=1",
    "https://new.example/voice/fallback#rc=1",
    "https://new.example/voice/status",
)
LEG = "CA" + "f" * 32
TALK = (
    Rung(1, ANA, LEG),
    Bridged(9, ANA, LEG),
    LegEnded(69, ANA, LEG, "completed", 62, bridged=True),
)


@pytest.fixture
def running() -> Iterator[Exchange]:
    with exchange({LINE: OLD, OTHER: OLD}) as found:
        yield found


def whole(lines: Iterable[CarrierCall | Unreadable]) -> list[CarrierCall]:
    return [line for line in lines if isinstance(line, CarrierCall)]


def sids(calls: Iterable[CarrierCall | Unreadable]) -> list[int]:
    return sorted(int(call.sid.removeprefix("CA"), base=16) for call in calls)


def test_the_list_has_calls_and_their_legs(running: Exchange) -> None:
    running.had(1, LINE, NOON, *TALK, Ended(70), duration=61)
    leg, call = running.api.calls(NOON)
    assert call == CarrierCall(
        f"CA{1:032x}", None, "inbound", "+447700900123", LINE, "completed",
        NOON, NOON + timedelta(seconds=70), 61,
    )  # fmt: skip
    assert leg == CarrierCall(
        LEG, call.sid, "outbound-dial", "+447700900123", ANA, "completed",
        NOON + timedelta(seconds=1), NOON + timedelta(seconds=69), 62,
    )  # fmt: skip


def test_a_call_that_lasts_has_no_end_yet(running: Exchange) -> None:
    running.had(1, LINE, NOON, Rung(1, ANA, LEG), over=False, status="in-progress")
    leg, call = whole(running.api.calls(NOON))
    assert (call.status, call.ended_at, call.duration_s) == ("in-progress", None, None)
    assert (leg.status, leg.ended_at, leg.duration_s) == ("ringing", None, None)


def test_the_list_begins_and_ends_to_the_second_though_the_carrier_knows_days(
    running: Exchange,
) -> None:
    for number in range(-30, 30):
        running.had(number + 100, LINE, NOON + timedelta(hours=number))
    found = running.api.calls(NOON - timedelta(hours=3), NOON + timedelta(hours=20))
    assert sids(found) == list(range(97, 120))


def test_a_call_just_before_midnight_is_of_the_day_before(running: Exchange) -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    running.had(1, LINE, midnight - timedelta(seconds=1))
    running.had(2, LINE, midnight)
    assert sids(running.api.calls(midnight)) == [2]
    assert sids(running.api.calls(midnight - timedelta(seconds=1), midnight)) == [1]


def test_a_long_list_is_read_page_by_page(running: Exchange) -> None:
    for number in range(2 * CALLS_A_PAGE + 1):
        running.had(number, LINE, NOON + timedelta(seconds=number))
    assert sids(running.api.calls(NOON)) == list(range(2 * CALLS_A_PAGE + 1))


def test_calls_that_come_while_the_list_is_read_put_nothing_out_of_place(
    running: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(our_side, "CALLS_A_PAGE", 2)
    for number in range(5):
        running.had(number, LINE, NOON + timedelta(seconds=number))
    reading = running.api.calls(NOON)
    first = next(reading)
    running.had(99, LINE, NOON + timedelta(hours=1))
    assert sids([first, *reading]) == list(range(5))


def test_a_call_may_be_listed_only_some_time_after_its_end(running: Exchange) -> None:
    running.had(1, LINE, NOON, Ended(60))
    running.troubles.lag_s = 12 * 3600
    assert not list(running.api.calls(NOON))
    running.troubles.lag_s = 11 * 3600
    assert sids(running.api.calls(NOON)) == [1]


Change = Mapping[str, object]


def garble(monkeypatch: pytest.MonkeyPatch, sid: str, change: Change) -> None:
    """What the carrier says of one call."""
    usual = listing.as_resource

    def changed(call: Any, account: str) -> Mapping[str, object]:
        found = usual(call, account)
        return {**found, **change} if call.sid == sid else found

    monkeypatch.setattr(rest, "as_resource", changed)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start_time": "Wed, 45 Nov 2026 12:00:00 +0000"}, "start_time"),
        ({"end_time": "yesterday"}, "end_time"),
        ({"end_time": 1790000000}, "end_time"),
        ({"duration": "a minute"}, "duration"),
        ({"duration": -1}, "duration"),
        ({"from": {"number": "+447700900123"}}, "from"),
    ],
)
def test_a_call_that_makes_no_sense_hides_no_other(
    running: Exchange, monkeypatch: pytest.MonkeyPatch, change: Change, field: str
) -> None:
    calls = [running.had(number, LINE, NOON) for number in range(3)]
    garble(monkeypatch, calls[1].sid, change)
    found = list(running.api.calls(NOON))
    assert found[1] == running.api.call(calls[1].sid) == Unreadable(calls[1].sid, field)
    assert sids(found) == [0, 1, 2]


def test_a_call_without_a_name_is_one_that_makes_no_sense(
    running: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    garble(monkeypatch, running.had(1, LINE, NOON).sid, {"sid": None})
    assert list(running.api.calls(NOON)) == [Unreadable("", "sid")]


def test_what_a_newer_interface_adds_does_not_matter(
    running: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = paging.page
    monkeypatch.setattr(rest, "page", lambda *given: {**usual(*given), "hints": ["new"]})
    garble(monkeypatch, running.had(1, LINE, NOON).sid, {"mood": "good", "duration": 60})
    assert sids(running.api.calls(NOON)) == [1]
    assert len(list(running.api.numbers())) == 2


def test_a_list_is_read_only_as_far_back_as_it_is_needed(
    running: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(our_side, "CALLS_A_PAGE", 2)
    for number in range(10):
        running.had(number, LINE, NOON + timedelta(minutes=number))
    running.troubles.next_answers.extend([None, None, None, 403])
    assert sids(running.api.calls(NOON + timedelta(minutes=7))) == [7, 8, 9]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_page_that_fails_is_asked_for_again(running: Exchange, status: int) -> None:
    running.had(1, LINE, NOON)
    running.troubles.next_answers.append(status)
    assert sids(running.api.calls(NOON)) == [1]


def test_patience_has_an_end(running: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "TRIES", 2)
    running.troubles.next_answers.extend([500, 500])
    with pytest.raises(CarrierError, match="the carrier answered 500"):
        list(running.api.calls(NOON))


def test_a_wrong_token_is_told_in_words_and_not_shown(running: Exchange) -> None:
    with pytest.raises(CarrierError) as caught:
        list(CarrierApi(ACCOUNT, "wrong" * 7, running.url).calls(NOON))
    assert str(caught.value) == (
        "the carrier does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN"
    )


def test_a_carrier_that_is_away_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "TRIES", 1)
    with pytest.raises(CarrierError, match="cannot be reached"):
        list(CarrierApi(ACCOUNT, TOKEN, "http://127.0.0.1:9").calls(NOON))


def test_nothing_is_shown_without_the_token(running: Exchange) -> None:
    address = f"{running.url}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    for given in (None, (ACCOUNT, "x" * 32), ("AC" + "1" * 32, TOKEN)):
        refused = requests.get(address, auth=given, timeout=5)
        assert (refused.status_code, refused.json()["code"]) == (401, 20003)


def test_one_call_is_asked_for_by_its_sid_and_may_be_unknown(running: Exchange) -> None:
    call = running.had(1, LINE, NOON, *TALK, Ended(70))
    found = running.api.call(call.sid)
    assert isinstance(found, CarrierCall)
    assert (found.sid, found.status) == (call.sid, "completed")
    assert [leg.sid for leg in running.api.legs(call.sid)] == [LEG]
    assert running.api.call("CA" + "9" * 32) is None


def test_the_messages_of_a_call_are_told_as_its_requests_tell_them(running: Exchange) -> None:
    call = running.had(1, LINE, NOON, MessageLeft(20, "RE1", 12), Ended(32), duration=21)
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/RE1"
    assert list(running.api.messages(call.sid)) == [CarrierMessage("RE1", url, 12)]
    silent = running.had(2, LINE, NOON, Ended(32))
    assert list(running.api.messages(silent.sid)) == []
    assert list(running.api.messages("CA" + "9" * 32)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"source": "DialVerb"},
        {"status": "processing"},
        {"duration": "0"},
        {"duration": None},
        {"duration": "a minute"},
        {"sid": ""},
        {"uri": None},
    ],
)
def test_a_recording_that_is_no_message_is_none(change: Mapping[str, object]) -> None:
    record = {
        "sid": "RE1",
        "uri": "/Recordings/RE1.json",
        "source": "RecordVerb",
        "status": "completed",
        "duration": "12",
    }
    assert read_message(record) == CarrierMessage(
        "RE1", "https://api.twilio.com/Recordings/RE1", 12
    )
    assert read_message({**record, **change}) is None


def test_without_another_host_it_is_twilios() -> None:
    url = "https://api.twilio.com/2010-04-01/Accounts.json?Page=1"
    assert line.Line(None, 5)._at_base(url) == url
    at_other = line.Line("https://carrier.example", 5)._at_base(url)
    assert at_other == "https://carrier.example/2010-04-01/Accounts.json?Page=1"


@pytest.mark.parametrize(
    ("trunk", "application", "taken_by"),
    [(None, "", None), ("TK1", "", "TK1"), (None, "AP1", "AP1")],
)
def test_a_number_may_be_taken_by_a_trunk_or_an_application(
    trunk: str | None, application: str, taken_by: str | None
) -> None:
    record = {
        "sid": "PN1",
        "phone_number": LINE,
        "date_updated": "Wed, 18 Nov 2026 12:00:00 +0000",
        "voice_url": None,
        "voice_method": "GET",
        "voice_fallback_url": "",
        "voice_fallback_method": "POST",
        "status_callback": "",
        "status_callback_method": "POST",
        "trunk_sid": trunk,
        "voice_application_sid": application,
    }
    number = read_number(record)
    assert number is not None
    assert (number.taken_by, number.asked_by_post) == (taken_by, False)


def test_numbers_tell_what_they_are_set_to(running: Exchange) -> None:
    first, second = running.api.numbers()
    assert (first.e164, second.e164) == (LINE, OTHER)
    assert first.settings == NumberSettings("https://old.example/ring", "", "")
    assert first.asked_by_post
    assert first.taken_by is None


def test_a_number_rings_where_it_was_set_to(running: Exchange) -> None:
    number, _ = running.api.numbers()
    running.api.configure(number, NEW)
    config = NumberConfig(NEW.voice_url, NEW.voice_fallback_url, NEW.status_callback)
    assert running.carrier.config_of(LINE) == config
    assert running.carrier.config_of(OTHER) == OLD


def test_settings_that_the_carrier_refuses_are_told_in_its_words(running: Exchange) -> None:
    number, _ = running.api.numbers()
    with pytest.raises(CarrierError, match=r"answered 400.*VoiceUrl=nowhere"):
        running.api.configure(number, NumberSettings("nowhere", "", ""))


def test_twilios_own_client_finds_one_call_and_one_number(running: Exchange) -> None:
    running.had(1, LINE, NOON, Ended(60))
    client = Client(ACCOUNT, TOKEN, http_client=line.Line(running.url, 5))
    call = client.calls(f"CA{1:032x}").fetch()
    assert (call.status, call.duration, call.price) == ("completed", "60", None)
    assert call.end_time == NOON + timedelta(seconds=60)
    (number,) = client.incoming_phone_numbers.list(phone_number=LINE)
    assert call.phone_number_sid == number.sid
    assert client.calls.list(to=OTHER) == []


def test_no_request_is_logged_with_what_it_asks(
    running: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    list(running.api.calls(NOON))
    assert not caplog.text
    assert TOKEN not in repr(running.api)

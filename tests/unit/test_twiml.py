"""What the carrier is told to do, as its own reader understands it."""

from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.routing.decisions import Attempt
from callweave.simulator.connections import rules_of
from callweave.simulator.dialling import RING_BUFFER
from callweave.simulator.twiml import parse
from callweave.simulator.verbs import Dial, Document, Hangup, Link, Record, Say
from callweave.telephony import twiml
from callweave.telephony.twiml import Addresses

BASE = "https://calls.example.com"
HERE = Addresses(BASE)
TRIED_AGAIN = "ct=2000&rt=5000&rc=1&rp=all"
CALLER, DIALLED = "+447700900123", "+442079460101"
ENDPOINTS = ["+441614960101", "sip:ana@pbx.example:5061;transport=tls", "client:ana_1"]


def read(document: str) -> Document:
    return parse(document.encode(), f"{BASE}/voice/ring")


def dialled(document: str) -> Dial:
    (verb,) = read(document).verbs  # the first, or the caller hears no ringing
    assert isinstance(verb, Dial)
    assert verb.answer_on_bridge
    return verb


def said(document: str) -> str:
    (verb,) = read(document).verbs
    assert isinstance(verb, Say)
    return verb.text


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_attempt_rings_its_endpoint_and_reports_back(endpoint: str) -> None:
    verb = dialled(twiml.dial(Attempt("ag_1", "Ana", endpoint, 15), "2", None, HERE))
    (target,) = verb.targets
    assert (target.endpoint, verb.caller_id) == (endpoint, None)
    assert verb.action == Link(f"{BASE}/voice/dialled?leg=2#{TRIED_AGAIN}", "POST")
    assert target.whisper == Link(f"{BASE}/voice/whisper?leg=2#{TRIED_AGAIN}", "POST")
    assert target.callback == Link(f"{BASE}/voice/status?leg=2#{TRIED_AGAIN}", "POST")
    assert target.events == {"initiated", "ringing", "answered", "completed"}


@pytest.mark.parametrize(("seconds", "rings"), [(45, 45), (15, 15), (10, 10), (5, 10)])
def test_a_phone_rings_as_long_as_the_plan_says_with_what_the_carrier_adds(
    seconds: int, rings: int
) -> None:
    first = twiml.dial(Attempt("ag_1", "Ana", ENDPOINTS[0], seconds), "1", None, HERE)
    default = twiml.dial_fallback(ENDPOINTS[0], None, HERE, seconds)
    assert [dialled(each).timeout + RING_BUFFER for each in (first, default)] == [rings] * 2


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_fallback_needs_nothing_but_the_dials_end(endpoint: str) -> None:
    verb = dialled(twiml.dial_fallback(endpoint, None, HERE))
    (target,) = verb.targets
    assert (target.endpoint, target.whisper, target.callback) == (endpoint, None, None)
    assert verb.action == Link(f"{BASE}/voice/dialled?leg=0#{TRIED_AGAIN}", "POST")


@pytest.mark.parametrize(
    ("caller", "dialled_number", "shown"),
    [
        (CALLER, DIALLED, None),
        (None, DIALLED, DIALLED),
        (None, "sip:desk@pbx.example", None),
        (None, "", None),
    ],
)
def test_only_a_withheld_caller_is_shown_as_the_number_that_they_rang(
    caller: str | None, dialled_number: str, shown: str | None
) -> None:
    assert twiml.caller_id(caller, dialled_number) == shown
    attempt = Attempt(None, "desk", ENDPOINTS[0], 15)
    assert dialled(twiml.dial(attempt, "1", shown, HERE)).caller_id == shown
    assert dialled(twiml.dial_fallback(ENDPOINTS[0], shown, HERE)).caller_id == shown


def test_a_voicemail_says_so_records_and_says_goodbye() -> None:
    match read(twiml.voicemail(HERE)).verbs:
        case (Say(), Record(beep=True) as record, Say(), Hangup()):
            assert record.action.url == f"{BASE}/voice/voicemail#{TRIED_AGAIN}"
            assert record.max_length == twiml.LONGEST_VOICEMAIL_S
        case verbs:
            pytest.fail(str(verbs))


def test_a_message_is_told_of_twice_since_whoever_leaves_it_hangs_up() -> None:
    (record,) = (verb for verb in read(twiml.voicemail(HERE)).verbs if isinstance(verb, Record))
    assert record.callback == Link(f"{BASE}/voice/recording#{TRIED_AGAIN}", "POST")


def test_after_a_message_the_caller_is_thanked() -> None:
    assert list(map(type, read(twiml.thanks()).verbs)) == [Say, Hangup]
    assert list(map(type, read(twiml.hang_up()).verbs)) == [Hangup]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
def test_a_whisper_of_any_text_is_heard(text: str) -> None:
    assert said(twiml.whisper(text))


@pytest.mark.parametrize("bad", ["\x00", "\x08", "\x1b", "\ufffe", "\ud800", "\x0b"])
def test_what_xml_cannot_carry_is_left_out(bad: str) -> None:
    assert said(twiml.whisper(f"Call {bad}about <Hangup/> & \U0001f600")) == (
        "Call about <Hangup/> & \U0001f600"
    )


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\x00"])
def test_a_whisper_of_nothing_still_says_what_rings(text: str) -> None:
    assert said(twiml.whisper(text)) == "A call from the website."


def test_speech_and_documents_stay_within_the_carriers_limits() -> None:
    document = twiml.whisper("&" * 100_000)
    assert len(said(document)) == twiml.LONGEST_SPEECH
    assert len(document.encode()) < 64 * 1024


def test_both_tries_of_the_carrier_fit_into_its_patience() -> None:
    rules = rules_of(HERE.of("dialled", "1"))
    assert (rules.retries, rules.retry("5xx"), rules.retry("rt")) == (1, True, True)
    assert (rules.connect + rules.read) * (1 + rules.retries) <= rules.total


def test_what_is_recorded_is_announced_first() -> None:
    document = twiml.dial(Attempt("ag_1", "Ana", CALLER, 15), "1", None, HERE, "We record this.")
    announced, dialled = fromstring(document)
    assert (announced.tag, announced.text, dialled.tag) == ("Say", "We record this.", "Dial")
    assert dialled.get("record") == "record-from-answer-dual"
    assert dialled.get("recordingStatusCallback") == HERE.of("recording")


@pytest.mark.parametrize("notice", [None, ""])
def test_nothing_is_recorded_without_a_notice(notice: str | None) -> None:
    document = twiml.dial(Attempt("ag_1", "Ana", CALLER, 15), "1", None, HERE, notice)
    assert "ecord" not in document

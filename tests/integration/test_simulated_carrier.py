from collections.abc import Mapping
from time import sleep

import pytest

from callweave.simulator.carrier import (
    Account,
    Carrier,
    NotOurNumberError,
    Scenario,
    numbers_at,
)
from callweave.simulator.ledger import (
    CarrierError,
    FallbackAsked,
    LedgerCall,
    LegEnded,
    Reached,
    Said,
    Silence,
    Whispered,
)
from callweave.simulator.people import (
    AddressBook,
    Answers,
    Behaviour,
    Busy,
    Caller,
    DoesNotAnswer,
    Fails,
    HangsUpInWhisper,
    Side,
)
from callweave.simulator.webhooks import Answer, Failure, Webhooks
from stand_in_service import TOKEN, Form, Reply, Script, StandIn, stand_in, twiml

TRACKED = "+442079460123"
ANA, BEN = "+441614960001", "+441614960002"
VISITOR = Caller("+447700900123")
LEG = (
    '<Number url="/voice/whisper" statusCallback="/voice/leg" '
    f'statusCallbackEvent="initiated ringing answered completed">{ANA}</Number>'
)
DIAL = f'<Dial answerOnBridge="true" timeout="20" action="/voice/dialled">{LEG}</Dial>'
VOICEMAIL = '<Say>Please leave a message.</Say><Record action="/voice/voicemail" maxLength="60"/>'


def after_dial(form: Form) -> str:
    return twiml("<Hangup/>" if form["DialBridged"] == "true" else VOICEMAIL)


SERVICE: Script = {
    "/voice/ring": twiml(DIAL),
    "/voice/whisper": twiml("<Say>A caller about the Bahamas</Say>"),
    "/voice/dialled": after_dial,
    "/voice/voicemail": twiml("<Hangup/>"),
    "/voice/fallback": twiml(f"<Dial>{BEN}</Dial>"),
}


def slow(_: Form) -> str:
    sleep(0.6)
    return twiml("<Hangup/>")


def ring(service: StandIn, people: Mapping[str, Behaviour], caller: Caller = VISITOR) -> LedgerCall:
    from_carrier = Carrier(
        Account("AC" + "0" * 32, TOKEN),
        numbers_at(service.base, [TRACKED]),
        AddressBook(people),
        scenario=Scenario(run=str(people)),
    )
    return from_carrier.place_call(caller, TRACKED)


def answer(twiml_or_reply: str | Reply, people: Mapping[str, Behaviour]) -> LedgerCall:
    with stand_in({**SERVICE, "/voice/ring": twiml_or_reply}) as service:
        return ring(service, people)


def test_a_call_reaches_the_agent_and_every_request_is_signed() -> None:
    with stand_in(SERVICE) as service:
        call = ring(service, {ANA: Answers(4, 60)})
    assert (call.reached, call.answered_by, call.status) == (Reached.PERSON, ANA, "completed")
    assert call.breaches == ()
    assert all(request.signed for request in service.heard)
    assert [request.path for request in service.heard] == [
        "/voice/ring",
        *["/voice/leg"] * 3,
        "/voice/whisper",
        "/voice/leg",
        "/voice/dialled",
        "/voice/status",
    ]


def test_the_child_leg_tells_its_story_in_order() -> None:
    with stand_in(SERVICE) as service:
        ring(service, {ANA: Answers(4, 60)})
    forms = [request.form for request in service.at("/voice/leg")]
    assert [form["CallStatus"] for form in forms] == [
        "initiated",
        "ringing",
        "in-progress",
        "completed",
    ]
    assert [form["SequenceNumber"] for form in forms] == ["0", "1", "2", "3"]
    assert ["CallDuration" in form for form in forms] == [False, False, False, True]
    parent = service.form("/voice/ring")["CallSid"]
    assert {form["ParentCallSid"] for form in forms} == {parent}


def test_answer_on_bridge_counts_the_talk_alone() -> None:
    with stand_in(SERVICE) as service:
        call = ring(service, {ANA: Answers(10, 60)})
    assert call.duration == 60
    final = service.form("/voice/status")
    assert (final["CallStatus"], final["CallDuration"], final["Duration"]) == (
        "completed",
        "60",
        "1",
    )
    assert service.form("/voice/dialled")["DialCallDuration"] == "62"  # with the whisper


def test_the_agent_hears_the_whisper_and_the_caller_does_not() -> None:
    with stand_in(SERVICE) as service:
        call = ring(service, {ANA: Answers(4, 60)})
    whispers = [entry for entry in call.entries if isinstance(entry, Whispered)]
    assert [(each.endpoint, each.text) for each in whispers] == [
        (ANA, "A caller about the Bahamas")
    ]
    assert not any(isinstance(entry, Said) for entry in call.entries)
    form = service.form("/voice/whisper")
    assert (form["To"], form["Direction"]) == (ANA, "outbound-dial")


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [(Busy(), "busy"), (DoesNotAnswer(), "no-answer"), (Fails(), "failed")],
)
def test_an_agent_who_is_not_there_leads_to_voicemail(behaviour: Behaviour, status: str) -> None:
    with stand_in(SERVICE) as service:
        call = ring(service, {ANA: behaviour})
    form = service.form("/voice/dialled")
    assert (form["DialCallStatus"], form["DialBridged"]) == (status, "false")
    assert "DialCallDuration" not in form
    assert (call.reached, call.answered_by) == (Reached.VOICEMAIL, None)
    left = service.form("/voice/voicemail")
    assert (left["RecordingDuration"], left["Digits"]) == ("12", "hangup")


def test_nobody_is_rung_longer_than_the_timeout_and_its_buffer() -> None:
    with stand_in(SERVICE) as service:
        too_late = ring(service, {ANA: Answers(26, 60)})
        just_in_time = ring(service, {ANA: Answers(25, 60)})
    assert [too_late.reached, just_in_time.reached] == [Reached.VOICEMAIL, Reached.PERSON]


def test_a_call_that_ends_in_the_whisper_is_completed_but_not_bridged() -> None:
    with stand_in(SERVICE) as service:
        call = ring(service, {ANA: HangsUpInWhisper(4)})
    form = service.form("/voice/dialled")
    assert (form["DialCallStatus"], form["DialBridged"]) == ("completed", "false")
    assert call.reached is Reached.VOICEMAIL


def test_a_caller_who_gives_up_cancels_the_call() -> None:
    with stand_in(SERVICE) as service:
        call = ring(service, {ANA: Answers(15, 60)}, Caller("+447700900123", patience=9))
    assert (call.status, call.duration, call.caller_gave_up) == ("canceled", 0, True)
    assert service.form("/voice/dialled")["DialCallStatus"] == "canceled"
    assert [request.form["CallStatus"] for request in service.at("/voice/leg")][-1] == "canceled"
    assert service.form("/voice/status")["CallStatus"] == "canceled"
    assert call.breaches == ()


def test_what_is_answered_after_the_caller_left_is_not_executed() -> None:
    with stand_in({**SERVICE, "/voice/dialled": twiml("<Shout/>")}) as service:
        call = ring(service, {ANA: Answers(4, 60, Side.CALLER)})
    assert call.breaches == ()
    assert len(service.at("/voice/dialled")) == 1


def test_the_caller_who_stays_hears_what_the_action_answers() -> None:
    with stand_in({**SERVICE, "/voice/dialled": twiml("<Say>Goodbye</Say>")}) as service:
        call = ring(service, {ANA: Answers(4, 60, Side.CALLEE)})
    assert "Goodbye" in [entry.text for entry in call.entries if isinstance(entry, Said)]


def test_the_first_of_several_phones_wins_and_the_others_stop_ringing() -> None:
    both = twiml(f'<Dial answerOnBridge="true">{LEG}<Number>{BEN}</Number></Dial>')
    call = answer(both, {ANA: Answers(9, 60), BEN: Answers(4, 60)})
    assert call.answered_by == BEN
    ended = [entry for entry in call.entries if isinstance(entry, LegEnded)]
    assert [(leg.endpoint, leg.status) for leg in ended] == [(ANA, "canceled"), (BEN, "completed")]


def test_phones_in_sequence_ring_one_after_the_other() -> None:
    both = twiml(f'<Dial sequential="true" timeout="10">{LEG}<Number>{BEN}</Number></Dial>')
    call = answer(both, {ANA: DoesNotAnswer(), BEN: Answers(4, 60)})
    assert call.answered_by == BEN
    ended = [entry for entry in call.entries if isinstance(entry, LegEnded)]
    assert [(leg.at, leg.status) for leg in ended] == [(15, "no-answer"), (79, "completed")]


def test_the_time_limit_ends_a_long_talk() -> None:
    call = answer(twiml(f'<Dial timeLimit="30">{ANA}</Dial>'), {ANA: Answers(4, 600)})
    assert call.duration == 34


@pytest.mark.parametrize(
    "broken",
    [
        twiml("<Shout/>"),
        "not xml",
        twiml('<Dial callerId="+15550001111">+441614960001</Dial>'),
        Reply(twiml(DIAL), content_type="application/json"),
        Reply("x" * 70_000),
        Reply(status=302, headers={"Location": "/elsewhere"}),
    ],
    ids=["unknown verb", "not xml", "caller id", "content type", "64 kB", "redirect"],
)
def test_a_wrong_answer_is_a_breach_and_goes_to_the_fallback(broken: str | Reply) -> None:
    call = answer(broken, {BEN: Answers(4, 60)})
    assert (call.reached, call.answered_by) == (Reached.FALLBACK, BEN)
    assert len(call.breaches) == 1


def test_an_outage_goes_to_the_fallback_which_learns_why() -> None:
    with stand_in({**SERVICE, "/voice/ring": Reply(status=500)}) as service:
        call = ring(service, {BEN: Answers(4, 60)})
    form = service.form("/voice/fallback")
    assert (form["ErrorCode"], form["ErrorUrl"]) == ("11200", f"{service.base}/voice/ring")
    assert call.breaches == ()
    assert len(call.http_failures) == 1
    assert any(isinstance(entry, FallbackAsked) for entry in call.entries)


def test_without_a_working_fallback_the_caller_hears_the_carriers_error() -> None:
    down = Reply(status=503)
    with stand_in({**SERVICE, "/voice/ring": down, "/voice/fallback": down}) as service:
        call = ring(service, {})
    assert isinstance(call.entries[-2], CarrierError)
    assert call.reached is Reached.NOBODY
    assert "error message" in call.breaches[0].what


def test_a_service_that_is_not_there_is_a_breach() -> None:
    with stand_in(SERVICE) as service:
        pass
    call = ring(service, {})
    assert [exchange.failure for exchange in call.exchanges] == ["no connection"] * 3
    assert len(call.breaches) == 1


def test_what_is_tried_again_carries_the_same_token() -> None:
    replies = iter([Reply(status=503), Reply(twiml("<Hangup/>"))])
    with stand_in({"/again": lambda _: next(replies)}) as service:
        answered = Webhooks(TOKEN).ask(f"{service.base}/again#rc=1&rp=5xx", "POST", {"A": "1"})
    assert isinstance(answered, Answer)
    first, second = (request.headers["I-Twilio-Idempotency-Token"] for request in service.heard)
    assert first == second
    assert all(request.signed for request in service.heard)


def test_a_slow_answer_is_given_up_after_the_total_time() -> None:
    with stand_in({"/slow": slow}) as service:
        answered = Webhooks(TOKEN).ask(f"{service.base}/slow#tt=300", "POST", {})
    assert isinstance(answered, Failure)
    assert answered.kind == "rt"


def test_an_empty_response_is_silence() -> None:
    call = answer(twiml(""), {})
    assert any(isinstance(entry, Silence) for entry in call.entries)
    assert "empty" in call.breaches[0].what


def test_a_long_pause_is_silence_too() -> None:
    call = answer(twiml("<Pause length='3'/><Say>Hello</Say>"), {})
    assert "3 seconds of silence" in call.breaches[0].what


def test_documents_that_lead_in_a_circle_come_to_an_end() -> None:
    call = answer(twiml("<Redirect>/voice/ring</Redirect>"), {})
    assert "circle" in call.breaches[0].what


def test_a_withheld_number_cannot_be_shown_to_the_agent() -> None:
    with stand_in(SERVICE) as service:
        call = ring(service, {BEN: Answers(4, 60)}, Caller("anonymous"))
    assert "callerId 'anonymous'" in call.breaches[0].what


def test_a_whisper_that_dials_joins_nobody() -> None:
    with stand_in({**SERVICE, "/voice/whisper": twiml(f"<Dial>{BEN}</Dial>")}) as service:
        call = ring(service, {ANA: Answers(4, 60)})
    assert call.reached is Reached.VOICEMAIL
    assert "whisper" in call.breaches[0].what


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_a_rejected_call_is_never_answered(reason: str, status: str) -> None:
    call = answer(twiml(f'<Reject reason="{reason}"/>'), {})
    assert (call.status, call.duration) == (status, 0)


def test_a_caller_with_nothing_to_say_leaves_no_recording() -> None:
    with stand_in(SERVICE) as service:
        call = ring(service, {ANA: Busy()}, Caller("+447700900123", message=0))
    assert call.reached is Reached.VOICEMAIL
    assert service.at("/voice/voicemail") == []


def test_a_message_ended_with_a_key_goes_on_with_the_action() -> None:
    script = {**SERVICE, "/voice/voicemail": twiml("<Say>Thank you</Say>")}
    with stand_in(script) as service:
        caller = Caller("+447700900123", presses_hash=True)
        call = ring(service, {ANA: Busy()}, caller)
    assert service.form("/voice/voicemail")["Digits"] == "#"
    assert "Thank you" in [entry.text for entry in call.entries if isinstance(entry, Said)]


def test_the_recording_is_reported_after_the_call() -> None:
    wanted = '<Record recordingStatusCallback="/voice/recording" action="/voice/voicemail"/>'
    with stand_in({**SERVICE, "/voice/ring": twiml(wanted)}) as service:
        ring(service, {})
    assert service.heard[-1].path == "/voice/recording"
    assert service.form("/voice/recording")["RecordingStatus"] == "completed"


def test_a_number_of_somebody_else_cannot_be_called() -> None:
    with stand_in(SERVICE) as service:
        carrier = Carrier(Account("AC1", TOKEN), numbers_at(service.base, [TRACKED]), AddressBook())
        with pytest.raises(NotOurNumberError, match=r"\+442079460999"):
            carrier.place_call(VISITOR, "+442079460999")
    assert service.heard == []


def test_counted_and_numbered_calls_never_share_a_sid() -> None:
    with stand_in(SERVICE) as service:
        numbers = numbers_at(service.base, [TRACKED])
        carrier = Carrier(Account("AC1", TOKEN), numbers, AddressBook({ANA: Answers(4, 60)}))
        placed = [carrier.place_call(VISITOR, TRACKED, number) for number in (0, None, 1, None)]
    assert len({call.sid for call in placed}) == 4

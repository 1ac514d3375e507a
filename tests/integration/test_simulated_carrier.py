import pytest

from callweave.simulator.carrier import (
    Account,
    Carrier,
    numbers_at,
)
from callweave.simulator.ledger import (
    LegEnded,
    MessageLeft,
    Reached,
    Said,
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
from simulated_calls import ANA, BEN, LEG, SERVICE, TRACKED, VISITOR, answer, ring
from stand_in_service import TOKEN, stand_in, twiml


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


def test_nobody_gives_up_while_they_talk() -> None:
    with stand_in(SERVICE) as service:
        call = ring(service, {ANA: Answers(4, 60)}, Caller("+447700900123", patience=9))
        left = ring(service, {ANA: Busy()}, Caller("+447700900123", patience=15, message=30))
    assert (call.duration, call.caller_gave_up) == (60, False)
    assert [entry.seconds for entry in left.entries if isinstance(entry, MessageLeft)] == [30]


def test_a_bare_hangup_answers_the_call_first() -> None:
    call = answer(twiml("<Hangup/>"), {})
    assert (call.status, call.duration, call.reached) == ("completed", 0, Reached.NOBODY)


def test_a_message_ends_at_its_greatest_length() -> None:
    with stand_in(SERVICE) as service:
        ring(service, {ANA: Busy()}, Caller("+447700900123", message=90))
    left = service.form("/voice/voicemail")
    assert (left["RecordingDuration"], left["Digits"]) == ("60", "")


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


def test_counted_and_numbered_calls_never_share_a_sid() -> None:
    with stand_in(SERVICE) as service:
        numbers = numbers_at(service.base, [TRACKED])
        carrier = Carrier(Account("AC1", TOKEN), numbers, AddressBook({ANA: Answers(4, 60)}))
        placed = [carrier.place_call(VISITOR, TRACKED, number) for number in (0, None, 1, None)]
    assert len({call.sid for call in placed}) == 4

import pytest

from callweave.simulator.twiml import TwimlError, UnknownTwimlError, document_of, parse
from callweave.simulator.verbs import Dial, Link, Play, Record, Say, Target
from stand_in_service import twiml

URL = "https://calls.example/voice/ring"
NUMBER = "<Number>+441614960001</Number>"


def code_of(inside: str) -> int:
    with pytest.raises(TwimlError) as refused:
        parse(twiml(inside).encode(), URL)
    return refused.value.code


def test_a_dial_is_read_with_all_that_matters() -> None:
    inside = (
        '<Dial action="dialled?hop=1" answerOnBridge="true" timeout="20">'
        '<Number url="/voice/whisper" statusCallback="/voice/status" '
        'statusCallbackEvent="ringing completed">+441614960001</Number></Dial>'
    )
    (dial,) = parse(twiml(inside).encode(), URL).verbs
    assert isinstance(dial, Dial)
    assert dial.action == Link("https://calls.example/voice/dialled?hop=1", "POST")
    whisper = Link("https://calls.example/voice/whisper", "POST")
    status = Link("https://calls.example/voice/status", "POST")
    events = frozenset({"ringing", "completed"})
    assert dial.targets == (Target("+441614960001", whisper, status, events),)


def test_endpoints_are_named_as_they_stand_in_a_form() -> None:
    inside = f"<Dial>{NUMBER}<Sip>sip:kim@pbx.example</Sip><Client>ana</Client></Dial>"
    (dial,) = parse(twiml(inside).encode(), URL).verbs
    assert isinstance(dial, Dial)
    endpoints = [target.endpoint for target in dial.targets]
    assert endpoints == ["+441614960001", "sip:kim@pbx.example", "client:ana"]


def test_twilios_defaults_are_filled_in() -> None:
    dial, record = parse(twiml("<Dial>+441614960001</Dial><Record/>").encode(), URL).verbs
    assert isinstance(dial, Dial)
    assert isinstance(record, Record)
    assert (dial.timeout, dial.time_limit, dial.answer_on_bridge) == (30, 14_400, False)
    assert (record.action.url, record.timeout, record.max_length) == (URL, 5, 3600)


@pytest.mark.parametrize(
    "inside",
    [
        "<Shout>hello</Shout>",
        "<Gather/>",
        "<say>lower case</say>",
        '<Say colour="red">hello</Say>',
        "<Say></Say>",
        "<Say>one <break/> two</Say>",
        '<Pause length="long"/>',
        '<Pause length="500"/>',
        f'<Dial statusCallback="/x">{NUMBER}</Dial>',
        f'<Dial timeout="2">{NUMBER}</Dial>',
        f'<Dial answeronbridge="true">{NUMBER}</Dial>',
        f'<Dial record="record-from-answer">{NUMBER}</Dial>',
        f"<Dial>{NUMBER}words</Dial>",
        "<Dial><Fax>+441614960001</Fax></Dial>",
        '<Dial><Number statusCallbackEvent="answered,completed">+441614960001</Number></Dial>',
        f"<Dial>{NUMBER * 11}</Dial>",
        "words that nobody speaks",
    ],
)
def test_unknown_twiml_is_a_loud_error(inside: str) -> None:
    with pytest.raises(UnknownTwimlError):
        parse(twiml(inside).encode(), URL)


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ("<Dial>", 12100),
        ("<Say>\x08</Say>", 12100),
        (f"<Say>{'x' * 4097}</Say>", 12200),
        ("<Dial><Number>020 7946 0001</Number></Dial>", 13224),
        ("<Dial><Sip>kim@pbx.example</Sip></Dial>", 13224),
        ("<Redirect>https://my_host.example/x</Redirect>", 11100),
        ("<Redirect>file:///etc/passwd</Redirect>", 11100),
    ],
)
def test_broken_twiml_carries_twilios_error_code(inside: str, code: int) -> None:
    assert code_of(inside) == code


def test_entities_are_refused_before_they_are_read() -> None:
    bomb = b'<!DOCTYPE r [<!ENTITY a "ha">]><Response><Say>&a;</Say></Response>'
    with pytest.raises(TwimlError):
        parse(bomb, URL)


def test_4096_characters_may_still_be_said() -> None:
    (say,) = parse(twiml(f"<Say>{'x' * 4096}</Say>").encode(), URL).verbs
    assert say == Say("x" * 4096, 1)


@pytest.mark.parametrize("kind", ["text/xml", "application/xml; charset=utf-8", "TEXT/HTML"])
def test_three_content_types_are_read_as_twiml(kind: str) -> None:
    assert document_of(twiml("<Say>hello</Say>").encode(), kind, URL).verbs == (Say("hello", 1),)


def test_plain_text_is_spoken_and_sound_is_played() -> None:
    assert document_of(b"hello", "text/plain", URL).verbs == (Say("hello", 1),)
    assert document_of(b"\xff", "audio/mpeg", URL).verbs == (Play(URL, 1),)


@pytest.mark.parametrize("kind", [None, "", "application/json", "image/png"])
def test_other_content_types_are_refused(kind: str | None) -> None:
    with pytest.raises(TwimlError) as refused:
        document_of(twiml("<Hangup/>").encode(), kind, URL)
    assert refused.value.code == 12300

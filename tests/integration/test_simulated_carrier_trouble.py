from collections.abc import Callable
from time import sleep

import pytest

from callweave.simulator.carrier import (
    Account,
    Carrier,
    NotOurNumberError,
    numbers_at,
)
from callweave.simulator.ledger import (
    CarrierError,
    FallbackAsked,
    Reached,
    Silence,
)
from callweave.simulator.people import (
    AddressBook,
    Answers,
    Caller,
)
from callweave.simulator.webhooks import Answer, Failure, Webhooks
from simulated_calls import ANA, BEN, DIAL, SERVICE, TRACKED, VISITOR, answer, ring
from stand_in_service import TOKEN, Form, Reply, stand_in, twiml


def slow(_: Form) -> str:
    sleep(0.6)
    return twiml("<Hangup/>")


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
    assert first == second != ""
    assert all(request.signed for request in service.heard)


@pytest.mark.parametrize(
    "slowly", [slow, Reply(twiml("<Hangup/>"), letter_seconds=0.05)], ids=["late", "dribbling"]
)
def test_a_slow_answer_is_given_up_after_the_total_time(
    slowly: Reply | Callable[[Form], str],
) -> None:
    with stand_in({"/slow": slowly}) as service:
        answered = Webhooks(TOKEN).ask(f"{service.base}/slow#tt=300", "POST", {})
    assert isinstance(answered, Failure)
    assert (answered.kind, answered.seconds < 1) == ("rt", True)


def test_a_document_over_64_kb_is_not_read() -> None:
    large = Reply(twiml(f"<Hangup/><!--{'x' * 65_536}-->"))
    with stand_in({**SERVICE, "/voice/ring": large}) as service:
        ring(service, {BEN: Answers(4, 60)})
    assert service.form("/voice/fallback")["ErrorCode"] == "11750"


def test_a_get_is_signed_with_its_query_alone() -> None:
    script = {**SERVICE, "/voice/next": twiml("<Hangup/>")}
    redirect = twiml('<Redirect method="GET">/voice/next?a=%7Eb</Redirect>')
    with stand_in({**script, "/voice/ring": redirect}) as service:
        ring(service, {})
    (asked,) = service.at("/voice/next")
    assert asked.signed
    assert asked.path.startswith("/voice/next?a=%7Eb&AccountSid=AC")


def test_words_of_the_fallback_count_as_the_fallback() -> None:
    script = {**SERVICE, "/voice/ring": Reply(status=500)}
    with stand_in({**script, "/voice/fallback": twiml("<Say>Sorry</Say>")}) as service:
        call = ring(service, {})
    assert call.reached is Reached.FALLBACK


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


def test_a_number_of_somebody_else_cannot_be_called() -> None:
    with stand_in(SERVICE) as service:
        carrier = Carrier(Account("AC1", TOKEN), numbers_at(service.base, [TRACKED]), AddressBook())
        with pytest.raises(NotOurNumberError, match=r"\+442079460999"):
            carrier.place_call(VISITOR, "+442079460999")
    assert service.heard == []

"""Who may report, and what a caller hears when a signed request makes no sense."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from api_stage import PUBLIC
from callweave.simulator.forms import call_form, ring_form
from callweave.simulator.signing import signature
from callweave.storage.database import Database
from callweave.storage.set_aside import SetAside
from callweave.workflows.count_refusal import CARRIER, Refusal
from databases import SqliteDatabases
from service import TOKEN, Line, Service, heard, service
from shops import ANA, DEV, FRONT_DESK, tracked

PATHS = ["ring", "fallback", "dialled", "whisper", "status", "voicemail"]
NUMBER = tracked(1)[0]
OLD_TOKEN = "b" * 32


@pytest.fixture
def here(sqlite: SqliteDatabases) -> Iterator[Service]:
    with sqlite.migrated() as url:
        database = Database(url)
        with service(database, url, twilio_auth_tokens=(TOKEN, OLD_TOKEN)) as here:
            yield here
        database.close()


def refused(here: Service) -> dict[Refusal, int]:
    counted = here.parts.refused._times.items()
    return {reason: times for (scope, reason), times in counted if scope == CARRIER}


def untouched(here: Service) -> dict[str, list[tuple[Any, ...]]]:
    """All but what is set aside: nothing that makes no sense is thrown away."""
    return {name: rows for name, rows in here.snapshot().items() if name != "set_aside"}


def send_signed_as(here: Service, body: str, form: dict[str, str], path: str) -> TestResponse:
    """What was signed, regrouped by somebody on the way."""
    signed = {"X-Twilio-Signature": signature(TOKEN, PUBLIC + path, form)}
    return here.send(path, body, signed)


@pytest.mark.parametrize("path", PATHS)
def test_an_unsigned_request_is_refused_and_counted(here: Service, path: str) -> None:
    before = here.snapshot()
    form = urlencode(ring_form(Line(here, NUMBER).party))
    for headers in ({}, {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": "\u00ff" * 28}):
        answer = here.send(f"/voice/{path}", form, headers)
        assert (answer.status_code, answer.mimetype) == (403, "text/plain")
    assert refused(here) == {Refusal.FORGED_WEBHOOK: 3}
    assert here.snapshot() == before


def test_while_tokens_are_rotated_both_are_accepted(here: Service) -> None:
    for token, status in ((TOKEN, 200), (OLD_TOKEN, 200), ("c" * 32, 403)):
        answer = Line(here, NUMBER, token=token).send("ring", ring_form(Line(here, NUMBER).party))
        assert answer.status_code == status
    assert len(here.calls()) == 2


@pytest.mark.parametrize("sent", ["/voice/dialled?leg=2", "/voice/dialled", "/voice/whisper?leg=1"])
def test_a_signature_is_good_for_one_address(here: Service, sent: str) -> None:
    form = call_form(Line(here, NUMBER).party, "in-progress")
    signed = {"X-Twilio-Signature": signature(TOKEN, f"{PUBLIC}/voice/dialled?leg=1", form)}
    assert here.send(sent, urlencode(form), signed).status_code == 403


def test_the_requests_own_host_and_scheme_mean_nothing(here: Service) -> None:
    form = ring_form(Line(here, NUMBER).party)
    signed = {"X-Twilio-Signature": signature(TOKEN, f"{PUBLIC}/voice/ring", form)}
    elsewhere = {"Host": "evil.example:99999", "X-Forwarded-Proto": "gopher"}
    assert here.send("/voice/ring", urlencode(form), signed | elsewhere).status_code == 200


@pytest.mark.parametrize(
    "query",
    ["%22%7B%2F%40%3A%5B%27%7C%7E%41", "city=S%C3%A3o", "city=S%c3%a3o", "a+b%20c", "%ff%fe", "%"],
)
def test_the_address_is_compared_as_it_came_over_the_wire(here: Service, query: str) -> None:
    target = f"/voice/ring?{query}"
    form = ring_form(Line(here, NUMBER).party)
    answer = here.client.post(
        "/voice/ring",
        data=urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature(TOKEN, PUBLIC + target, form)},
        environ_overrides={"RAW_URI": target, "QUERY_STRING": query},
    )
    assert heard(answer) == f"dial {DEV}"


@pytest.mark.parametrize("target", ["http://a/voice/ring", ":99999/voice/ring", "[::1", "*", ""])
def test_a_target_that_is_no_path_is_merely_refused(here: Service, target: str) -> None:
    forged = {"X-Twilio-Signature": "x"}
    raw: dict[str, Any] = {"RAW_URI": target}
    answer = here.client.post("/voice/ring", headers=forged, environ_overrides=raw)
    assert answer.status_code == 403


@pytest.mark.parametrize("again", ["To=%2B442079460102", "To=%2B442079460101", "New=1&New=1"])
def test_a_parameter_that_comes_twice_has_no_effect_and_still_connects(
    here: Service, again: str
) -> None:
    before = untouched(here)
    body = urlencode(ring_form(Line(here, NUMBER).party)) + "&" + again
    fields = MultiDict(parse_qsl(body, keep_blank_values=True))
    signed = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}/voice/ring", fields)
    answer = here.send("/voice/ring", body, {"X-Twilio-Signature": signed})
    assert heard(answer) == f"dial {FRONT_DESK}"
    assert refused(here) == {Refusal.UNREADABLE_WEBHOOK: 1}
    assert untouched(here) == before


@pytest.mark.parametrize(
    "body",
    [
        "CallSid=CA1Digits1From%2B1555",
        "CallSidCA1=&Digits1=&From%2B1555=",
        "CallSid=CA1&DigitsFrom%2B1555=1",
        "CallSid=CA1Digits&1From=%2B1555",
    ],
)
def test_the_signature_knows_no_borders_between_fields_but_the_reader_does(
    here: Service, body: str
) -> None:
    before = untouched(here)
    form = {"CallSid": "CA1", "Digits": "1", "From": "+1555"}
    answer = send_signed_as(here, body, form, "/voice/ring")
    assert answer.status_code in {200, 403}
    if answer.status_code == 200:
        assert heard(answer) == f"dial {FRONT_DESK}"
    assert untouched(here) == before


@pytest.mark.parametrize("sid", ["AC" + "f" * 32, "", "AC" + "0" * 31])
def test_another_account_has_no_effect_and_still_connects(here: Service, sid: str) -> None:
    before = untouched(here)
    form = ring_form(Line(here, NUMBER).party) | {"AccountSid": sid}
    assert heard(here.post("/voice/ring", form)) == f"dial {FRONT_DESK}"
    assert untouched(here) == before


@pytest.mark.parametrize("sid", ["", "CA1", "CA" + "g" * 32, "CA" + "A" * 32, "SM" + "1" * 32])
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("ring", f"dial {FRONT_DESK}"),
        ("fallback", f"dial {FRONT_DESK}"),
        ("dialled?leg=1", f"dial {FRONT_DESK}"),  # the caller's side still rings: no talk
        ("dialled?leg=0", "voicemail"),
        ("whisper?leg=1", "say A call from the website."),
        ("voicemail", "goodbye"),
    ],
)
def test_what_makes_no_sense_has_no_effect_and_silences_nobody(
    here: Service, sid: str, path: str, answer: str
) -> None:
    before = untouched(here)
    form = ring_form(Line(here, NUMBER).party) | {"CallSid": sid}
    assert heard(here.post(f"/voice/{path}", form)) == answer
    assert untouched(here) == before


@pytest.mark.parametrize("query", ["", "?leg=x", "?leg=-1", "?leg=100", "?leg="])
def test_a_mark_that_we_did_not_set_has_no_effect(here: Service, query: str) -> None:
    before = untouched(here)
    form = call_form(Line(here, NUMBER).party, "in-progress") | {"DialCallStatus": "busy"}
    answer = here.post(f"/voice/dialled{query}", form)
    assert heard(answer) == f"dial {FRONT_DESK}"
    assert untouched(here) == before


def test_after_a_talk_nobody_is_rung_whatever_else_the_carrier_says_of_it(here: Service) -> None:
    ended = {"DialCallStatus": "transferred", "DialBridged": "true", "DialCallDuration": "300"}
    form = call_form(Line(here, NUMBER).party, "in-progress") | ended
    assert heard(here.post("/voice/dialled?leg=1", form)) == "hang up"


def test_a_status_that_makes_no_sense_is_acknowledged_since_it_is_set_aside(here: Service) -> None:
    form = ring_form(Line(here, NUMBER).party) | {"CallStatus": "daydreaming"}
    assert here.post("/voice/status", form).status_code == 204
    assert [dict(row.fields)["CallStatus"] for row in here.rows(SetAside)] == ["daydreaming"]


def test_nul_characters_do_not_reach_the_database(here: Service) -> None:
    line = Line(here, here.shown())
    answer = line.send("ring", ring_form(line.party) | {"FromCity": "Lon\x00don", "New": "\x00"})
    assert heard(answer) == f"dial {ANA}"


def test_too_much_is_refused(here: Service) -> None:
    many = urlencode({f"Field{nth}": "" for nth in range(201)})
    assert here.send("/voice/ring", many, {"X-Twilio-Signature": "x"}).status_code == 403
    assert here.send("/voice/ring", b"x" * 70_000, {}).status_code == 413


def test_reports_are_posted(here: Service) -> None:
    assert here.client.get("/voice/ring").status_code == 405

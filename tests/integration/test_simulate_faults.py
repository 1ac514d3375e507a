"""`callweave simulate --faults` against a scripted service."""

import json
from collections import Counter
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from click.testing import CliRunner, Result

from callweave.cli import main
from stand_in_service import TOKEN, Form, Reply, Script, StandIn, stand_in, twiml

TRACKED = "+442079460123"
AGENT = (
    '<Number statusCallback="/voice/leg" statusCallbackEvent="initiated ringing answered completed"'
    ">+441614960001</Number>"
)
DIAL = f'<Dial answerOnBridge="true" callerId="{TRACKED}" action="/voice/over">{AGENT}</Dial>'
_visits = count()


def lend(_: Form) -> Reply:
    number = {"pool": "main", "e164": TRACKED, "assignment": "shared"}
    body = {"visitor": "vr_1", "visit": f"vs_{next(_visits)}", "numbers": [number]}
    return Reply(json.dumps(body), 201, "application/json")


def after(form: Form) -> str:
    voicemail = '<Say>Later?</Say><Record action="/voice/voicemail"/>'
    return twiml("<Hangup/>" if form["DialBridged"] == "true" else voicemail)


SERVICE: Script = {
    "/v1/visits": lend,
    "/voice/ring": twiml(DIAL),
    "/voice/fallback": twiml(DIAL),
    "/voice/over": after,
    "/voice/voicemail": twiml("<Say>Thanks.</Say>"),
}


def simulate(tmp_path: Path, *options: str) -> tuple[StandIn, Result]:
    numbers = tmp_path / "numbers.csv"
    numbers.write_text(f"number\n{TRACKED}\n")
    keys = ["--account-sid", "AC1", "--auth-token", TOKEN, "--api-key", "cw_live_x"]
    place = ["--site", "st_1", "--shop", "https://shop.example/", "--numbers", str(numbers)]
    with stand_in(SERVICE) as service:
        told = ["simulate", service.base, *place, *keys, "--calls", "40", *options]
        return service, CliRunner().invoke(main, told)


def repeats(service: StandIn) -> int:
    """Requests that came again with the token of the first."""
    tokens = Counter(
        request.headers["I-Twilio-Idempotency-Token"]
        for request in service.heard
        if urlsplit(request.path).path.startswith("/voice/")
    )
    return sum(times - 1 for times in tokens.values())


def test_nothing_is_sent_twice_unless_it_is_asked_for(tmp_path: Path) -> None:
    service, done = simulate(tmp_path)
    assert done.exit_code == 0, done.output
    assert repeats(service) == 0
    ends = [r.form["CallSid"] for r in service.at("/voice/status")]
    assert (
        len(ends) == len(set(ends)) == len({r.form["CallSid"] for r in service.at("/voice/ring")})
    )


def test_faults_lose_answers_and_reports_and_nobody_is_lost(tmp_path: Path) -> None:
    service, done = simulate(tmp_path, "--faults")
    assert done.exit_code == 0, done.output
    assert repeats(service) > 0
    ends = Counter(r.form["CallSid"] for r in service.at("/voice/status"))
    assert set(ends) < {r.form["CallSid"] for r in service.at("/voice/ring")}
    assert max(ends.values()) > 1

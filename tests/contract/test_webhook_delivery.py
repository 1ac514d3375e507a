"""A signed webhook over real HTTP, to a receiver that trusts the official library alone."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from callweave.domain.facts import Answer, Delivered, Failed, Gone, Refused, written
from callweave.integrations.destination import Errand
from callweave.integrations.webhook import Webhook
from callweave.integrations.webhook.line import Patience
from receiver import CERTIFICATE, SECRET, Receiver, receiving, say
from told import RECORDED

IMPATIENT = Patience(connect_s=0.5, silence_s=0.5, answer_s=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def secure() -> Iterator[Receiver]:
    with receiving(tls=True) as receiver:
        yield receiver


def errand(address: str, *, allow_private: bool = True) -> Errand:
    return Errand("fa_1", written(RECORDED), address, SECRET, allow_private)


def deliver(sent: Errand, kind: Webhook | None = None) -> Answer:
    return (kind or Webhook()).deliver(sent, datetime.now(UTC))


def local(*addresses: str) -> Webhook:
    return Webhook(lambda _host, _port: list(addresses), IMPATIENT)


def test_the_official_library_verifies_what_is_sent(receiver: Receiver) -> None:
    assert deliver(errand(receiver.url)) == Delivered()
    (heard,) = receiver.heard
    assert heard.fact_id == "fa_1"
    assert heard.fact["type"] == "outcome.recorded"
    assert heard.fact["data"]["outcome"]["note"] == "Two weeks in May ✈"
    assert receiver.forged == 0


def test_another_secret_is_not_believed(receiver: Receiver) -> None:
    forged = replace(errand(receiver.url), secret=Webhook().make_secret(lambda n: b"x" * n))
    assert deliver(forged) == Failed("answered 400")
    assert receiver.heard == []


def test_a_new_secret_is_long_and_of_the_standards_form(receiver: Receiver) -> None:
    secret = Webhook().make_secret(lambda n: bytes(range(n)))
    assert secret.startswith("whsec_")
    receiver.secrets = [secret]
    assert deliver(replace(errand(receiver.url), secret=secret)) == Delivered()


def test_a_secret_is_not_shown_by_accident() -> None:
    assert SECRET not in repr(errand("https://hooks.example.com/"))


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, Delivered()),
        (202, Delivered()),
        (299, Delivered()),
        (304, Failed("answered 304")),
        (400, Failed("answered 400")),
        (404, Failed("answered 404")),
        (410, Gone("answered 410 Gone")),
        (500, Failed("answered 500")),
    ],
)
def test_the_status_says_how_it_went(receiver: Receiver, status: int, answer: Answer) -> None:
    receiver.behave = say(status)
    assert deliver(errand(receiver.url)) == answer


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [("120", 120), ("0", 0), ("soon", 0), ("-5", 0), ("9" * 5_000, 0)],
)
def test_a_receiver_can_ask_for_time(receiver: Receiver, retry_after: str, seconds: int) -> None:
    receiver.behave = say(503, Retry_After=retry_after)
    assert deliver(errand(receiver.url)) == Failed("answered 503", timedelta(seconds=seconds))


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.behave = say(307, Location=elsewhere.url)
        assert deliver(errand(receiver.url)) == Failed("answered 307")
        assert elsewhere.heard == []


def test_no_proxy_of_the_environment_hears_of_it(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("all_proxy", proxy.url)
        assert deliver(errand(receiver.url)) == Delivered()
        assert (proxy.heard, proxy.forged) == ([], 0)


def endlessly(request: BaseHTTPRequestHandler) -> None:
    say(200, Content_Length=str(10**12))(request)
    try:
        while True:
            request.wfile.write(b"x" * 65_536)
    except OSError:
        pass


def test_an_endless_answer_is_not_read(receiver: Receiver) -> None:
    receiver.behave = endlessly
    started = time.monotonic()
    assert deliver(errand(receiver.url)) == Delivered()
    assert time.monotonic() - started < 5


def drop_by_drop(request: BaseHTTPRequestHandler) -> None:
    try:
        while True:
            request.wfile.write(b"H")
            time.sleep(0.1)
    except OSError:
        pass


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_drop_by_drop_comes_to_an_end(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with receiving(tls=scheme == "https") as receiver:
        receiver.behave = drop_by_drop
        url = f"{scheme}://hooks.example.com:{receiver.port}/"
        started = time.monotonic()
        found = deliver(errand(url), local("127.0.0.1"))
    assert found == Failed("the connection ended without an answer")
    assert time.monotonic() - started < 3


def test_silence_is_a_failure(receiver: Receiver) -> None:
    receiver.behave = lambda _: time.sleep(0.8)
    assert deliver(errand(receiver.url), local("127.0.0.1")) == Failed("did not answer in time")


def test_nobody_there_is_a_failure() -> None:
    with receiving() as receiver:
        url = receiver.url
    assert deliver(errand(url)) == Failed("nobody is there")


def test_the_second_address_is_called_when_nobody_is_at_the_first(receiver: Receiver) -> None:
    url = f"http://hooks.example.com:{receiver.port}/hook"
    assert deliver(errand(url), local("127.0.0.9", "127.0.0.1")) == Delivered()
    assert receiver.heard[0].host == f"hooks.example.com:{receiver.port}"


def test_a_certificate_is_held_to_the_name_in_the_address(
    secure: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    right = deliver(errand(f"https://hooks.example.com:{secure.port}/"), local("127.0.0.1"))
    wrong = deliver(errand(f"https://hooks.example.org:{secure.port}/"), local("127.0.0.1"))
    assert right == Delivered()
    assert isinstance(wrong, Failed)
    assert "Hostname mismatch" in wrong.reason


def test_a_certificate_that_nobody_signed_is_not_trusted(secure: Receiver) -> None:
    url = f"https://hooks.example.com:{secure.port}/?token=t0ken"
    answer = deliver(errand(url), local("127.0.0.1"))
    assert answer == Failed("no trusted connection: self-signed certificate")


def test_tls_where_there_is_none_is_a_failure(receiver: Receiver) -> None:
    answer = deliver(errand(f"https://127.0.0.1:{receiver.port}/"))
    assert answer == Failed("no trusted connection: it does not speak TLS as we do")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]", "0"],
)
def test_no_spelling_of_an_address_leads_inside(host: str) -> None:
    answer = deliver(errand(f"https://{host}/", allow_private=False))
    assert isinstance(answer, Failed)
    assert "not a public address" in answer.reason


def test_a_name_that_changes_its_meaning_is_asked_once(receiver: Receiver) -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    kind = Webhook(rebinding, IMPATIENT)
    answer = deliver(errand(f"http://hooks.example.com:{receiver.port}/"), kind)
    assert (asked, receiver.heard) == (["hooks.example.com"], [])
    assert isinstance(answer, Failed)


def test_what_can_never_be_called_is_refused() -> None:
    answer = deliver(errand("http://hooks.example.com/", allow_private=False))
    assert isinstance(answer, Refused)


def test_a_person_hears_at_once_what_is_wrong_with_an_address() -> None:
    kind = local("10.0.0.7")
    assert kind.problem("https://crm.example.com/", allow_private=True) is None
    said = kind.problem("https://crm.example.com/", allow_private=False)
    assert said == "crm.example.com is 10.0.0.7, which is not a public address"
    assert kind.problem("crm", allow_private=True)

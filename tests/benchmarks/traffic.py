"""What browsers and the carrier send, as bytes: fresh ids and real signatures in every request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from benchmarks.load import Question
from callweave.simulator.forms import Party, call_form, final_form, progress_form, ring_form
from callweave.simulator.signing import signature
from shops import FRONT_DESK, ORIGIN

PUBLIC = "https://calls.example.com"
ACCOUNT_SID = "AC" + "7" * 32
AUTH_TOKEN = "5" * 32

_BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9",
    "Origin": ORIGIN,
    "Referer": f"{ORIGIN}/",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "cross-site",
    "Content-Type": "text/plain;charset=UTF-8",
}
_CARRIER = {
    "User-Agent": "TwilioProxy/1.1",
    "Accept": "*/*",
    "Accept-Encoding": "gzip",
    "Cache-Control": "max-age=259200",
    "X-Home-Region": "us1",
    "I-Twilio-Idempotency-Token": "6f2b5d8a-0f0e-4c86-9b0c-3c2a4a3a9b1e",
    "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
}
# How visits begin: the address and the referrer; {} becomes an id of the click.
LANDINGS = (
    (
        "/bahamas?utm_source=google&utm_medium=cpc&utm_campaign=bahamas-winter&gclid={}",
        "https://www.google.com/",
    ),
    ("/norway?utm_source=newsletter&utm_medium=email&utm_campaign=northern-lights", ""),
    ("/", "https://www.bing.com/"),
    ("/bahamas/exuma?fbclid={}", "https://m.facebook.com/"),
    ("/contact", ""),
    ("/japan?msclkid={}", "https://www.bing.com/"),
)
BAHAMAS, NORWAY = LANDINGS[:1], LANDINGS[1:2]
_READ_NEXT = ("bahamas/nassau", "prices", "norway/tromso", "about", "bahamas/flights", "reviews")
_OK, _CREATED, _NO_CONTENT = (b"HTTP/1.1 " + status for status in (b"200", b"201", b"204"))
_EXCLUSIVE = b'"assignment":"exclusive"'
_LEG = "outbound-dial"
_SALE = b'{"disposition":"won","value":149900,"currency":"GBP"}'


@dataclass(frozen=True, slots=True)
class Visitor:
    """Sealed ids as the page keeps them, and the number that it shows."""

    visitor: str
    visit: str
    number: str

    @classmethod
    def welcomed(cls, answer: bytes) -> "Visitor":
        told = json.loads(answer.partition(b"\r\n\r\n")[2])
        return cls(told["visitor"], told["visit"], told["numbers"][0]["e164"])


def hello() -> Question:
    return Question(_http("GET", "/hello", {"Accept": "*/*"}, b""), (_OK,))


def echo() -> Question:
    return Question(_http("POST", "/echo", _BROWSER, _page("st_none", "main", "/", "")), (_OK,))


def first_view(
    site: str, pool: str, nth: int, landings: tuple[tuple[str, str], ...] = LANDINGS
) -> Question:
    address, referrer = landings[nth % len(landings)]
    body = _page(site, pool, address.format(f"click-{nth:08}"), referrer)
    return Question(_http("POST", "/v1/visits", _BROWSER, body), (_CREATED, _EXCLUSIVE))


def page_view(site: str, pool: str, known: Visitor, nth: int) -> Question:
    address = f"/{_READ_NEXT[nth % len(_READ_NEXT)]}?page={nth}"
    body = _page(site, pool, address, f"{ORIGIN}/", known)
    return Question(_http("POST", "/v1/visits", _BROWSER, body), (_OK, _EXCLUSIVE))


def ring(number: str, nth: int, rung: bytes) -> Question:
    """``rung`` has to be in the TwiML, and the leg must be a decided one, not the fallback's."""
    proof = (_OK, b"/voice/dialled?leg=1", rung)
    return Question(signed("/voice/ring", ring_form(party(number, nth))), proof)


def caller_gives_up(number: str, nth: int) -> Question:
    """The number's own status callback, as it comes when the caller hangs up while it rings."""
    form = final_form(party(number, nth), "canceled", datetime.now(UTC), 0)
    return Question(signed("/voice/status", form), (_NO_CONTENT,))


def leg_reports(number: str, nth: int) -> list[Question]:
    """The first leg is begun, rings, and is answered."""
    words = ("initiated", "ringing", "in-progress")
    return [_leg_status(number, nth, word, place) for place, word in enumerate(words)]


def _leg_status(number: str, nth: int, word: str, sequence: int) -> Question:
    caller = party(number, nth)
    leg = Party(ACCOUNT_SID, f"CA1{nth:031x}", caller.from_, FRONT_DESK, _LEG, caller.call_sid)
    form = progress_form(leg, word, datetime.now(UTC), sequence, None)
    return Question(signed("/voice/status?leg=1", form), (_NO_CONTENT,))


def talk_is_over(number: str, nth: int) -> Question:
    told = {"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "60"}
    form = call_form(party(number, nth), "in-progress") | told
    return Question(signed("/voice/dialled?leg=1", form), (_OK, b"<Hangup"))


def sale(number: str, nth: int, key: str) -> Question:
    path = f"/api/v1/calls/by-sid/{party(number, nth).call_sid}/outcome"
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return Question(_http("PUT", path, headers, _SALE), (_OK, b'"disposition":"won"'))


def _page(site: str, pool: str, address: str, referrer: str, known: Visitor | None = None) -> bytes:
    """Byte for byte what the snippet makes of it."""
    body = {
        "site": site,
        "visitor": known.visitor if known else None,
        "visit": known.visit if known else None,
        "consent": "granted",
        "page": {"url": ORIGIN + address, "referrer": referrer, "title": "Farshore Holidays"},
        "numbers_wanted": [pool],
    }
    return json.dumps(body, separators=(",", ":")).encode()


def party(number: str, nth: int) -> Party:
    return Party(ACCOUNT_SID, f"CA{nth:032x}", f"+4477{nth:08}", number)


def signed(path: str, form: Mapping[str, str]) -> bytes:
    headers = {**_CARRIER, "X-Twilio-Signature": signature(AUTH_TOKEN, PUBLIC + path, form)}
    return _http("POST", path, headers, urlencode(form).encode())


def _http(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    host = {"Host": PUBLIC.partition("//")[2]}
    length = {"Content-Length": str(len(body))} if body else {}
    lines = [f"{name}: {value}\r\n" for name, value in {**host, **headers, **length}.items()]
    return f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body

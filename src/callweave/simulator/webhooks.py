"""Asking the service, by the rules and limits that Twilio states for its webhooks."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Protocol
from urllib.parse import urldefrag, urlencode, urlsplit
from uuid import uuid4

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ReadTimeoutError

from callweave.simulator.connections import BadOverrideError, Deadline, rules_of
from callweave.simulator.signing import signature

LARGEST_DOCUMENT = 64 * 1024
# Well under the time after which servers close an idle connection: one that the server closes
# just as it is used again would look like a service that hung up on us.
LONGEST_IDLE = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    url: str
    content_type: str | None
    body: bytes
    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Failure:
    """Nothing to execute. `code` is Twilio's; `kind` is what a retry policy calls it."""

    url: str
    code: int
    kind: str
    reason: str
    seconds: float
    status: int | None = None


class Way(Protocol):
    """How the requests of one call get to the service."""

    def ask(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure:
        """What the call goes on with."""

    def tell(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure | None:
        """What the call does not wait for; None when it is told later, or never."""

    def begin_call(self) -> None: ...

    def end_call(self) -> None:
        """Whatever is still to be told is told no later than now, as far as this call knows."""


class Webhooks:
    """Signed requests over kept connections; every thread keeps its own."""

    def __init__(self, auth_token: str) -> None:
        self._auth_token = auth_token
        self._local = threading.local()

    def ask(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure:
        try:
            rules = rules_of(url)
        except BadOverrideError as problem:
            return Failure(url, 11100, "url", str(problem), 0)
        deadline, token = Deadline(rules), str(uuid4())
        answer = self.attempt(url, method, form, token, deadline)
        for _ in range(rules.retries):
            if isinstance(answer, Answer) or not rules.retry(answer.kind) or not deadline.left():
                break
            answer = self.attempt(url, method, form, token, deadline)
        return answer

    def tell(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure | None:
        return self.ask(url, method, form)

    def attempt(
        self, url: str, method: str, form: Mapping[str, str], token: str, deadline: Deadline
    ) -> Answer | Failure:
        try:
            with self._send(url, method, form, token, deadline) as response:
                return _judged(url, response, _read(response, deadline), deadline)
        except (requests.RequestException, HTTPError, TimeoutError, UnicodeError) as problem:
            code, kind, reason = _diagnosis(problem)
            return Failure(url, code, kind, reason, deadline.passed())

    def _send(
        self, url: str, method: str, form: Mapping[str, str], token: str, deadline: Deadline
    ) -> requests.Response:
        address = urldefrag(url).url
        signed: Mapping[str, str] = form
        if method == "GET" and form:
            address += ("&" if urlsplit(address).query else "?") + urlencode(form)
        if method == "GET":
            signed = {}
        headers = {
            "X-Twilio-Signature": signature(self._auth_token, address, signed),
            "I-Twilio-Idempotency-Token": token,
        }
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        body = urlencode(signed) if method == "POST" else None
        session = self._session()
        request = session.prepare_request(requests.Request(method, address, headers, data=body))
        request.url = address  # as it was signed: requests would write %7E as ~
        return session.send(
            request, timeout=deadline.timeouts(), allow_redirects=False, stream=True
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _new_session()
        elif monotonic() - self._local.used > LONGEST_IDLE:
            session.close()
        self._local.used = monotonic()
        return session

    def begin_call(self) -> None:
        """Twilio keeps cookies through one call, not from one call to the next."""
        self._session().cookies.clear()

    def end_call(self) -> None:
        """All was told when it happened."""


def _new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy of this machine stands between a carrier and a service
    session.headers.clear()
    session.headers.update(
        {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            "X-Home-Region": "us1",
        }
    )
    return session


def _read(response: requests.Response, deadline: Deadline) -> bytes:
    """At most one byte more than Twilio accepts, and no longer than it waits in all."""
    body = b""
    while len(body) <= LARGEST_DOCUMENT:
        packet = response.raw.read1(8192, decode_content=True)
        if not packet:
            break
        body += packet
        if not deadline.left():
            raise TimeoutError
    return body


def _judged(
    url: str, response: requests.Response, body: bytes, deadline: Deadline
) -> Answer | Failure:
    status, seconds = response.status_code, deadline.passed()
    if len(body) > LARGEST_DOCUMENT:
        return Failure(url, 11750, "size", "a document over 64 kB", seconds, status)
    if status // 100 == 3:  # noqa: PLR2004 (the class of redirects)
        return Failure(url, 11215, "3xx", "a redirect, which loses the form", seconds, status)
    if status // 100 != 2:  # noqa: PLR2004 (the class of successes)
        return Failure(url, 11200, f"{status // 100}xx", f"status {status}", seconds, status)
    return Answer(url, response.headers.get("Content-Type"), body, status, seconds)


def _diagnosis(problem: Exception) -> tuple[int, str, str]:
    match problem:
        case requests.ConnectTimeout():
            return 11205, "ct", "no connection in time"
        case requests.Timeout() | ReadTimeoutError() | TimeoutError():
            return 11200, "rt", "no answer in time"
        case requests.exceptions.SSLError():
            return 11220, "ct", "no TLS connection"
        case requests.ConnectionError() if _never_connected(problem):
            return 11205, "ct", "no connection"
        case requests.ConnectionError() | HTTPError():
            return 11200, "broken", "the connection broke off before the answer was whole"
        case _:
            return 11100, "url", f"not an address that can be asked: {problem}"


def _never_connected(problem: Exception) -> bool:
    cause = problem.args[0] if problem.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)

"""How the carrier is asked, and how it says no.

Twilio's library builds addresses itself, waits without end and never tries again unless it is told
to, which is done here.
"""

import json
import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from urllib3 import Retry

# Several tries fit into the half minute that a worker has to stop.
TIMEOUT_S = 8.0
TRIES = 3
# Between tries 0 and 1 s, or what the carrier asks for with Retry-After, up to this.
LONGEST_PAUSE_S = 5

# The library tells of every request, with numbers of callers in the address.
_unheard = logging.getLogger(f"{__name__}.requests")
_unheard.setLevel(logging.WARNING)


class CarrierError(Exception):
    """The carrier did not do what was asked; the message says why, and holds no secret. ``code``
    is the carrier's own word for it, where it had one: twilio.com/docs/api/errors.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class NotKnownError(CarrierError):
    """The carrier has nothing of that name."""


class UnsureError(CarrierError):
    """What was asked may have been done all the same: no answer came, or none that says so."""


class Line:
    """The library's own way to ask, with another host, a limit on waiting, and some patience.

    Only what is read is asked for again: of what changes something one cannot know what became.
    """

    def __init__(self, base: str | None, timeout_s: float) -> None:
        self._base = base
        retries = Retry(
            total=TRIES - 1,
            backoff_factor=0.5,
            status_forcelist=(429, 500, 502, 503, 504),
            allowed_methods={"GET"},
            raise_on_status=False,
            retry_after_max=LONGEST_PAUSE_S,
        )
        self._http = TwilioHttpClient(timeout=timeout_s, logger=_unheard)
        for scheme in ("https://", "http://"):
            self._http.session.mount(scheme, HTTPAdapter(max_retries=retries))

    def request(self, method: str, url: str, **named: Any) -> Response:
        answer = self._http.request(method, self._at_base(url), **named)
        if not answer.ok:
            raise _refusal(answer)
        return answer

    def _at_base(self, url: str) -> str:
        if self._base is None:
            return url
        path, query = urlsplit(url).path, urlsplit(url).query
        return self._base + path + (f"?{query}" if query else "")

    def close(self) -> None:
        self._http.session.close()


def _refusal(answer: Response) -> CarrierError:
    """Not left to the library, which drops what the carrier says of a list."""
    status = answer.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        return CarrierError("the carrier does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN")
    try:
        said = json.loads(answer.text)
    except ValueError:
        said = None
    told = said if isinstance(said, dict) else {}
    words, code = told.get("message"), told.get("code")
    message = f"the carrier answered {status}" + (f": {words}" if words else "")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return UnsureError(message)
    kind = NotKnownError if status == HTTPStatus.NOT_FOUND else CarrierError
    return kind(message, code if isinstance(code, int) else None)

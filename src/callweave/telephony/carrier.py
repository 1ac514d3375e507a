"""What the carrier knows: its list of calls, and what each number of ours is set to do.

Twilio's own library speaks to it. That library builds addresses itself, waits without end and
never tries again unless it is told to, which is done here; and it reads no list (see ``records``).
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3 import Retry

from callweave.telephony.records import (
    CarrierCall,
    CarrierNumber,
    NumberSettings,
    Record,
    Unreadable,
    read_call,
    read_number,
)

__all__ = [
    "CALLS_A_PAGE",
    "CarrierApi",
    "CarrierCall",
    "CarrierError",
    "CarrierNumber",
    "NotKnownError",
    "NumberSettings",
    "Unreadable",
]

log = logging.getLogger(__name__)

CALLS_A_PAGE = 1000
# Several tries fit into the half minute that a worker has to stop.
TIMEOUT_S = 8.0
TRIES = 3
# Between tries 0 and 1 s, or what the carrier asks for with Retry-After, up to this.
LONGEST_PAUSE_S = 5

# The library tells of every request, with numbers of callers in the address.
_unheard = logging.getLogger(f"{__name__}.requests")
_unheard.setLevel(logging.WARNING)


class CarrierError(Exception):
    """The carrier did not do what was asked; the message says why, and holds no secret."""


class NotKnownError(CarrierError):
    """The carrier has nothing of that name."""


@dataclass(frozen=True, slots=True)
class CarrierApi:
    """``base`` is another host that speaks as Twilio does; None for Twilio itself."""

    account_sid: str
    auth_token: str = field(repr=False)
    base: str | None = None
    timeout_s: float = TIMEOUT_S

    def calls(
        self, since: datetime, until: datetime | None = None
    ) -> Iterator[CarrierCall | Unreadable]:
        """All that began at ``since`` or later, and before ``until``; page by page, the newest
        first.

        The carrier's filter knows days alone (or may; the documentation is not of one mind), so
        it is given whole days. The rest is sorted out here, and what lies behind is not read: the
        order is by the time of dialling, so one call may stand behind its place, but not a page.
        """
        filters = {"StartTime>": _day(since)}
        if until:
            filters["StartTime<"] = _day(until + timedelta(days=1))
        for page in self._pages("Calls", filters):
            lines = [line for record in page if (line := read_call(record))]
            for line in lines:
                if isinstance(line, Unreadable) or _is_within(line.started_at, since, until):
                    yield line
            if lines and all(_began_before(line, since) for line in lines):
                return

    def call(self, sid: str) -> CarrierCall | Unreadable | None:
        """None where the carrier does not know it."""
        try:
            with self.asking() as client:
                answer = client.request("GET", self._address(f"Calls/{sid}"))
        except NotKnownError:
            return None
        try:
            record = json.loads(answer.text)
        except ValueError:
            record = None
        return read_call(record) if isinstance(record, dict) else Unreadable(sid, "all of it")

    def legs(self, sid: str) -> Iterator[CarrierCall | Unreadable]:
        for page in self._pages("Calls", {"ParentCallSid": sid}):
            for record in page:
                if leg := read_call(record):
                    yield leg

    def numbers(self) -> Iterator[CarrierNumber]:
        for page in self._pages("IncomingPhoneNumbers", {}):
            for record in page:
                if number := read_number(record):
                    yield number
                else:
                    log.warning("a number in the carrier's list makes no sense")

    def _pages(self, name: str, filters: Mapping[str, str]) -> Iterator[list[Record]]:
        """Every record of a page is an object; what else a page holds does not matter."""
        url = f"{self._address(name)}?{urlencode({**filters, 'PageSize': str(CALLS_A_PAGE)})}"
        key = {"Calls": "calls", "IncomingPhoneNumbers": "incoming_phone_numbers"}[name]
        with self.asking() as client:
            while url:
                page = json.loads(client.request("GET", url).text)
                yield [each if isinstance(each, dict) else {} for each in page[key]]
                url = urljoin(url, page["next_page_uri"]) if page.get("next_page_uri") else ""

    def _address(self, name: str) -> str:
        return f"https://api.twilio.com/2010-04-01/Accounts/{self.account_sid}/{name}.json"

    def configure(self, number: CarrierNumber, settings: NumberSettings) -> None:
        with self.asking() as client:
            client.incoming_phone_numbers(number.sid).update(
                voice_url=settings.voice_url,
                voice_method="POST",
                voice_fallback_url=settings.voice_fallback_url,
                voice_fallback_method="POST",
                status_callback=settings.status_callback,
                status_callback_method="POST",
            )

    @contextmanager
    def asking(self) -> Iterator[Client]:
        """Twilio's own client, whose errors become ours."""
        http = _Line(self.base, self.timeout_s)
        # An empty environment, or the library would read settings of its own from the process's.
        client = Client(self.account_sid, self.auth_token, http_client=http, environment={"": ""})
        try:
            yield client
        except (TwilioException, ValueError, TypeError, KeyError) as error:
            reason = type(error).__name__
            raise CarrierError(f"the carrier's answer is not understood ({reason})") from None
        except requests.RequestException as error:
            raise CarrierError(f"the carrier cannot be reached ({type(error).__name__})") from None
        finally:
            http.close()


class _Line:
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
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise NotKnownError(_refusal(answer))
        if not answer.ok:
            raise CarrierError(_refusal(answer))
        return answer

    def _at_base(self, url: str) -> str:
        if self._base is None:
            return url
        path, query = urlsplit(url).path, urlsplit(url).query
        return self._base + path + (f"?{query}" if query else "")

    def close(self) -> None:
        self._http.session.close()


def _refusal(answer: Response) -> str:
    """Not left to the library, which drops what the carrier says of a list."""
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        return "the carrier does not accept TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN"
    try:
        said = json.loads(answer.text)
    except ValueError:
        said = None
    words = said.get("message") if isinstance(said, dict) else None
    return f"the carrier answered {answer.status_code}" + (f": {words}" if words else "")


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _is_within(moment: datetime, since: datetime, until: datetime | None) -> bool:
    return since <= moment and (until is None or moment < until)


def _began_before(line: CarrierCall | Unreadable, since: datetime) -> bool:
    return isinstance(line, CarrierCall) and line.started_at < since

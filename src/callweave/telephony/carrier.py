"""What the carrier knows: its list of calls, and what each number of ours is set to do.

Twilio's own library speaks to it. That library builds addresses itself, waits without end and
never tries again unless it is told to, which is done here.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3 import Retry

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
class CarrierCall:
    """A line of the carrier's list: a call of a caller, or a leg of one (``parent_sid``).

    ``duration_s`` from pick-up; None while it lasts.
    """

    sid: str
    parent_sid: str | None
    direction: str
    from_: str
    to: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    duration_s: int | None


@dataclass(frozen=True, slots=True)
class NumberSettings:
    """Where a number rings, where its calls go when that fails, and where their end is told."""

    voice_url: str
    voice_fallback_url: str
    status_callback: str


@dataclass(frozen=True, slots=True)
class CarrierNumber:
    """``taken_by``: an application or trunk of the carrier's that overrides the settings."""

    sid: str
    e164: str
    changed_at: datetime
    settings: NumberSettings
    asked_by_post: bool
    taken_by: str | None


@dataclass(frozen=True, slots=True)
class CarrierApi:
    """``base`` is another host that speaks as Twilio does; None for Twilio itself."""

    account_sid: str
    auth_token: str = field(repr=False)
    base: str | None = None
    timeout_s: float = TIMEOUT_S

    def calls(self, since: datetime, until: datetime | None = None) -> Iterator[CarrierCall]:
        """All that began at ``since`` or later, and before ``until``; page by page.

        The carrier's filter knows days alone (or may; the documentation is not of one mind), so
        it is given whole days, and the rest is sorted out here.
        """
        day_after = _midnight(until + timedelta(days=1)) if until else None
        filters: dict[str, Any] = {"start_time_before": day_after} if day_after else {}
        with self.asking() as client:
            found = client.calls.stream(
                start_time_after=_midnight(since), page_size=CALLS_A_PAGE, **filters
            )
            for record in found:
                call = _call(record)
                if call and since <= call.started_at and (until is None or call.started_at < until):
                    yield call

    def call(self, sid: str) -> CarrierCall | None:
        """None where the carrier does not know it."""
        try:
            with self.asking() as client:
                return _call(client.calls(sid).fetch())
        except NotKnownError:
            return None

    def legs(self, sid: str) -> Iterator[CarrierCall]:
        with self.asking() as client:
            for record in client.calls.stream(parent_call_sid=sid, page_size=CALLS_A_PAGE):
                if leg := _call(record):
                    yield leg

    def numbers(self) -> Iterator[CarrierNumber]:
        with self.asking() as client:
            for record in client.incoming_phone_numbers.stream(page_size=CALLS_A_PAGE):
                yield _number(record)

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
        except (TwilioException, ValueError, TypeError) as error:
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


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _call(record: Any) -> CarrierCall | None:
    """None for one that was never dialled: it has no times yet."""
    started_at = record.start_time or record.date_created
    if not isinstance(started_at, datetime):
        return None
    ended_at = record.end_time if isinstance(record.end_time, datetime) else None
    return CarrierCall(
        sid=record.sid,
        parent_sid=record.parent_call_sid or None,
        direction=record.direction or "",
        from_=record._from or "",  # noqa: SLF001  the library's name for it
        to=record.to or "",
        status=record.status or "",
        started_at=started_at,
        ended_at=ended_at,
        duration_s=int(record.duration) if record.duration else None,
    )


def _number(record: Any) -> CarrierNumber:
    methods = {record.voice_method, record.voice_fallback_method, record.status_callback_method}
    return CarrierNumber(
        sid=record.sid,
        e164=record.phone_number,
        changed_at=record.date_updated,
        settings=NumberSettings(
            record.voice_url or "", record.voice_fallback_url or "", record.status_callback or ""
        ),
        asked_by_post=methods == {"POST"},
        taken_by=record.trunk_sid or record.voice_application_sid or None,
    )

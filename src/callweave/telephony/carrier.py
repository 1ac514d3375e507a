"""What the carrier knows: its list of calls, and what each number of ours is set to do; and how
numbers become ours.

Twilio's own library speaks to it, on a line of ours (see ``line``); and it reads no list (see
``records``).
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urljoin

import requests
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from callweave.telephony.line import (
    TIMEOUT_S,
    CarrierError,
    Line,
    NotKnownError,
    UnsureError,
)
from callweave.telephony.records import (
    CarrierCall,
    CarrierMessage,
    CarrierNumber,
    NumberSettings,
    Record,
    Unreadable,
    read_call,
    read_message,
    read_number,
)

__all__ = [
    "CALLS_A_PAGE",
    "CarrierApi",
    "CarrierCall",
    "CarrierError",
    "CarrierMessage",
    "CarrierNumber",
    "NotKnownError",
    "NumberSettings",
    "Unreadable",
    "UnsureError",
]

log = logging.getLogger(__name__)

CALLS_A_PAGE = 1000


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
        for page in self.pages("Calls", "calls", filters):
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
        for page in self.pages("Calls", "calls", {"ParentCallSid": sid}):
            for record in page:
                if leg := read_call(record):
                    yield leg

    def messages(self, sid: str) -> Iterator[CarrierMessage]:
        """That the caller of this call has left."""
        with suppress(NotKnownError):
            for page in self.pages(f"Calls/{sid}/Recordings", "recordings", {}):
                yield from (message for record in page if (message := read_message(record)))

    def numbers(self, e164: str = "") -> Iterator[CarrierNumber]:
        """All of the account, or the one that is asked for."""
        filters = {"PhoneNumber": e164} if e164 else {}
        for page in self.pages("IncomingPhoneNumbers", "incoming_phone_numbers", filters):
            for record in page:
                if number := read_number(record):
                    yield number
                else:
                    log.warning("a number in the carrier's list makes no sense")

    def pages(self, name: str, key: str, filters: Mapping[str, str]) -> Iterator[list[Record]]:
        """Every record of a page is an object; what else a page holds does not matter."""
        query = urlencode({"PageSize": str(CALLS_A_PAGE), **filters})
        url = f"{self._address(name)}?{query}"
        with self.asking() as client:
            while url:
                page = json.loads(client.request("GET", url).text)
                yield [each if isinstance(each, dict) else {} for each in page[key]]
                url = urljoin(url, page["next_page_uri"]) if page.get("next_page_uri") else ""

    def _address(self, name: str) -> str:
        return f"https://api.twilio.com/2010-04-01/Accounts/{self.account_sid}/{name}.json"

    def configure(self, number: CarrierNumber, settings: NumberSettings) -> None:
        with self.asking() as client:
            client.incoming_phone_numbers(number.sid).update(**settings.as_parameters())

    def buy(
        self, e164: str, settings: NumberSettings, name: str, papers: Mapping[str, str]
    ) -> None:
        """``papers``: ``bundle_sid`` and ``address_sid`` where a country asks for them.

        A number that the account has already is set anew, and costs nothing more.
        """
        with self.asking() as client:
            client.incoming_phone_numbers.create(
                phone_number=e164, friendly_name=name, **settings.as_parameters(), **papers
            )

    def release(self, number: CarrierNumber) -> None:
        """Gives it up; one that is gone already is no trouble."""
        with suppress(NotKnownError), self.asking() as client:
            client.incoming_phone_numbers(number.sid).delete()

    @contextmanager
    def asking(self) -> Iterator[Client]:
        """Twilio's own client, whose errors become ours."""
        http = Line(self.base, self.timeout_s)
        # An empty environment, or the library would read settings of its own from the process's.
        client = Client(self.account_sid, self.auth_token, http_client=http, environment={"": ""})
        try:
            yield client
        except (TwilioException, ValueError, TypeError, KeyError) as error:
            reason = type(error).__name__
            raise UnsureError(f"the carrier's answer is not understood ({reason})") from None
        except requests.RequestException as error:
            raise UnsureError(f"the carrier cannot be reached ({type(error).__name__})") from None
        finally:
            http.close()


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()


def _is_within(moment: datetime, since: datetime, until: datetime | None) -> bool:
    return since <= moment and (until is None or moment < until)


def _began_before(line: CarrierCall | Unreadable, since: datetime) -> bool:
    return isinstance(line, CarrierCall) and line.started_at < since

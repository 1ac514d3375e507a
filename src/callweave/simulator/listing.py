"""The carrier's call list: calls and their legs as its REST interface shows them.

Names and forms: Twilio's OpenAPI description of the Call resource (api_v2010, `Call`).
"""

import threading
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime

from callweave.simulator.forms import API_VERSION
from callweave.simulator.ledger import Bridged, Ledger, LedgerCall, LegEnded, MessageLeft, Rung


@dataclass(frozen=True, slots=True)
class Listed:
    """A call or a leg. `seconds` and `ended_at` are None while it lasts."""

    sid: str
    parent: str | None
    from_: str
    to: str
    direction: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    seconds: int | None


def listed(call: LedgerCall) -> Iterator[Listed]:
    ended_at = call.started_at + timedelta(seconds=_last_moment(call)) if call.over else None
    seconds = call.duration if call.over else None
    yield Listed(
        call.sid,
        None,
        call.from_,
        call.to,
        "inbound",
        call.status,
        call.started_at,
        ended_at,
        seconds,
    )
    rung = {entry.leg: entry for entry in call.entries if isinstance(entry, Rung)}
    ended = {entry.leg: entry for entry in call.entries if isinstance(entry, LegEnded)}
    talking = {entry.leg for entry in call.entries if isinstance(entry, Bridged)}
    for leg, entry in (ended | rung).items():
        end = ended.get(leg)
        yield Listed(
            leg,
            call.sid,
            call.from_,
            entry.endpoint,
            "outbound-dial",
            end.status if end else "in-progress" if leg in talking else "ringing",
            call.started_at + timedelta(seconds=entry.at),
            call.started_at + timedelta(seconds=end.at) if end else None,
            end.seconds if end else None,
        )


def _place(line: Listed) -> tuple[datetime, str]:
    return line.started_at, line.sid


@dataclass(slots=True)
class Lines:
    """All lines of a ledger, in which nothing is ever struck out: asking costs what lasts and what
    is asked for, however many calls there have been.
    """

    ledger: Ledger
    _seen: int = 0
    _lasting: Sequence[LedgerCall] = ()
    _done: list[Listed] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def newest_first(self, since: datetime) -> Sequence[Listed]:
        """What began at ``since`` or later; legs are lines of their own."""
        with self._lock:
            self._catch_up()
            found = self._done[bisect_left(self._done, (since, ""), key=_place) :]
            lasting = [line for call in self._lasting for line in listed(call)]
        found += (line for line in lasting if line.started_at >= since)
        return sorted(found, key=_place, reverse=True)

    def _catch_up(self) -> None:
        calls = self.ledger.calls()
        new, self._seen = calls[self._seen :], len(calls)
        known = (self.ledger.find(call.sid) or call for call in self._lasting)
        pages = [*known, *new]
        self._lasting = [page for page in pages if not page.over]
        for page in pages:
            if page.over:
                for line in listed(page):
                    insort(self._done, line, key=_place)


def _last_moment(call: LedgerCall) -> float:
    return max((entry.at for entry in call.entries), default=0.0)


def as_resource(call: Listed, account_sid: str) -> Mapping[str, object]:
    """Dates are RFC 2822, numbers are text; a price takes the carrier a while and is not known."""
    started, ended = _date(call.started_at), _date(call.ended_at)
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": account_sid,
        "parent_call_sid": call.parent,
        "date_created": started,
        "date_updated": ended or started,
        "from": call.from_,
        "from_formatted": call.from_,
        "to": call.to,
        "to_formatted": call.to,
        "phone_number_sid": "" if call.parent else number_sid(call.to),
        "direction": call.direction,
        "status": call.status,
        "start_time": started,
        "end_time": ended,
        "duration": None if call.seconds is None else str(call.seconds),
        "price": None,
        "price_unit": "USD",
        "answered_by": None,
        "api_version": API_VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": "0",
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
    }


def messages(call: LedgerCall) -> Sequence[MessageLeft]:
    return [entry for entry in call.entries if isinstance(entry, MessageLeft)]


def recording_resource(
    call: LedgerCall, message: MessageLeft, *, account_sid: str
) -> Mapping[str, object]:
    """Names and forms: `Recording` in the same description."""
    made = call.started_at + timedelta(seconds=message.at)
    uri = f"/{API_VERSION}/Accounts/{account_sid}/Recordings/{message.recording}"
    return {
        "sid": message.recording,
        "account_sid": account_sid,
        "call_sid": call.sid,
        "conference_sid": None,
        "date_created": _date(made),
        "date_updated": _date(made),
        "start_time": _date(made - timedelta(seconds=message.seconds)),
        "duration": str(message.seconds),
        "channels": 1,
        "source": "RecordVerb",
        "status": "completed",
        "error_code": None,
        "price": None,
        "price_unit": "USD",
        "encryption_details": None,
        "api_version": API_VERSION,
        "uri": f"{uri}.json",
    }


def number_sid(number: str) -> str:
    return f"PN{number.removeprefix('+'):0>32}"


def _date(moment: datetime | None) -> str | None:
    return format_datetime(moment) if moment else None

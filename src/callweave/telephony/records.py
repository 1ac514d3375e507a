"""What the carrier's REST interface tells, read into values.

Not by Twilio's library, which gives up a whole page for one field or date that it does not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any


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
class CarrierMessage:
    """What a caller has said after the tone. ``url``: as the carrier tells of it in a request."""

    sid: str
    url: str
    duration_s: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that makes no sense. ``sid`` may be empty; ``why`` names a field, never a number."""

    sid: str
    why: str


@dataclass(frozen=True, slots=True)
class NumberSettings:
    """Where a number rings, where its calls go when that fails, and where their end is told."""

    voice_url: str
    voice_fallback_url: str
    status_callback: str

    def as_parameters(self) -> Mapping[str, str]:
        """Of the carrier's library. Forms are posted, and so are signed whole."""
        return {
            "voice_url": self.voice_url,
            "voice_method": "POST",
            "voice_fallback_url": self.voice_fallback_url,
            "voice_fallback_method": "POST",
            "status_callback": self.status_callback,
            "status_callback_method": "POST",
        }


@dataclass(frozen=True, slots=True)
class CarrierNumber:
    """``taken_by``: an application or trunk of the carrier's that overrides the settings.
    ``name``: what the account calls it.
    """

    sid: str
    e164: str
    changed_at: datetime
    settings: NumberSettings
    asked_by_post: bool
    taken_by: str | None
    name: str = ""


Record = Mapping[str, Any]


def read_call(record: Record) -> CarrierCall | Unreadable | None:
    """None for one that was never dialled: it has no times yet."""
    sid = record.get("sid")
    if not isinstance(sid, str) or not sid:
        return Unreadable("", "sid")
    try:
        started_at = _time(record, "start_time") or _time(record, "date_created")
        return _call(record, sid, started_at) if started_at else None
    except ValueError as why:
        return Unreadable(sid, str(why))


def _call(record: Record, sid: str, started_at: datetime) -> CarrierCall:
    return CarrierCall(
        sid=sid,
        parent_sid=_text(record, "parent_call_sid") or None,
        direction=_text(record, "direction"),
        from_=_text(record, "from"),
        to=_text(record, "to"),
        status=_text(record, "status"),
        started_at=started_at,
        ended_at=_time(record, "end_time"),
        duration_s=_seconds(record, "duration"),
    )


def read_message(record: Record) -> CarrierMessage | None:
    """None for a recording that is none: of a talk, not ready, without a second, or senseless."""
    try:
        sid, uri, seconds = _text(record, "sid"), _text(record, "uri"), _seconds(record, "duration")
        is_message = _text(record, "source") == "RecordVerb"
        is_ready = _text(record, "status") == "completed"
    except ValueError:
        return None
    if not (sid and uri.startswith("/") and seconds and is_message and is_ready):
        return None
    return CarrierMessage(sid, f"https://api.twilio.com{uri.removesuffix('.json')}", seconds)


def read_number(record: Record) -> CarrierNumber | None:
    """None where it makes no sense."""
    try:
        sid, e164 = _text(record, "sid"), _text(record, "phone_number")
        changed_at = _time(record, "date_updated")
        settings = NumberSettings(
            _text(record, "voice_url"),
            _text(record, "voice_fallback_url"),
            _text(record, "status_callback"),
        )
        taken_by = _text(record, "trunk_sid") or _text(record, "voice_application_sid") or None
        name = _text(record, "friendly_name")
    except ValueError:
        return None
    if not sid or not e164 or changed_at is None:
        return None
    names = ("voice_method", "voice_fallback_method", "status_callback_method")
    by_post = {record.get(name) for name in names} == {"POST"}
    return CarrierNumber(sid, e164, changed_at, settings, by_post, taken_by, name)


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(name)  # noqa: TRY004  what somebody sent is no mistake of ours
    return value


def _time(record: Record, name: str) -> datetime | None:
    """RFC 2822."""
    text = _text(record, name)
    if not text:
        return None
    try:
        at = parsedate_to_datetime(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(name) from None


def _seconds(record: Record, name: str) -> int | None:
    value = record.get(name)
    if value is None or value == "":
        return None
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) < 10):  # noqa: PLR2004  fits 32 bits
        raise ValueError(name)
    return int(text)

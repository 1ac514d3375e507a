"""What the carrier sends, read into values: every field but CallSid may be missing or empty."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from callweave.domain.calls.legs import speaks_of_talk, tells_of_talk
from callweave.domain.calls.reports import (
    CallStatus,
    Dialled,
    DialLost,
    FellBack,
    LegStatus,
    Recording,
    Report,
    Ring,
    Status,
    Voicemail,
    Whispered,
)
from callweave.domain.phone import Caller, read_caller
from callweave.telephony.fallbacks import (
    DialFailed,
    FallbackMeaning,
    VoicemailFailed,
    WhisperFailed,
    fallback_meaning,
)

_CALL_SID = re.compile(r"CA[0-9a-f]{32}")
_LEG = re.compile(r"[0-9]{1,2}")
_LONGEST_SECONDS = 10**6

Form = Mapping[str, str]


class UnreadableError(Exception):
    """Signed by the carrier, but not something that we understand; the message says why."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """Who called whom, as every request about the caller's side of a call carries it. ``to`` is a
    number in E.164, or at a SIP domain an address; ``forwarded_from`` the number whose phone
    passed the call on, where the carrier tells.
    """

    call_sid: str
    to: str
    caller: Caller
    forwarded_from: str | None


def read_inbound(form: Form) -> Inbound:
    return Inbound(
        call_sid=call_sid(form),
        to=form.get("To", "")[:64],
        caller=read_caller(form.get("From"), form.get("FromCountry")),
        forwarded_from=read_caller(form.get("ForwardedFrom"), None).number,
    )


def call_sid(form: Form) -> str:
    """The caller's side of the call: for a leg's request that is the parent."""
    found = form.get("ParentCallSid") or form.get("CallSid", "")
    if not _CALL_SID.fullmatch(found):
        raise UnreadableError("CallSid is not of the form CA + 32 hexadecimal digits")
    return found


def is_of_callers_side(kind: str, leg: str | None, form: Form) -> bool:
    """Then it carries the number that was dialled; what is told of a leg does not."""
    of_leg = kind in {"whisper", "recording"} or (kind == "status" and leg is not None)
    return not of_leg and not form.get("ParentCallSid")


def leg_position(text: str | None) -> str | None:
    """Our own mark in the address: which attempt this is about; none for the call itself."""
    if text is not None and not _LEG.fullmatch(text):
        raise UnreadableError("the leg in the address is not one of ours")
    return text


def read_report(kind: str, leg: str | None, form: Form, received_at: datetime) -> Report:
    """The same report again, whenever it is read from the form that was kept."""
    at = _timestamp(form) or received_at
    return _of_call(kind, form, at) if leg is None else _of_leg(kind, leg, form, at)


def _of_call(kind: str, form: Form, at: datetime) -> Report:
    match kind:
        case "ring":
            return Ring(at)
        case "fallback":
            return FellBack(at, _whole(form.get("ErrorCode")), _instead(form, at))
        case "voicemail":
            return Voicemail(*_recorded(form, "a voicemail"), at)
        case "recording":
            return _recording(form, at)
        case "status":
            return CallStatus(_status(form, "CallStatus"), at, _whole(form.get("CallDuration")))
        case _:
            raise UnreadableError(f"no report is called {kind!r} without a leg")


def _of_leg(kind: str, leg: str, form: Form, at: datetime) -> Report:
    match kind:
        case "status":
            return _leg_status(leg, form, at)
        case "whisper":
            return Whispered(leg, at)
        case "dialled":
            return _dialled(leg, form, at)
        case _:
            raise UnreadableError(f"no report is called {kind!r} for a leg")


def _leg_status(leg: str, form: Form, at: datetime) -> LegStatus:
    return LegStatus(
        leg,
        _status(form, "CallStatus"),
        at,
        _whole(form.get("SequenceNumber")),
        _whole(form.get("CallDuration")),
    )


def talked(form: Form, received_at: datetime) -> bool | None:
    """Whether a dial that has ended was a talk; None where the request does not say."""
    if (bridged := _bridged(form)) is not None:
        return bridged
    if form.get("CallStatus") in {Status.QUEUED, Status.RINGING}:
        return False
    try:
        dial = _dialled("", form, received_at)
    except UnreadableError:
        return None
    return speaks_of_talk(dial) if tells_of_talk(dial) else None


def reckoned_ring(report: Report) -> datetime:
    """When the call rang, at the latest: from a report on it, for a ring that was never kept."""
    match report:
        case CallStatus(duration_s=int(seconds)) | Voicemail(duration_s=int(seconds)):
            return report.at - timedelta(seconds=seconds)
        case Dialled(duration_s=int(seconds)):
            return report.at - timedelta(seconds=seconds)
        case _:
            return report.at


def report_key(kind: str, leg: str | None, form: Form) -> str:
    """Two requests with the same key for the same call are one request, sent twice.

    The signature does not tell where a name ends and its value begins, so a key is made of what
    a reader would miss: nobody can make a second request of one by moving that place.
    """
    match kind:
        case "status":
            return f"status:{leg or ''}:{form['CallStatus']}"
        case "voicemail" | "recording":
            return f"{kind}:{form['RecordingSid']}"[:120]
        case "fallback":
            return f"fallback:{_name(fallback_meaning(form))}"
        case _:
            return f"{kind}:{leg or ''}"


def _name(meaning: FallbackMeaning) -> str:
    """Two failures of one call are two reports: the second must not get the answer to the first,
    which may have been to ring somebody.
    """
    match meaning:
        case DialFailed(leg) | WhisperFailed(leg):
            return f"{type(meaning).__name__}:{leg}"
        case _:
            return type(meaning).__name__


def _instead(form: Form, at: datetime) -> Dialled | DialLost | Voicemail | None:
    """What the address that failed would have been told, as far as this request says."""
    match fallback_meaning(form):
        case DialFailed(leg):
            try:
                return _dialled(leg, form, at)
            except UnreadableError:
                return DialLost(leg, at)
        case VoicemailFailed() if form.get("RecordingSid"):
            return Voicemail(*_recorded(form, "a voicemail"), at)
        case _:
            return None


def _dialled(leg: str, form: Form, at: datetime) -> Dialled:
    call_status = form.get("CallStatus")
    return Dialled(
        leg,
        _status(form, "DialCallStatus"),
        at,
        _bridged(form),
        _whole(form.get("DialCallDuration")),
        Status(call_status) if call_status in set(Status) else None,
    )


def _bridged(form: Form) -> bool | None:
    return {"true": True, "false": False}.get(form.get("DialBridged", "").lower())


def _recording(form: Form, at: datetime) -> Recording | Voicemail:
    """Of a talk; or of a message, which its own request may have failed to tell of."""
    if form.get("RecordingStatus", "completed") != "completed":
        raise UnreadableError("a recording that is not completed")
    if form.get("RecordingSource") == "RecordVerb":
        return Voicemail(*_recorded(form, "a voicemail"), at)
    return Recording(*_recorded(form, "a recording"), at)


def _recorded(form: Form, what: str) -> tuple[str, str, int | None]:
    """Its sid, address and length."""
    sid, url = form.get("RecordingSid", ""), form.get("RecordingUrl", "")
    if not sid or not url.startswith(("https://", "http://")):
        raise UnreadableError(f"{what} without RecordingSid or RecordingUrl")
    return sid[:64], url[:2048], _whole(form.get("RecordingDuration"))


def _status(form: Form, name: str) -> Status:
    try:
        return Status(form.get(name, ""))
    except ValueError:
        raise UnreadableError(f"{name} is not a status that the carrier documents") from None


def _whole(text: str | None) -> int | None:
    if not text or not re.fullmatch(r"[0-9]{1,9}", text):
        return None
    return min(int(text), _LONGEST_SECONDS)


def _timestamp(form: Form) -> datetime | None:
    """The carrier's own time of the event (RFC 2822), where it sends one."""
    try:
        at = parsedate_to_datetime(form.get("Timestamp", ""))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return None

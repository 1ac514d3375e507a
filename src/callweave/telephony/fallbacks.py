"""What a request for the fallback tells: which answer of ours the carrier could not use."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

_LEG = re.compile(r"[0-9]{1,2}")
CALLER_ID_REFUSED = "13214"
_UNFETCHED = re.compile(r"112[0-9]{2}")  # HTTP, connection, TLS; 11750 is a document too large


@dataclass(frozen=True, slots=True)
class RingFailed:
    """Of the first answer, or of who knows which: nothing has been tried yet."""


@dataclass(frozen=True, slots=True)
class DialFailed:
    """The dial of ``leg`` has ended, and what should follow never reached the carrier."""

    leg: str


@dataclass(frozen=True, slots=True)
class WhisperFailed:
    """On the agent's side, who waits to be put through."""

    leg: str


@dataclass(frozen=True, slots=True)
class VoicemailFailed:
    """The message is left."""


@dataclass(frozen=True, slots=True)
class FallbackFailed:
    """Then only what has no way to fail is left."""


FallbackMeaning = RingFailed | DialFailed | WhisperFailed | VoicemailFailed | FallbackFailed


def fallback_meaning(form: Mapping[str, str]) -> FallbackMeaning:
    """What went wrong, by the address of ours that the carrier names when it asks for help."""
    parts = _split(form.get("ErrorUrl", ""))
    leg = parse_qs(parts.query).get("leg", [""])[0]
    has_leg = bool(_LEG.fullmatch(leg))
    match _name(parts):
        case "dialled" if has_leg:
            return DialFailed(leg)
        case "whisper" if has_leg:
            return WhisperFailed(leg)
        case "voicemail":
            return VoicemailFailed()
        case "fallback":
            return FallbackFailed()
        case _:
            return RingFailed()


def may_have_talked(form: Mapping[str, str]) -> bool:
    """The caller's side is picked up, and no address says that nothing has been tried yet."""
    return form.get("CallStatus") == "in-progress" and not _is_of_ring(form)


def is_caller_id_refused(form: Mapping[str, str]) -> bool:
    """A dial that passed the caller's number on: it must not be passed on again."""
    return form.get("ErrorCode") == CALLER_ID_REFUSED


def is_unfetched(form: Mapping[str, str]) -> bool:
    """The carrier could not get the answer; one that it got and could not run is no good again."""
    return bool(_UNFETCHED.fullmatch(form.get("ErrorCode", "")))


def is_ring_unfetched(form: Mapping[str, str]) -> bool:
    """Then nobody of whom it told was rung."""
    return is_unfetched(form) and _is_of_ring(form)


def _is_of_ring(form: Mapping[str, str]) -> bool:
    return _name(_split(form.get("ErrorUrl", ""))) == "ring"


def _name(address: SplitResult) -> str:
    return address.path.rpartition("/voice/")[2]


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")

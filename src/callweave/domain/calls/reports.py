from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """The carrier's own words, for calls, for legs and for how a dial ended."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    ANSWERED = "answered"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_last(self) -> bool:
        return self in _LAST


_LAST = frozenset({Status.COMPLETED, Status.BUSY, Status.NO_ANSWER, Status.FAILED, Status.CANCELED})


@dataclass(frozen=True, slots=True)
class Ring:
    """The carrier's first request."""

    at: datetime


@dataclass(frozen=True, slots=True)
class LegStatus:
    """A status callback of a leg. `sequence` is the carrier's SequenceNumber, from 0."""

    leg: str
    status: Status
    at: datetime
    sequence: int | None = None
    duration_s: int | None = None


@dataclass(frozen=True, slots=True)
class Whispered:
    """The agent of this leg picked up and is told what the call is about."""

    leg: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Dialled:
    """A dial has ended (the `action` request). `bridged` is DialBridged where it was sent;
    `call_status` is the state of the caller's own side at that moment.
    """

    leg: str
    status: Status
    at: datetime
    bridged: bool | None = None
    duration_s: int | None = None
    call_status: Status | None = None


@dataclass(frozen=True, slots=True)
class CallStatus:
    """The status of the inbound call itself, by callback or read from the carrier's call list."""

    status: Status
    at: datetime
    duration_s: int | None = None


@dataclass(frozen=True, slots=True)
class Voicemail:
    recording_sid: str
    url: str
    duration_s: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """Of a talk. `duration_s` counts from pick-up, as the leg's does."""

    recording_sid: str
    url: str
    duration_s: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DialLost:
    """A dial has ended, and how was never told."""

    leg: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FellBack:
    """The carrier could not fetch or run an answer of ours and asked for the fallback. `instead`
    is what it would have reported to the address that failed, as far as it says.
    """

    at: datetime
    error_code: int | None = None
    instead: Dialled | DialLost | Voicemail | None = None


Report = (
    Ring
    | LegStatus
    | Whispered
    | Dialled
    | DialLost
    | CallStatus
    | Voicemail
    | Recording
    | FellBack
)

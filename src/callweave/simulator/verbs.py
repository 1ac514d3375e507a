"""What a document asks the carrier to do, once it has been read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    loop: int


@dataclass(frozen=True, slots=True)
class Play:
    url: str
    loop: int


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: int


@dataclass(frozen=True, slots=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True)
class Reject:
    reason: str


@dataclass(frozen=True, slots=True)
class Redirect:
    to: Link


@dataclass(frozen=True, slots=True)
class Record:
    action: Link
    timeout: int
    finish_on_key: str
    max_length: int
    beep: bool
    callback: Link | None


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody to ring; `endpoint` as it stands in To: `+44...`, `sip:...`, `client:...`."""

    endpoint: str
    whisper: Link | None
    callback: Link | None
    events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dial:
    """`recording` is told of what was recorded; None where nothing is."""

    targets: tuple[Target, ...]
    action: Link | None
    timeout: int
    time_limit: int
    answer_on_bridge: bool
    caller_id: str | None
    sequential: bool
    recording: Link | None


Verb = Say | Play | Pause | Hangup | Reject | Redirect | Record | Dial


@dataclass(frozen=True, slots=True)
class Document:
    url: str
    verbs: tuple[Verb, ...]

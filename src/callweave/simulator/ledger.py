"""What callers heard, written down by the carrier and by nobody else."""

import json
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from callweave.simulator.people import Side


class Reached(StrEnum):
    """Whom the caller got hold of.

    `fallback`: somebody, or a message, but only because the carrier asked VoiceFallbackUrl.
    """

    PERSON = "person"
    VOICEMAIL = "voicemail"
    FALLBACK = "fallback"
    NOBODY = "nobody"


# Every entry begins with `at`, the virtual seconds since the call began.
@dataclass(frozen=True, slots=True)
class Ringing:
    """The caller hears ring-back."""

    at: float


@dataclass(frozen=True, slots=True)
class Said:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Played:
    at: float
    url: str


@dataclass(frozen=True, slots=True)
class Rung:
    """A phone rings: `leg` is the sid of the child call."""

    at: float
    endpoint: str
    leg: str


@dataclass(frozen=True, slots=True)
class Whispered:
    """Heard by the one who was called, not by the caller."""

    at: float
    endpoint: str
    text: str


@dataclass(frozen=True, slots=True)
class Bridged:
    at: float
    endpoint: str
    leg: str


@dataclass(frozen=True, slots=True)
class LegEnded:
    """`status` as Twilio names it; `bridged` tells whether they talked with the caller."""

    at: float
    endpoint: str
    leg: str
    status: str
    seconds: int
    bridged: bool


@dataclass(frozen=True, slots=True)
class Beep:
    """Voicemail: the caller may speak."""

    at: float


@dataclass(frozen=True, slots=True)
class MessageLeft:
    at: float
    recording: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Rejected:
    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class FallbackAsked:
    at: float
    code: int
    url: str


@dataclass(frozen=True, slots=True)
class CarrierError:
    """The carrier's own recording: an application error has occurred, goodbye."""

    at: float
    code: int


@dataclass(frozen=True, slots=True)
class Silence:
    at: float
    seconds: int


@dataclass(frozen=True, slots=True)
class HungUp:
    at: float
    by: Side


@dataclass(frozen=True, slots=True)
class Ended:
    """The service ended the call."""

    at: float


Entry = (
    Ringing
    | Said
    | Played
    | Rung
    | Whispered
    | Bridged
    | LegEnded
    | Beep
    | MessageLeft
    | Rejected
    | FallbackAsked
    | CarrierError
    | Silence
    | HungUp
    | Ended
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One webhook as it went over the wire; `seconds` are real ones."""

    url: str
    status: int | None
    seconds: float
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """Something that a caller must never meet, or TwiML that Twilio would refuse."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class LedgerCall:
    sid: str
    from_: str
    to: str
    started_at: datetime
    entries: tuple[Entry, ...] = ()
    breaches: tuple[Breach, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    status: str = "ringing"
    over: bool = False
    duration: int = 0
    reached: Reached = Reached.NOBODY
    answered_by: str | None = None

    @property
    def http_failures(self) -> tuple[Exchange, ...]:
        return tuple(exchange for exchange in self.exchanges if exchange.failure)

    @property
    def caller_gave_up(self) -> bool:
        """They hung up while nobody, and no voicemail, had taken the call."""
        left = any(isinstance(each, HungUp) and each.by is Side.CALLER for each in self.entries)
        return left and self.reached is Reached.NOBODY


def as_json(call: LedgerCall) -> dict[str, Any]:
    facts = asdict(call) | {"started_at": call.started_at.isoformat()}
    facts["from"] = facts.pop("from_")
    facts["entries"] = [{"what": type(entry).__name__} | asdict(entry) for entry in call.entries]
    return facts


@dataclass(slots=True)
class Ledger:
    """Append-only: a call in progress grows, a finished one never changes again."""

    _calls: dict[str, LedgerCall] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, call: LedgerCall) -> None:
        with self._lock:
            before = self._calls.get(call.sid)
            if before is not None and before.over:
                raise ValueError(f"{call.sid} is over: its page in the ledger is closed")
            self._calls[call.sid] = call

    def find(self, sid: str) -> LedgerCall | None:
        with self._lock:
            return self._calls.get(sid)

    def calls(self) -> tuple[LedgerCall, ...]:
        with self._lock:
            return tuple(self._calls.values())


def write_json_lines(calls: Iterable[LedgerCall], path: Path) -> None:
    lines = (json.dumps(as_json(call), ensure_ascii=False) + "\n" for call in calls)
    path.write_text("".join(lines), encoding="utf-8")

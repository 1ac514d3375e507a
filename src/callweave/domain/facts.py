"""What happened, as it is told to others: the facts, their written form, and when to try again."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, assert_never


class FactType(StrEnum):
    CALL_COMPLETED = "call.completed"
    CALL_CHANGED = "call.changed"
    OUTCOME_RECORDED = "outcome.recorded"


@dataclass(frozen=True, slots=True)
class ToldCall:
    """Named as in CallRail where the meaning is the same; durations in whole seconds."""

    id: str
    sid: str
    site_id: str
    site_name: str
    tracking_phone_number: str
    customer_phone_number: str | None
    customer_country: str | None
    start_time: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    state: str
    result: str | None
    answered_by: str | None
    ring_s: int | None
    talk_s: int | None
    duration_s: int | None
    voicemail_s: int | None
    match_status: str
    channel: str | None
    source: str | None
    campaign: str | None


@dataclass(frozen=True, slots=True)
class ToldOutcome:
    """``value`` in minor units of ``currency``."""

    id: str
    disposition: str
    value: int | None
    currency: str
    order_id: str | None
    note: str | None
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class CallCompleted:
    """Told once for each call."""

    at: datetime
    call: ToldCall


@dataclass(frozen=True, slots=True)
class CallChanged:
    """What was told of a completed call is no longer all: a late voicemail, a corrected end."""

    at: datetime
    call: ToldCall


@dataclass(frozen=True, slots=True)
class OutcomeRecorded:
    at: datetime
    call: ToldCall
    outcome: ToldOutcome


Fact: TypeAlias = CallCompleted | CallChanged | OutcomeRecorded


def fact_type(fact: Fact) -> FactType:
    match fact:
        case CallCompleted():
            return FactType.CALL_COMPLETED
        case CallChanged():
            return FactType.CALL_CHANGED
        case OutcomeRecorded():
            return FactType.OUTCOME_RECORDED
        case _:
            assert_never(fact)


def written(fact: Fact) -> str:
    """The body that every try sends, byte for byte: JSON in the envelope of Standard Webhooks."""
    data = asdict(fact)
    at = data.pop("at")
    envelope = {"type": fact_type(fact), "timestamp": at, "data": data}
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"), default=_rfc3339)


def tell_the_same_call(body: str, other: str) -> bool:
    """Whether two written facts have the same to say of their call, whenever they were written."""
    return bool(json.loads(body)["data"]["call"] == json.loads(other)["data"]["call"])


def unusable(wanted: Sequence[FactType]) -> str | None:
    """Why these types cannot be asked for together; None if they can."""
    if FactType.CALL_CHANGED in wanted and FactType.CALL_COMPLETED not in wanted:
        return "call.changed follows a call.completed: ask for both"
    return None


@dataclass(frozen=True, slots=True)
class Delivered:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    """May go better later, but not before ``wait`` is over."""

    reason: str
    wait: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Refused:
    """Would never go better."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The destination wants to hear nothing any more."""

    reason: str


Answer: TypeAlias = Delivered | Failed | Refused | Gone

# The example schedule of Standard Webhooks, over three days:
# github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
_PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MOST_TRIES = len(_PAUSES) + 1
_LONGEST_WAIT = _PAUSES[-1]
_JITTER = 0.1


def next_try(tries: int, wait: timedelta, now: datetime, chance: float) -> datetime | None:
    """After ``tries`` failed ones; None when it was the last.

    ``chance``, from 0 to 1, adds up to a tenth, so that those who failed together do not
    come back together.
    """
    if tries >= MOST_TRIES:
        return None
    pause = _PAUSES[tries - 1] * (1 + _JITTER * chance)
    return now + max(pause, min(wait, _LONGEST_WAIT))


def _rfc3339(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"A fact cannot hold {value!r}")

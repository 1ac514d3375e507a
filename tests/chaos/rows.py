"""What the service's database says when all is over, read in plain SQL: not by the service's own
models, which could err on both sides alike.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from callweave.simulator.books import BookedCall, BookedOutcome, Figures, Outcome

# Each must give every conversion away whole: one that gives nothing is found out, too.
MODELS = (
    "first_touch",
    "last_touch",
    "last_non_direct",
    "linear",
    "position_based",
    "time_decay",
)


@dataclass(frozen=True, slots=True)
class BookedLeg:
    position: int
    name: str
    endpoint: str
    result: str | None
    duration_s: int | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class Lease:
    """Of one number to one visit alone."""

    number: str
    visit: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Ring:
    """``local_day``: the day at the site when it rang; None for a number of nobody. Times of
    ringing, talk and message in whole seconds.
    """

    rung_at: datetime
    ended_at: datetime | None
    answered_by: str | None
    day: str
    local_day: str | None
    visit: str | None
    match: str
    whisper: str
    voicemail: str | None
    voicemail_s: int | None
    result: str | None
    ended_by: str | None
    ring_s: int | None
    talk_s: int | None
    fell_back: bool


@dataclass(frozen=True, slots=True)
class CallsCredit:
    """All that the touches of one call were given under one model; ``share`` in millionths."""

    sid: str
    model: str
    currency: str
    converted: bool
    share: int
    value: int


@dataclass(frozen=True, slots=True)
class Rows:
    """``told``: subject, type of fact, how often. ``held``: agents that are still held, by the sid
    of the call. ``repaired_at`` by the service's clock. ``aside``: by sid, what was set aside.
    """

    figures: Figures
    calls: Mapping[str, Ring]
    legs: Mapping[str, Sequence[BookedLeg]]
    leases: Sequence[Lease]
    held: Mapping[str, str]
    repairs: Sequence[tuple[str, str]]
    told: Sequence[tuple[str, str, int]]
    reports: Mapping[str, Sequence[str]]
    aside: Mapping[str, int]
    credits: Sequence[CallsCredit]
    repaired_at: Mapping[tuple[str, str], datetime]


def read_rows(engine: Engine) -> Rows:
    with engine.connect() as connection:
        legs = _legs(connection)
        return Rows(
            figures=_figures(connection, legs),
            calls={row.sid: _ring(row) for row in _all(connection, _CALLS)},
            legs=legs,
            leases=[
                Lease(row.e164, row.visit_id, _time(row.started_at), _time(row.expires_at))
                for row in _all(connection, _LEASES)
            ],
            held={row.name: row.sid for row in _all(connection, _HELD)},
            repairs=[(row.sid, row.kind) for row in _all(connection, _REPAIRS)],
            told=_told(connection),
            reports=_reports(connection),
            aside=_aside(connection),
            credits=[_credit(row) for row in _all(connection, _CALLS_CREDITS)],
            repaired_at={(row.sid, row.kind): _time(row.at) for row in _all(connection, _REPAIRS)},
        )


_CALLS = """SELECT c.*, s.time_zone FROM calls c LEFT JOIN sites s ON s.id = c.site_id"""
_LEASES = """SELECT n.e164, l.* FROM leases l JOIN numbers n ON n.id = l.number_id
    WHERE l.assignment = 'exclusive' ORDER BY l.id"""
_HELD = """SELECT a.name, c.sid FROM agents a JOIN calls c ON c.id = a.call_id ORDER BY a.name"""
_REPAIRS = (
    "SELECT c.sid, r.kind, r.at FROM repairs r JOIN calls c ON c.id = r.call_id ORDER BY 1, 2"
)
_LEGS = "SELECT c.sid, l.* FROM legs l JOIN calls c ON c.id = l.call_id ORDER BY c.sid, l.position"
_OUTCOMES = """SELECT c.sid, o.disposition, o.value, o.currency, o.id
    FROM outcomes o JOIN calls c ON c.id = o.call_id ORDER BY c.sid, o.position"""
_CREDITS = """SELECT model, currency, sum(value) AS value FROM credits WHERE converted
    GROUP BY model, currency"""
_CALLS_CREDITS = """SELECT c.sid, k.model, k.currency, k.converted, sum(k.share) AS share,
    sum(k.value) AS value FROM credits k JOIN calls c ON c.id = k.call_id
    GROUP BY c.sid, k.model, k.currency, k.converted ORDER BY c.sid, k.model"""
_DUE = "SELECT id, sid, state, site_id FROM calls"
_DELIVERIES = "SELECT subject, type, count(*) AS times FROM deliveries GROUP BY subject, type"
_LISTENING = "SELECT count(*) AS destinations FROM destinations"
_SET_ASIDE = "SELECT fields FROM set_aside"
_REPORTS = "SELECT call_sid, kind, leg, key, received_at FROM call_reports ORDER BY id"


def _all(connection: Connection, statement: str) -> Sequence[Any]:
    return connection.execute(text(statement)).all()


def _figures(connection: Connection, legs: Mapping[str, Sequence[BookedLeg]]) -> Figures:
    calls, outcomes = _all(connection, _CALLS), _all(connection, _OUTCOMES)
    credited: dict[str, dict[str, int]] = {model: {} for model in MODELS}
    for row in _all(connection, _CREDITS):
        credited.setdefault(row.model, {})[row.currency] = int(row.value)
    return Figures(
        [_booked(row, legs.get(row.sid, ())) for row in calls],
        [BookedOutcome(row.sid, _outcome(row)) for row in outcomes],
        _conversions(outcomes),
        credited,
    )


def _booked(row: Any, legs: Sequence[BookedLeg]) -> BookedCall:
    talked = next((leg.endpoint for leg in legs if leg.result == "talked"), None)
    return BookedCall(row.sid, row.state == "ended", row.duration_s, talked)


def _outcome(row: Any) -> Outcome:
    return Outcome(row.disposition, row.value, None if row.value is None else row.currency)


def _conversions(outcomes: Iterable[Any]) -> dict[str, int]:
    """By the outcome of each call that was said last, not by what the call's row repeats of it."""
    standing = {row.sid: row for row in outcomes}
    won: Counter[str] = Counter()
    for row in standing.values():
        if row.disposition == "won":
            won[row.currency] += row.value or 0
    return dict(won)


def _ring(row: Any) -> Ring:
    rung_at = _time(row.rung_at)
    local = str(rung_at.astimezone(ZoneInfo(row.time_zone)).date()) if row.time_zone else None
    return Ring(
        rung_at=rung_at,
        ended_at=_time(row.ended_at) if row.ended_at else None,
        answered_by=row.answered_by,
        day=str(row.day),
        local_day=local,
        visit=row.visit_id,
        match=row.match_status,
        whisper=row.whisper,
        voicemail=row.voicemail_url,
        voicemail_s=row.voicemail_s,
        result=row.result,
        ended_by=row.ended_by,
        ring_s=row.ring_s,
        talk_s=row.talk_s,
        fell_back=bool(row.fell_back),
    )


def _credit(row: Any) -> CallsCredit:
    return CallsCredit(
        row.sid, row.model, row.currency, bool(row.converted), int(row.share), int(row.value)
    )


def _aside(connection: Connection) -> Counter[str]:
    """By the sid of the caller's side; SQLite keeps JSON as text."""
    told = (row.fields for row in _all(connection, _SET_ASIDE))
    forms = (dict(json.loads(each) if isinstance(each, str) else each) for each in told)
    return Counter(form.get("ParentCallSid") or form.get("CallSid", "") for form in forms)


def _time(kept: Any) -> datetime:
    """SQLite keeps text."""
    return kept if isinstance(kept, datetime) else datetime.fromisoformat(kept)


def _legs(connection: Connection) -> dict[str, list[BookedLeg]]:
    found: dict[str, list[BookedLeg]] = defaultdict(list)
    for row in _all(connection, _LEGS):
        leg = BookedLeg(
            row.position, row.name, row.endpoint, row.result, row.duration_s, row.agent_id
        )
        found[row.sid].append(leg)
    return found


def _told(connection: Connection) -> list[tuple[str, str, int]]:
    """Nothing is due where nobody listens."""
    if not _all(connection, _LISTENING)[0].destinations:
        return []
    times = {(row.subject, row.type): row.times for row in _all(connection, _DELIVERIES)}
    due = [
        (row.id, row.sid, "call.completed")
        for row in _all(connection, _DUE)
        if row.state == "ended" and row.site_id
    ]
    due += [(row.id, row.sid, "outcome.recorded") for row in _all(connection, _OUTCOMES)]
    return [(sid, kind, times.get((name, kind), 0)) for name, sid, kind in due]


def _reports(connection: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in _all(connection, _REPORTS):
        leg = f" of leg {row.leg}" if row.leg else ""
        found[row.call_sid].append(f"{row.received_at}  {row.kind}{leg} ({row.key})")
    return found

"""A call as its reports find it, and what they change: prepared statements, and plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, bindparam, cast, delete, func, select, update

from callweave.storage.accounts import Site
from callweave.storage.calls import Call, CallReport, Leg
from callweave.storage.prepared import HotTransaction, Prepared


@dataclass(frozen=True, slots=True)
class Course:
    """The columns of a call that its reports tell; see storage.calls.Call."""

    state: str
    result: str | None
    answered_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    duration_s: int | None
    ring_s: int | None
    talk_s: int | None
    agent_id: str | None
    answered_by: str | None
    voicemail_url: str | None
    voicemail_s: int | None
    recording_sid: str | None
    recording_url: str | None
    recording_s: int | None
    fell_back: bool


@dataclass(frozen=True, slots=True)
class OwnSite:
    """What the site that a call rang at says about its calls."""

    id: str
    name: str
    currency: str
    lookback_days: int
    default_destination: str
    recording_notice: str | None


@dataclass(frozen=True, slots=True)
class LockedCall:
    """A call that nobody else changes until the transaction ends. Without ``site`` when it came in
    on a number that we do not know. ``decision`` is JSON; None when nobody decided.
    """

    course: Course
    site: OwnSite | None
    id: str
    sid: str
    account_id: str | None
    to_number: str
    from_number: str | None
    country: str | None
    rung_at: datetime
    match_status: str
    visitor_id: str | None
    channel: str | None
    source: str | None
    campaign: str | None
    disposition: str | None
    value: int | None
    currency: str | None
    whisper: str
    decision: str | None


@dataclass(frozen=True, slots=True)
class LegCourse:
    """The columns of a leg that its reports tell; see storage.calls.Leg."""

    state: str
    result: str | None
    picked_up_at: datetime | None
    ended_at: datetime | None
    duration_s: int | None


@dataclass(frozen=True, slots=True)
class KnownLeg:
    course: LegCourse
    position: int
    agent_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report that was accepted, and what was answered to it."""

    key: str
    kind: str
    leg: str | None
    received_at: datetime
    form: Mapping[str, str]
    answer: str | None


_COURSE = tuple(field.name for field in fields(Course))
_SITE = tuple(field.name for field in fields(OwnSite))
_LEG_COURSE = tuple(field.name for field in fields(LegCourse))
_OWN = tuple(
    field.name for field in fields(LockedCall) if field.name not in {"course", "site", "decision"}
)
# What Python calls None is JSON's null where a decision would be.
_decision = func.nullif(cast(Call.decision, Text), "null")
_call: Select[Any] = select(
    *(getattr(Call, name) for name in _OWN),
    _decision,
    *(getattr(Call, name) for name in _COURSE),
    *(getattr(Site, name) for name in _SITE),
).outerjoin(Site, Site.id == Call.site_id)
_LOCK_BY_SID = Prepared(_call.where(Call.sid == bindparam("sid")).with_for_update(of=Call))
_LOCK_BY_ID = Prepared(_call.where(Call.id == bindparam("call")).with_for_update(of=Call))
_REPORTS = Prepared(
    select(
        CallReport.key,
        CallReport.kind,
        CallReport.leg,
        CallReport.received_at,
        CallReport.form,
        CallReport.answer,
    ).where(CallReport.call_sid == bindparam("sid"))
)
_WITHDRAW = Prepared(
    delete(CallReport).where(
        CallReport.call_sid == bindparam("sid"), CallReport.key == bindparam("key")
    )
)
_LEGS = Prepared(
    select(
        Leg.position,
        Leg.agent_id,
        Leg.name,
        *(getattr(Leg, name) for name in _LEG_COURSE),
    ).where(Leg.call_id == bindparam("call"))
)
_WRITE_COURSE = Prepared(
    update(Call)
    .where(Call.id == bindparam("call"))
    .values({name: bindparam(name) for name in _COURSE})
)
_WRITE_LEG_COURSE = Prepared(
    update(Leg)
    .where(Leg.call_id == bindparam("call"), Leg.position == bindparam("place"))
    .values({name: bindparam(name) for name in _LEG_COURSE})
)
_WRITE_OUTCOME = Prepared(
    update(Call)
    .where(Call.id == bindparam("call"))
    .values(
        disposition=bindparam("disposition"),
        value=bindparam("value"),
        currency=bindparam("currency"),
    )
)


def lock_by_sid(tx: HotTransaction, sid: str) -> LockedCall | None:
    row = tx.row(_LOCK_BY_SID, sid=sid)
    return _locked(row) if row else None


def lock_by_id(tx: HotTransaction, call: str) -> LockedCall | None:
    row = tx.row(_LOCK_BY_ID, call=call)
    return _locked(row) if row else None


def _locked(row: tuple[Any, ...]) -> LockedCall:
    own, site = len(_OWN) + 1, len(row) - len(_SITE)
    of_site = OwnSite(*row[site:]) if row[site] else None
    return LockedCall(Course(*row[own:site]), of_site, *row[:own])


def reports_of(tx: HotTransaction, sid: str) -> Sequence[KeptReport]:
    return [KeptReport(*row) for row in tx.rows(_REPORTS, sid=sid)]


def withdraw(tx: HotTransaction, sid: str, key: str) -> None:
    """So that another version of the report can be taken in."""
    tx.run(_WITHDRAW, sid=sid, key=key)


def legs_of(tx: HotTransaction, call: str) -> Sequence[KnownLeg]:
    return [KnownLeg(LegCourse(*row[3:]), *row[:3]) for row in tx.rows(_LEGS, call=call)]


def write_course(tx: HotTransaction, call: str, course: Course) -> None:
    tx.run(_WRITE_COURSE, call=call, **_values(course, _COURSE))


def write_leg_course(tx: HotTransaction, call: str, position: int, course: LegCourse) -> None:
    tx.run(_WRITE_LEG_COURSE, call=call, place=position, **_values(course, _LEG_COURSE))


def write_standing_outcome(tx: HotTransaction, call: LockedCall) -> None:
    tx.run(
        _WRITE_OUTCOME,
        call=call.id,
        disposition=call.disposition,
        value=call.value,
        currency=call.currency,
    )


def _values(course: Course | LegCourse, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(course, name) for name in names}

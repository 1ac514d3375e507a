"""What a ring reads: prepared statements, and the domain's values that they become."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from sqlalchemy import Text, and_, bindparam, cast, func, select, text

from callweave.domain.leases.pools import Origin
from callweave.domain.matching import Assignment, Holding
from callweave.domain.routing.circles import OPEN_WITHIN, WITHIN, Laps
from callweave.domain.routing.plans import Plan, parse_plan
from callweave.domain.visits.channels import Channel
from callweave.storage import plans, visits
from callweave.storage.accounts import Site
from callweave.storage.base import UtcDateTime
from callweave.storage.calls import OPEN, Call, CallReport
from callweave.storage.numbers import OWN_NUMBERS, Lease, Number, Pool, as_three
from callweave.storage.prepared import HotTransaction, Prepared
from callweave.storage.questions import Questions, Row

MOST_HOLDINGS = 200

_KEPT_ANSWER = Prepared(
    select(CallReport.answer).where(
        CallReport.call_sid == bindparam("sid"), CallReport.key == bindparam("key")
    )
)
_of_number = Number.e164 == bindparam("e164")
_DIALLED = (
    select(
        Number.id,
        Site.id,
        Site.account_id,
        Site.time_zone,
        Site.default_destination,
        cast(Site.topics, Text),
        Site.recording_notice,
        Pool.channel,
        Pool.source,
        Pool.medium,
        Pool.campaign,
    )
    .join(Site, Site.id == Number.site_id)
    .join(Pool, Pool.id == Number.pool_id)
    .where(_of_number)
)
_BOOK = (
    select(
        Lease.visit_id,
        visits.Visit.visitor_id,
        Lease.assignment,
        Lease.started_at,
        Lease.expires_at,
    )
    .join(visits.Visit, visits.Visit.id == Lease.visit_id)
    .where(Lease.number_id == select(Number.id).where(_of_number).scalar_subquery())
    .order_by(Lease.started_at.desc())
    .limit(MOST_HOLDINGS)
)
_PLANS = (
    select(plans.Plan.id, cast(plans.Plan.body, Text)).order_by(plans.Plan.version.desc()).limit(1)
)
_PLAN = _PLANS.where(
    plans.Plan.site_id == select(Number.site_id).where(_of_number).scalar_subquery()
)
_rings_since = and_(
    Call.state == "ringing", Call.rung_at > bindparam("ringing_since", type_=UtcDateTime())
)
# By the index of a number's open calls and not by that of callers: some have called for years, most
# of all those who withhold their numbers.
_LAPS = select(func.count().filter(_rings_since), func.count()).where(
    func.coalesce(Call.from_number, "") == bindparam("caller"),
    Call.to_number == bindparam("e164"),
    text(OPEN),
    Call.rung_at > bindparam("open_since", type_=UtcDateTime()),
)
_IS_HEARD_OF = select(CallReport.id).where(CallReport.call_sid == bindparam("sid")).limit(1)
_RING = Questions(_IS_HEARD_OF, _LAPS, _DIALLED, _BOOK, _PLAN)
_BOOK_OF_NUMBER = Questions(_DIALLED, _BOOK)
_PLAN_IN_FORCE = Prepared(_PLANS.where(plans.Plan.site_id == bindparam("site")))
_OWN_NUMBERS = Prepared(OWN_NUMBERS)


@dataclass(frozen=True, slots=True)
class DialledNumber:
    """The tracking number that rings, with what its site says about calls. ``origin``: what the
    number stands for, where it is of a source or in print.
    """

    id: str
    site_id: str
    account_id: str
    time_zone: str
    default_destination: str
    topic_names: Mapping[str, str]
    recording_notice: str | None
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class Rung:
    """A number of ours, and what there is to decide by. ``book``: see `dialled_number`."""

    number: DialledNumber
    book: Sequence[Holding]
    plan: tuple[str, Plan] | None


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when a phone rings, besides of who calls. ``is_heard_of``: whether any report
    of this call is kept. ``laps``: see `circle`. ``rung``: None for a number nobody told us of.
    """

    is_heard_of: bool
    laps: Laps
    rung: Rung | None


def kept_answer(tx: HotTransaction, sid: str, key: str) -> tuple[str | None] | None:
    """What was answered to this very report before; None when it is new."""
    row = tx.row(_KEPT_ANSWER, sid=sid, key=key)
    return (row[0],) if row else None


def look_up(
    tx: HotTransaction, sid: str, e164: str, caller: str | None, now: datetime
) -> Situation:
    """``caller``: None for one who withholds the number."""
    heard, (laps,), dialled, book, plan = _RING.ask(
        tx,
        sid=sid,
        e164=e164,
        caller=caller or "",
        ringing_since=now - WITHIN,
        open_since=now - OPEN_WITHIN,
    )
    number = _number_of(dialled)
    rung = Rung(number, _holdings_of(book), _version_of(plan)) if number else None
    return Situation(bool(heard), Laps(*laps), rung)


def dialled_number(tx: HotTransaction, e164: str) -> tuple[DialledNumber, Sequence[Holding]] | None:
    """And the latest of its leases."""
    dialled, book = _BOOK_OF_NUMBER.ask(tx, e164=e164)
    number = _number_of(dialled)
    return (number, _holdings_of(book)) if number else None


def _number_of(rows: Sequence[Row]) -> DialledNumber | None:
    if not rows:
        return None
    number, site, account, zone, destination, topics, notice, channel, *more = rows[0]
    origin = Origin(Channel(channel), *more) if channel else None
    names = _names_of(topics)
    return DialledNumber(number, site, account, zone, destination, names, notice, origin)


def _holdings_of(rows: Sequence[Row]) -> list[Holding]:
    return [
        Holding(visit, visitor, Assignment(assignment), started_at, expires_at)
        for visit, visitor, assignment, started_at, expires_at in rows
    ]


def _version_of(rows: Sequence[Row]) -> tuple[str, Plan] | None:
    return (rows[0][0], _plan_of(rows[0][1])) if rows else None


def own_numbers(tx: HotTransaction, endpoints: Collection[str]) -> set[str]:
    """Which of them are tracking numbers of ours; three at most, as many as are rung for a call."""
    return {e164 for (e164,) in tx.rows(_OWN_NUMBERS, **as_three(endpoints))}


def plan_in_force(tx: HotTransaction, site: str) -> tuple[str, Plan] | None:
    """Its id, and what it says."""
    return _version_of(tx.rows(_PLAN_IN_FORCE, site=site))


# What changes seldom and takes longer to read than a call takes to decide is read once.
@lru_cache(maxsize=1_000)
def _plan_of(body: str) -> Plan:
    return parse_plan(json.loads(body))


@lru_cache(maxsize=1_000)
def _names_of(topics: str) -> Mapping[str, str]:
    """Of topics, in people's words."""
    listed = json.loads(topics)
    return MappingProxyType({each["topic"]: each.get("name", each["topic"]) for each in listed})

"""What a ring reads: prepared statements, and the domain's values that they become."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select, text

from callweave.domain.leases.pools import Origin
from callweave.domain.matching import Assignment, Holding
from callweave.domain.routing.agents import Agent
from callweave.domain.routing.endpoints import Endpoint
from callweave.domain.routing.hours import WeeklyHours
from callweave.domain.routing.plans import MOST_ATTEMPTS, Plan, parse_plan
from callweave.domain.visits.channels import Channel
from callweave.storage import plans, visits
from callweave.storage.accounts import Site
from callweave.storage.base import UtcDateTime
from callweave.storage.calls import OPEN, Call, CallReport
from callweave.storage.numbers import Lease, Number, Pool
from callweave.storage.prepared import HotTransaction, Prepared

MOST_HOLDINGS = 200

_KEPT_ANSWER = Prepared(
    select(CallReport.answer).where(
        CallReport.call_sid == bindparam("sid"), CallReport.key == bindparam("key")
    )
)
_DIALLED = Prepared(
    select(
        Number.id,
        Site.id,
        Site.account_id,
        Site.time_zone,
        Site.default_destination,
        Site.topics,
        Site.recording_notice,
        Pool.channel,
        Pool.source,
        Pool.medium,
        Pool.campaign,
    )
    .join(Site, Site.id == Number.site_id)
    .join(Pool, Pool.id == Number.pool_id)
    .where(Number.e164 == bindparam("e164"))
)
_OWN_NUMBERS = Prepared(
    select(Number.e164).where(
        Number.e164.in_([bindparam("first"), bindparam("second"), bindparam("third")])
    )
)
_RINGING_NOW = Prepared(
    select(func.count()).where(
        Call.from_number == bindparam("caller"),
        Call.to_number == bindparam("dialled"),
        Call.state == "ringing",
        Call.rung_at > bindparam("since", type_=UtcDateTime()),
    )
)
# Those who withheld their numbers in all the years are many: not by the index of callers.
_WITHHELD_RINGING_NOW = Prepared(
    select(func.count()).where(
        func.coalesce(Call.from_number, "") == "",
        Call.to_number == bindparam("dialled"),
        Call.state == "ringing",
        text(OPEN),
        Call.rung_at > bindparam("since", type_=UtcDateTime()),
    )
)
_BOOK = Prepared(
    select(
        Lease.visit_id,
        visits.Visit.visitor_id,
        Lease.assignment,
        Lease.started_at,
        Lease.expires_at,
    )
    .join(visits.Visit, visits.Visit.id == Lease.visit_id)
    .where(Lease.number_id == bindparam("number"))
    .order_by(Lease.started_at.desc())
    .limit(MOST_HOLDINGS)
)
_PLAN_IN_FORCE = Prepared(
    select(plans.Plan.id, cast(plans.Plan.body, Text))
    .where(plans.Plan.site_id == bindparam("site"))
    .order_by(plans.Plan.version.desc())
    .limit(1)
)
_AGENTS = Prepared(
    select(
        plans.Agent.id,
        plans.Agent.name,
        plans.Agent.endpoint,
        cast(plans.Agent.skills, Text),
        cast(plans.Agent.hours, Text),
        plans.Agent.available,
        plans.Agent.call_id,
        plans.Agent.held_until,
        plans.Agent.idle_since,
    ).where(plans.Agent.account_id == bindparam("account"))
)


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
    topics: list[Any]
    recording_notice: str | None
    origin: Origin | None


def kept_answer(tx: HotTransaction, sid: str, key: str) -> tuple[str | None] | None:
    """What was answered to this very report before; None when it is new."""
    row = tx.row(_KEPT_ANSWER, sid=sid, key=key)
    return (row[0],) if row else None


def dialled_number(tx: HotTransaction, e164: str) -> DialledNumber | None:
    row = tx.row(_DIALLED, e164=e164)
    if row is None:
        return None
    number, site, account, zone, destination, topics, notice, channel, *more = row
    origin = Origin(Channel(channel), *more) if channel else None
    return DialledNumber(number, site, account, zone, destination, topics, notice, origin)


def own_numbers(tx: HotTransaction, endpoints: Sequence[str]) -> set[str]:
    """Which of them are tracking numbers of ours; three at most, as many as are rung for a call."""
    first, second, third = (*endpoints, "", "", "")[:MOST_ATTEMPTS]
    return {e164 for (e164,) in tx.rows(_OWN_NUMBERS, first=first, second=second, third=third)}


def ringing_now(tx: HotTransaction, caller: str | None, dialled: str, since: datetime) -> int:
    """How many calls of this caller to this number have rung since, and nobody has answered; None
    is whoever withholds a number.
    """
    if caller is None:
        row = tx.row(_WITHHELD_RINGING_NOW, dialled=dialled, since=since)
    else:
        row = tx.row(_RINGING_NOW, caller=caller, dialled=dialled, since=since)
    return int(row[0]) if row else 0


def lease_book(tx: HotTransaction, number: str) -> list[Holding]:
    """The latest leases of a number, the newest first."""
    return [
        Holding(visit, visitor, Assignment(assignment), started_at, expires_at)
        for visit, visitor, assignment, started_at, expires_at in tx.rows(_BOOK, number=number)
    ]


def plan_in_force(tx: HotTransaction, site: str) -> tuple[str, Plan] | None:
    """Its id, and what it says."""
    row = tx.row(_PLAN_IN_FORCE, site=site)
    return (row[0], _plan_of(row[1])) if row else None


def agents_of(tx: HotTransaction, account: str, now: datetime) -> Sequence[Agent]:
    return [_agent(row, now) for row in tx.rows(_AGENTS, account=account)]


def _agent(row: tuple[Any, ...], now: datetime) -> Agent:
    agent, name, endpoint, skills, hours, available, call, held_until, idle_since = row
    busy = call is not None and held_until is not None and held_until > now
    known, week = _skills_of(skills), _week_of(hours)
    return Agent(agent, name, Endpoint(endpoint), known, week, available, busy, idle_since)


# What changes seldom and takes longer to read than a call takes to decide is read once.
@lru_cache(maxsize=1_000)
def _plan_of(body: str) -> Plan:
    return parse_plan(json.loads(body))


@lru_cache(maxsize=1_000)
def _skills_of(skills: str) -> Mapping[str, int]:
    return MappingProxyType(json.loads(skills))


@lru_cache(maxsize=1_000)
def _week_of(hours: str) -> WeeklyHours:
    """Colleagues keep the same hours."""
    return WeeklyHours.parse(json.loads(hours))

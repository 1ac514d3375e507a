"""A site as its file describes it, with pools, numbers, agents and plan: made, or changed to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.domain.leases.pools import BY_VISITOR, Kind, PoolRules
from callweave.storage.accounts import Account, Site
from callweave.storage.numbers import Number, Pool
from callweave.storage.plans import Agent, Plan, plan_in_force
from callweave.workflows.set_up_site.numbers import (
    CircleError,
    NumberTakenError,
    add_numbers,
    change_roles,
    forms,
    obstacles,
    only_one,
    refuse_as_own,
    refuse_circles,
    refuse_unnamed,
    room,
    show,
)

__all__ = [
    "AgentSetUp",
    "CircleError",
    "NumberTakenError",
    "PoolSetUp",
    "ReserveError",
    "SiteSetUp",
    "add_numbers",
    "obstacles",
    "only_one",
    "room",
    "set_up_site",
]


class ReserveError(Exception):
    """All numbers of a pool would be kept for visitors who cost money."""


@dataclass(frozen=True, slots=True)
class PoolSetUp:
    """``lease_s``: seconds. ``overflow``: the number for when all others are lent, if any."""

    name: str
    lease_s: int
    numbers: tuple[str, ...]
    overflow: str | None
    rules: PoolRules = BY_VISITOR


@dataclass(frozen=True, slots=True)
class AgentSetUp:
    name: str
    endpoint: str
    skills: Mapping[str, int]
    hours: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SiteSetUp:
    """Checked values: numbers in E.164, topics and plan as their JSON. Talks are recorded where
    there is a ``recording_notice``: the words that the caller hears of it first.
    """

    account: str
    name: str
    time_zone: str
    currency: str
    own_number: str
    default_destination: str
    allowed_origins: tuple[str, ...]
    lookback_days: int
    topics: tuple[Mapping[str, Any], ...]
    pools: tuple[PoolSetUp, ...]
    agents: tuple[AgentSetUp, ...]
    plan: Mapping[str, Any] | None
    recording_notice: str | None = None


def set_up_site(session: Session, mint: Mint, wanted: SiteSetUp, by: str, now: datetime) -> Site:
    """Safe to repeat: what is there already is changed to match, nothing is taken away.

    Raises NumberTakenError, ReserveError and CircleError. A plan that differs from the one in
    force is published as the next version, ``by`` whom is noted with it.
    """
    account = _account(session, mint, wanted.account, now)
    site = _site(session, mint, account, wanted, now)
    for pool in wanted.pools:
        _pool(session, mint, site, pool, now)
    for agent in wanted.agents:
        _agent(session, mint, account, agent, now)
    if wanted.plan is not None:
        _publish(session, mint, site, dict(wanted.plan), by, now)
    session.flush()
    refuse_circles(session)
    return site


def _account(session: Session, mint: Mint, name: str, now: datetime) -> Account:
    account = session.scalars(select(Account).where(Account.name == name)).one_or_none()
    if account is None:
        account = Account(id=mint.new("ac", now), name=name, created_at=now)
        session.add(account)
        session.flush()
    return account


def _site(session: Session, mint: Mint, account: Account, wanted: SiteSetUp, now: datetime) -> Site:
    refuse_as_own(session, wanted.own_number)
    known = select(Site).where(Site.account_id == account.id, Site.name == wanted.name)
    site = session.scalars(known).one_or_none()
    if site is None:
        site = Site(id=mint.new("st", now), account_id=account.id, name=wanted.name, created_at=now)
        session.add(site)
    site.time_zone, site.currency = wanted.time_zone, wanted.currency
    site.own_number = wanted.own_number
    site.own_number_national, site.own_number_international = forms(wanted.own_number)
    site.default_destination = wanted.default_destination
    site.allowed_origins = list(wanted.allowed_origins)
    site.lookback_days = wanted.lookback_days
    site.recording_notice = wanted.recording_notice
    site.topics = [dict(topic) for topic in wanted.topics]
    session.flush()
    return site


def _pool(session: Session, mint: Mint, site: Site, wanted: PoolSetUp, now: datetime) -> None:
    known = select(Pool).where(Pool.site_id == site.id, Pool.name == wanted.name)
    pool = session.scalars(known).one_or_none()
    if pool is None:
        pool = Pool(id=mint.new("po", now), site_id=site.id, name=wanted.name, created_at=now)
        session.add(pool)
    was, pool.lease_s = pool.kind, wanted.lease_s
    pool.follow(wanted.rules)
    session.flush()
    if was not in {None, pool.kind} and pool.kind == Kind.VISITOR and not wanted.overflow:
        refuse_unnamed(session, pool, wanted.numbers)
    _numbers(session, mint, pool, wanted, now)


def _numbers(session: Session, mint: Mint, pool: Pool, wanted: PoolSetUp, now: datetime) -> None:
    kind, spare = wanted.rules.kind, [wanted.overflow] if wanted.overflow else []
    if wanted.overflow in wanted.numbers:
        raise NumberTakenError(
            f"{wanted.overflow} is both one of the numbers of pool {pool.name!r} and its overflow"
        )
    role = "pooled" if kind is Kind.VISITOR else "overflow"
    for numbers, as_what in ((wanted.numbers, role), (spare, "overflow")):
        change_roles(session, pool, numbers, as_what, now)
        add_numbers(session, mint, pool, numbers, now, as_what)
    for e164 in wanted.numbers if kind is Kind.SOURCE else spare:
        show(session, pool, e164, now)
    _refuse_empty_reserve(session, pool)


def _refuse_empty_reserve(session: Session, pool: Pool) -> None:
    """Numbers may still be bought or imported, and those that were count."""
    lent = select(func.count()).where(Number.pool_id == pool.id, Number.role == "pooled")
    count = session.scalar(lent) or 0
    if 0 < count <= pool.reserve_paid:
        raise ReserveError(
            f"pool {pool.name!r}: reserve_paid is {pool.reserve_paid} and the pool has {count} to "
            "lend, so only visitors who cost money would ever be lent one"
        )


def _agent(
    session: Session, mint: Mint, account: Account, wanted: AgentSetUp, now: datetime
) -> None:
    known = select(Agent).where(Agent.account_id == account.id, Agent.name == wanted.name)
    agent = session.scalars(known).one_or_none()
    if agent is None:
        agent = Agent(
            id=mint.new("ag", now),
            account_id=account.id,
            name=wanted.name,
            available=True,
            created_at=now,
        )
        session.add(agent)
    agent.endpoint = wanted.endpoint
    agent.skills, agent.hours = dict(wanted.skills), dict(wanted.hours)


def _publish(
    session: Session, mint: Mint, site: Site, body: dict[str, Any], by: str, now: datetime
) -> None:
    current = plan_in_force(session, site.id)
    if current and current.body == body:
        return
    newest = session.scalar(select(func.max(Plan.version)).where(Plan.site_id == site.id)) or 0
    session.add(
        Plan(
            id=mint.new("pl", now),
            site_id=site.id,
            version=newest + 1,
            body=body,
            published_at=now,
            published_by=by,
        )
    )

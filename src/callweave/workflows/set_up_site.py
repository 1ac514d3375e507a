"""A site as its file describes it, with pools, numbers, agents and plan: made, or changed to it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.domain.leases.pools import BY_VISITOR, Kind, PoolRules
from callweave.domain.routing.plans import destinations_of, parse_plan
from callweave.storage.accounts import Account, Site
from callweave.storage.numbers import Number, Pool
from callweave.storage.plans import Agent, Plan, plan_in_force


class NumberTakenError(Exception):
    """The number belongs to another site, or to another pool of this one."""


class CircleError(Exception):
    """A tracked number would be rung: the call would come back here, and go round."""


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

    Raises NumberTakenError and CircleError. A plan that differs from the one in force is
    published as the next version, ``by`` whom is noted with it.
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


def refuse_circles(session: Session) -> None:
    """Raises CircleError where anything that is rung is a tracked number of ours."""
    rung = {
        *session.scalars(select(Agent.endpoint)),
        *session.scalars(select(Site.default_destination)),
        *(
            endpoint
            for site in session.scalars(select(Site.id))
            if (plan := plan_in_force(session, site))
            for endpoint in destinations_of(parse_plan(plan.body))
        ),
    }
    tracked = session.scalars(select(Number.e164).where(Number.e164.in_(rung))).all()
    if tracked:
        said = ", ".join(sorted(tracked))
        raise CircleError(f"{said} is a tracking number: a call to it would only come back")


def _account(session: Session, mint: Mint, name: str, now: datetime) -> Account:
    account = session.scalars(select(Account).where(Account.name == name)).one_or_none()
    if account is None:
        account = Account(id=mint.new("ac", now), name=name, created_at=now)
        session.add(account)
        session.flush()
    return account


def _site(session: Session, mint: Mint, account: Account, wanted: SiteSetUp, now: datetime) -> Site:
    known = select(Site).where(Site.account_id == account.id, Site.name == wanted.name)
    site = session.scalars(known).one_or_none()
    if site is None:
        site = Site(id=mint.new("st", now), account_id=account.id, name=wanted.name, created_at=now)
        session.add(site)
    site.time_zone, site.currency = wanted.time_zone, wanted.currency
    site.own_number = wanted.own_number
    site.own_number_national, site.own_number_international = _forms(wanted.own_number)
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
    pool.lease_s = wanted.lease_s
    pool.follow(wanted.rules)
    session.flush()
    role = "pooled" if wanted.rules.kind is Kind.VISITOR else "overflow"
    add_numbers(session, mint, pool, wanted.numbers, now, role)
    if wanted.overflow:
        add_numbers(session, mint, pool, [wanted.overflow], now, "overflow")


def add_numbers(
    session: Session,
    mint: Mint,
    pool: Pool,
    numbers: Collection[str],
    now: datetime,
    role: str = "pooled",
    *,
    again: bool = False,
) -> int:
    """How many were not there yet. Raises NumberTakenError, and then none is added. ``again``:
    those that the site had released are taken back.
    """
    known = {
        number.e164: number
        for number in session.scalars(select(Number).where(Number.e164.in_(numbers)))
    }
    back = [number for number in known.values() if again and _was_released(number, pool)]
    for number in back:
        number.role, number.pool_id, number.leased_until = role, pool.id, now
    for number in known.values():
        _expect(number, pool, role)
    new = [e164 for e164 in dict.fromkeys(numbers) if e164 not in known]
    session.add_all(_number(mint, pool, e164, role, now) for e164 in new)
    session.flush()
    return len(new) + len(back)


def _was_released(number: Number, pool: Pool) -> bool:
    """Not by another site: callers who saw it there are matched to its visits."""
    return number.role == "retired" and number.site_id == pool.site_id


def _expect(number: Number, pool: Pool, role: str) -> None:
    """Whoever shows a number that was given up sends callers to strangers."""
    if _was_released(number, pool):
        back = "`callweave numbers import --again`"
        raise NumberTakenError(
            f"{number.e164} was released: take it off the list, or, if it is yours again, {back}"
        )
    if (number.pool_id, number.role) != (pool.id, role):
        raise NumberTakenError(f"{number.e164} is in use elsewhere already")


def _number(mint: Mint, pool: Pool, e164: str, role: str, now: datetime) -> Number:
    national, international = _forms(e164)
    return Number(
        id=mint.new("nu", now),
        site_id=pool.site_id,
        pool_id=pool.id,
        role=role,
        e164=e164,
        national=national,
        international=international,
        leased_until=now,
        created_at=now,
    )


def _forms(e164: str) -> tuple[str, str]:
    """National and international, as people of its country write it."""
    number = phonenumbers.parse(e164)
    return (
        phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
        phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
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

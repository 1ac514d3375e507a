"""Numbers come into a pool: from a site's file, a list of one's own, or the carrier's shelf."""

from collections.abc import Collection
from datetime import datetime

import phonenumbers
from phonenumbers import PhoneNumberFormat
from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.domain.routing.plans import destinations_of, parse_plan
from callweave.storage.accounts import Site
from callweave.storage.numbers import Number, Pool
from callweave.storage.plans import Agent, plan_in_force


class NumberTakenError(Exception):
    """The number belongs to another site, or to another pool of this one."""


class CircleError(Exception):
    """A tracked number would be rung: the call would come back here, and go round."""


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
    national, international = forms(e164)
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


def forms(e164: str) -> tuple[str, str]:
    """National and international, as people of its country write it."""
    number = phonenumbers.parse(e164)
    return (
        phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
        phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
    )

"""Numbers come into a pool: from a site's file, a list of one's own, or the carrier's shelf."""

from collections.abc import Collection
from datetime import datetime, timedelta

import phonenumbers
from phonenumbers import PhoneNumberFormat
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.domain.leases.pools import Kind
from callweave.domain.routing.plans import destinations_of, parse_plan
from callweave.storage.accounts import Site
from callweave.storage.numbers import Lease, Number, Pool
from callweave.storage.plans import Agent, plan_in_force
from callweave.workflows.set_up_site.coming_back import take_back, was_released

_SAID = {"pooled": "somebody's own", "overflow": "a number for many"}
# Processes keep what they know of a site for some seconds.
_FORGOTTEN = timedelta(minutes=1)


class NumberTakenError(Exception):
    """The number has a use already that leaves no room for this one."""


class CircleError(Exception):
    """A tracked number would be rung: the call would come back here, and go round."""


def refuse_circles(session: Session) -> None:
    """Raises CircleError where anything that is rung is a tracked number of ours."""
    rung = _rung(session)
    tracked = session.scalars(select(Number.e164).where(Number.e164.in_(rung))).all()
    if tracked:
        said = ", ".join(sorted(tracked))
        raise CircleError(f"{said} is a tracking number: a call to it would only come back")


def _rung(session: Session) -> set[str]:
    return {
        *session.scalars(select(Agent.endpoint)),
        *session.scalars(select(Site.default_destination)),
        *(
            endpoint
            for site in session.scalars(select(Site.id))
            if (plan := plan_in_force(session, site))
            for endpoint in destinations_of(parse_plan(plan.body))
        ),
    }


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
    if problems := _obstacles(session, pool, numbers, role, again=again):
        raise NumberTakenError("\n".join(f"{e164} {why}" for e164, why in problems.items()))
    known = _known(session, numbers)
    back = [number for number in known.values() if was_released(number, pool)]
    for number in back:
        take_back(session, mint, number, pool, role, now)
    new = [e164 for e164 in dict.fromkeys(numbers) if e164 not in known]
    session.add_all(_number(mint, pool, e164, role, now) for e164 in new)
    session.flush()
    return len(new) + len(back)


def change_roles(
    session: Session, pool: Pool, numbers: Collection[str], role: str, now: datetime
) -> None:
    """Of those that are in the pool, where nobody has them on a page: a call to a number could
    else be one of several's and of one alone. Raises NumberTakenError, and then none is changed.
    """
    others = select(Number).where(Number.pool_id == pool.id, Number.e164.in_(numbers))
    todo = session.scalars(others.where(Number.role.not_in([role, "retired"]))).all()
    problems = [f"{each.e164} {why}" for each in todo if (why := _on_pages(session, each, now))]
    if problems:
        raise NumberTakenError("\n".join(problems))
    for number in todo:
        _change_role(session, number, role, now)


def _on_pages(session: Session, number: Number, now: datetime) -> str | None:
    of_number = select(func.max(Lease.expires_at)).where(Lease.number_id == number.id)
    until = session.scalar(of_number)
    if until is None or until <= now:
        return None
    return (
        f"is on pages until {until:%Y-%m-%d %H:%M} UTC at the least, as {_SAID[number.role]}: "
        "apply the file after that, or name a number that nobody has (`callweave numbers list`)"
    )


def _change_role(session: Session, number: Number, role: str, now: datetime) -> None:
    """Unless it was lent this very moment. Who shows it to many has to forget it before it is lent
    to one.
    """
    free_from = now + _FORGOTTEN if role == "pooled" else now
    is_free = or_(Number.visit_id.is_(None), Number.leased_until <= now)
    changed = (
        update(Number)
        .where(Number.id == number.id, Number.role == number.role, is_free)
        .values(role=role, visit_id=None, lease_id=None, free_since=None, leased_until=free_from)
        .returning(Number.id)
    )
    if session.scalars(changed).first() is None:
        raise NumberTakenError(f"{number.e164} was lent just now: apply the file again later")


def refuse_unnamed(session: Session, pool: Pool, numbers: Collection[str]) -> None:
    """Raises NumberTakenError where a pool that is lent by visitor from now on has a number for
    many, by what it was before, that is none of these: it would be shown as its overflow number.
    """
    if unnamed := _for_many(session, pool) - set(numbers):
        said = ", ".join(sorted(unnamed))
        raise NumberTakenError(
            f"{said} is in pool {pool.name!r}, too: list it in numbers, or name an overflow number"
        )


def show(session: Session, pool: Pool, e164: str, now: datetime) -> None:
    """The pool's number for many is this one from now on. Those before it ring for who saw them."""
    of_pool = select(Number).where(Number.pool_id == pool.id, Number.role == "overflow")
    *_, latest = session.scalars(of_pool.order_by(Number.leased_until, Number.id))
    if latest.e164 != e164:
        shown = session.scalars(of_pool.where(Number.e164 == e164)).one()
        shown.leased_until = max(now, latest.leased_until + timedelta.resolution)
        session.flush()


def obstacles(
    session: Session, pool: Pool, numbers: Collection[str], role: str, *, again: bool
) -> dict[str, str]:
    """Of numbers that cannot come into the pool, why not, in words that follow the number."""
    rung = _rung(session).intersection(numbers)
    circles = dict.fromkeys(rung, "is rung by us: as a tracking number it would only come back")
    return (
        _too_many(session, pool, numbers)
        | circles
        | _obstacles(session, pool, numbers, role, again=again)
    )


def room(session: Session, pool: Pool) -> int | None:
    """How many numbers more would be of use; None: any. One that a source's pool shows instead of
    another is named in the site's file.
    """
    return max(0, 1 - len(_for_many(session, pool))) if pool.kind == Kind.SOURCE else None


def _for_many(session: Session, pool: Pool) -> set[str]:
    shared = select(Number.e164).where(Number.pool_id == pool.id, Number.role == "overflow")
    return set(session.scalars(shared))


def _too_many(session: Session, pool: Pool, numbers: Collection[str]) -> dict[str, str]:
    free = room(session, pool)
    new = set(numbers) - _for_many(session, pool)
    if free is None or len(new) <= free:
        return {}
    return dict.fromkeys(new, f"would not be shown: {only_one(pool.name)}")


def only_one(pool: str) -> str:
    return f"pool {pool} is by source, which shows one number (another: in the site's file)"


def refuse_as_own(session: Session, e164: str) -> None:
    """Raises NumberTakenError for what is in a pool: a site's own number is on all its pages."""
    named = select(Pool.name).join(Number, Number.pool_id == Pool.id)
    pool = session.scalar(named.where(Number.e164 == e164, Number.role != "retired"))
    if pool is not None:
        raise NumberTakenError(
            f"{e164} cannot be the site's own number, which all its pages show: it is in pool "
            f"{pool!r}"
        )


def _known(session: Session, numbers: Collection[str]) -> dict[str, Number]:
    found = session.scalars(select(Number).where(Number.e164.in_(numbers)))
    return {number.e164: number for number in found}


def _obstacles(
    session: Session, pool: Pool, numbers: Collection[str], role: str, *, again: bool
) -> dict[str, str]:
    own = set(session.scalars(select(Site.own_number).where(Site.own_number.in_(numbers))))
    found = {
        e164: "is a site's own number, which all its pages show: it cannot be lent to anybody"
        for e164 in numbers
        if e164 in own
    }
    for number in _known(session, numbers).values():
        why = _why_not(number, pool, role, again=again)
        if why:
            found.setdefault(number.e164, why)
    return found


def _why_not(number: Number, pool: Pool, role: str, *, again: bool) -> str | None:
    """Whoever shows a number that was given up sends callers to strangers."""
    if was_released(number, pool):
        back = "`callweave numbers import --again`"
        told = f"was released: take it off the list, or, if it is yours again, {back}"
        return None if again else told
    if number.pool_id != pool.id:
        return "is in use elsewhere already"
    return None if number.role == role else f"is in this pool already, as {_SAID[number.role]}"


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

"""Leases of the past weeks as lending would have left them, without the visitors' hours of work."""

import heapq
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.storage.numbers import Lease, Number, Pool
from callweave.storage.visits import Visit, Visitor

A_DAY = (0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 12, 14, 12, 10, 11, 12, 12, 10, 8, 6, 4, 2, 1, 0)


def lent(
    session: Session, mint: Mint, pool_id: str, starts: Sequence[datetime], held_s: Sequence[float]
) -> None:
    """The number that has been free the longest, else the overflow number, else none at all."""
    own, overflow = _numbers(session, pool_id)
    visit = _a_visit(session, mint, pool_id, starts[0])
    free = [(starts[0], number) for number in own]
    for nth, at in enumerate(starts):
        until = at + timedelta(seconds=held_s[nth % len(held_s)])
        if free and free[0][0] <= at:
            number, assignment = heapq.heapreplace(free, (until, free[0][1]))[1], "exclusive"
        elif overflow:
            number, assignment = overflow, "shared"
        else:
            continue
        line = {"number_id": number, "visit_id": visit, "assignment": assignment}
        session.add(Lease(id=mint.new("ls", at), **line, started_at=at, expires_at=until))
    session.flush()


def held_back(session: Session, mint: Mint, pool_id: str, starts: Sequence[datetime]) -> None:
    """From a crowded network: the overflow number, though others are free."""
    _, overflow = _numbers(session, pool_id)
    visit = _a_visit(session, mint, pool_id, starts[0])
    line = {"number_id": overflow, "visit_id": visit, "assignment": "held_back"}
    for at in starts:
        until = at + timedelta(minutes=30)
        session.add(Lease(id=mint.new("ls", at), **line, started_at=at, expires_at=until))
    session.flush()


def weeks_of_visits(until: datetime, days: int, times: float = 1, seed: int = 1) -> list[datetime]:
    """A shop's days, up to ``until``: so many visits in each hour, at moments of chance."""
    luck = Random(seed)
    first = until.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days - 1)
    starts = [
        first + timedelta(days=day, hours=hour, seconds=luck.uniform(0, 3600))
        for day in range(days)
        for hour, visits in enumerate(A_DAY)
        for _ in range(round(visits * times))
    ]
    return sorted(at for at in starts if at < until)


def _numbers(session: Session, pool_id: str) -> tuple[list[str], str | None]:
    found = session.execute(
        select(Number.id, Number.role).where(Number.pool_id == pool_id).order_by(Number.id)
    ).all()
    own = [number for number, role in found if role == "pooled"]
    return own, next((number for number, role in found if role == "overflow"), None)


def _a_visit(session: Session, mint: Mint, pool_id: str, at: datetime) -> str:
    site_id = session.get_one(Pool, pool_id).site_id
    visitor, visit = mint.new("vr", at), mint.new("vs", at)
    seen = {"customer": False, "traits": {}, "first_seen_at": at, "last_seen_at": at}
    session.add(Visitor(id=visitor, site_id=site_id, **seen))
    session.flush()
    times = {"started_at": at, "last_seen_at": at, "time_zone": None, "language": None}
    session.add(Visit(id=visit, site_id=site_id, visitor_id=visitor, **times))
    session.flush()
    return visit

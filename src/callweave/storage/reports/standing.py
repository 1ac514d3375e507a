"""Where each number of ours stands: its pool, and when it was lent and rung last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from callweave.storage.accounts import Site
from callweave.storage.calls import Call
from callweave.storage.numbers import Lease, Number, Pool


@dataclass(frozen=True, slots=True)
class Standing:
    """``lent_until`` is when the last lease ran out, or will, that one visitor had alone; where
    there was none since, when the number came into its pool. ``last_lent`` and ``shown_until``: of
    the newest lease.
    """

    id: str
    e164: str
    site: str
    pool: str
    pool_id: str
    role: str
    lent_until: datetime
    last_lent: datetime | None
    shown_until: datetime | None
    last_rung: datetime | None

    def is_lent(self, now: datetime) -> bool:
        return self.lent_until > now


def standings(session: Session, sites: Sequence[str], pool: str | None = None) -> list[Standing]:
    """Of the sites, or of one pool of theirs; those that were released, too."""
    wanted = _wanted().where(Number.site_id.in_(sites))
    if pool is not None:
        wanted = wanted.where(Number.pool_id == pool)
    return [_standing(*row) for row in session.execute(wanted)]


def _standing(
    number: Number, site: str, pool: str, newest: Lease | None, last_rung: datetime | None
) -> Standing:
    return Standing(
        id=number.id,
        e164=number.e164,
        site=site,
        pool=pool,
        pool_id=number.pool_id,
        role=number.role,
        lent_until=number.leased_until,
        last_lent=newest.started_at if newest else None,
        shown_until=newest.expires_at if newest else None,
        last_rung=last_rung,
    )


def _wanted() -> Select[Number, str, str, Lease, datetime]:
    newest = select(Lease.id).where(Lease.number_id == Number.id).order_by(Lease.started_at.desc())
    rung = (
        select(Call.number_id, func.max(Call.rung_at).label("last_rung"))
        .where(Call.number_id.is_not(None))
        .group_by(Call.number_id)
        .subquery()
    )
    return (
        select(Number, Site.name, Pool.name, Lease, rung.c.last_rung)
        .join(Site, Site.id == Number.site_id)
        .join(Pool, Pool.id == Number.pool_id)
        .outerjoin(Lease, Lease.id == newest.limit(1).correlate(Number).scalar_subquery())
        .outerjoin(rung, rung.c.number_id == Number.id)
        .order_by(Site.name, Pool.name, Number.e164)
    )

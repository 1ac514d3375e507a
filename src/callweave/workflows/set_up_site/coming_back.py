"""A number that the site had released is taken into a pool again, be it another than before."""

from datetime import datetime

from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.storage.numbers import Number, Pool, Stay


def was_released(number: Number, pool: Pool) -> bool:
    """Not by another site: callers who saw it there are matched to its visits."""
    return number.role == "retired" and number.site_id == pool.site_id


def take_back(
    session: Session, mint: Mint, number: Number, pool: Pool, role: str, now: datetime
) -> None:
    """What it was lent for until now stays the past of the pool that it was in."""
    session.add(
        Stay(
            id=mint.new("sy", now),
            number_id=number.id,
            pool_id=number.pool_id,
            since=number.came_back_at or number.created_at,
            until=now,
            leased_until=number.leased_until,
        )
    )
    number.role, number.pool_id = role, pool.id
    number.leased_until = number.came_back_at = now

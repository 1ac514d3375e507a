"""Pools, their numbers with the live lease on the number's own row, and the lease book.

A number's row says who holds it now (``visit_id``, ``lease_id``, ``leased_until``); one
row cannot hold two visits, so a double lease has no place to be written. The book keeps
every lease for calls that come late. docs/decisions/0002 has the design that fails.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    false,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from callweave.domain.leases.pools import PoolRules
from callweave.storage.base import Base, id_column


class Pool(Base):
    """``serves``: the name that pages ask for, the pool's own where there is none; ``conditions``
    as domain.leases.pools reads them. ``lease_s`` and ``cooldown_s`` in seconds. The last
    ``reserve_paid`` free numbers are for visits that somebody paid for. What ``stands_in`` is shown
    only once the visitors' own pool has no number left. ``channel``, ``source``, ``medium`` and
    ``campaign``: what a call to a number in print, or of a source, counts as.
    """

    __tablename__ = "pools"
    __table_args__ = (UniqueConstraint("site_id", "name"),)
    id: Mapped[str] = id_column()
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str] = mapped_column(String(64))
    lease_s: Mapped[int]
    created_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(16), default="visitor", server_default="visitor")
    serves: Mapped[str | None] = mapped_column(String(64))
    conditions: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    cooldown_s: Mapped[int] = mapped_column(default=0, server_default="0")
    reserve_paid: Mapped[int] = mapped_column(default=0, server_default="0")
    stands_in: Mapped[bool] = mapped_column(default=False, server_default=false())
    channel: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[str | None] = mapped_column(Text)
    medium: Mapped[str | None] = mapped_column(Text)
    campaign: Mapped[str | None] = mapped_column(Text)

    def follow(self, rules: PoolRules) -> None:
        self.kind, self.serves, self.conditions = (
            rules.kind.value,
            rules.serves,
            {**rules.conditions},
        )
        self.cooldown_s, self.reserve_paid = rules.cooldown_s, rules.reserve_paid
        self.stands_in, origin = rules.stands_in, rules.origin
        self.channel = origin.channel.value if origin else None
        self.source = origin.source if origin else None
        self.medium = origin.medium if origin else None
        self.campaign = origin.campaign if origin else None


class Number(Base):
    """A tracking number. ``leased_until`` orders the free ones: the longest free comes first.
    ``free_since`` is since when it had been free when it was lent last; None: nobody had had it.
    Whatever is lent to nobody alone has the role ``overflow``: the numbers of sources and in print,
    too. Of those ``leased_until`` says since when it is the pool's: the latest is the one that is
    shown, those before it only ring. ``came_back_at``: into this pool, by a number that had been
    released before.
    """

    __tablename__ = "numbers"
    __table_args__ = (
        UniqueConstraint("pool_id", "visit_id"),
        Index(None, "pool_id", "role", "leased_until"),
        CheckConstraint("role IN ('pooled', 'overflow', 'retired')", name="role"),
        CheckConstraint("role = 'pooled' OR visit_id IS NULL", name="only_pooled_are_lent"),
    )
    id: Mapped[str] = id_column()
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    pool_id: Mapped[str] = mapped_column(ForeignKey("pools.id"))
    role: Mapped[str] = mapped_column(String(16))
    e164: Mapped[str] = mapped_column(String(16), unique=True)
    national: Mapped[str] = mapped_column(String(32))
    international: Mapped[str] = mapped_column(String(32))
    visit_id: Mapped[str | None] = mapped_column(ForeignKey("visits.id"))
    lease_id: Mapped[str | None] = mapped_column(String(40))
    leased_until: Mapped[datetime]
    created_at: Mapped[datetime]
    free_since: Mapped[datetime | None]
    came_back_at: Mapped[datetime | None]


class Stay(Base):
    """A number's time in a pool that it was released from, kept once it is in a pool again, be it
    the same. ``leased_until`` as it was then: what is released is lent to nobody, but rings.
    """

    __tablename__ = "stays"
    id: Mapped[str] = id_column()
    number_id: Mapped[str] = mapped_column(ForeignKey("numbers.id"), index=True)
    pool_id: Mapped[str] = mapped_column(String(40))  # of one that was; pools are never deleted
    since: Mapped[datetime]
    until: Mapped[datetime]
    leased_until: Mapped[datetime]


class Lease(Base):
    """One line of the lease book; ``assignment`` is exclusive; or of a number that many see:
    shared, or held_back where free ones are kept from the visit's network, if there are any.
    """

    __tablename__ = "leases"
    __table_args__ = (
        Index(None, "number_id", "started_at", "assignment"),
        Index(None, "visit_id"),
    )
    id: Mapped[str] = id_column()
    number_id: Mapped[str] = mapped_column(ForeignKey("numbers.id"))
    visit_id: Mapped[str] = mapped_column(ForeignKey("visits.id"))
    assignment: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]


# Which of some endpoints are tracking numbers; three at most, as many as are rung for a call.
OWN_NUMBERS = select(Number.e164).where(
    Number.e164.in_([bindparam("first"), bindparam("second"), bindparam("third")])
)


def as_three(endpoints: Collection[str]) -> dict[str, str]:
    first, second, third = (*endpoints, "", "", "")[:3]
    return {"first": first, "second": second, "third": third}

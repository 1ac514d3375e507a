"""A site as the hot paths need it: everything about it that changes seldom, read at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callweave.domain.interests.topic_list import parse_topics
from callweave.domain.interests.topics import Topic
from callweave.domain.leases.pools import Conditions, Kind, Showing, fits, precedence
from callweave.storage.accounts import Site
from callweave.storage.numbers import Number, Pool


@dataclass(frozen=True, slots=True)
class ShownNumber:
    """A number in the three forms in which pages show it."""

    e164: str
    national: str
    international: str


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """``numbers``: how many are lent. ``overflow`` is the number that many are shown: of a source's
    pool, its only one. See storage.numbers.Pool for the rest.
    """

    id: str
    name: str
    kind: Kind
    serves: str
    conditions: Conditions
    lease_s: int
    cooldown_s: int
    reserve_paid: int
    stands_in: bool
    numbers: int
    overflow_id: str | None
    overflow: ShownNumber | None


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """``own_hosts`` are the hosts of the allowed origins: a link from them is no referral.
    ``pools`` by their own names; ``serving``: those that pages are shown numbers of, by the name
    that pages ask for, in the order in which they are to be asked.
    """

    id: str
    account_id: str
    own_number: ShownNumber
    allowed_origins: frozenset[str]
    own_hosts: frozenset[str]
    topics: tuple[Topic, ...]
    pools: Mapping[str, PoolFacts]
    serving: Mapping[str, tuple[PoolFacts, ...]]

    @property
    def parameters(self) -> frozenset[str]:
        """Of landing addresses, those that pools ask about."""
        return frozenset(
            name for pool in self.pools.values() for name in pool.conditions.parameters
        )

    def source_number(self, name: str, showing: Showing) -> ShownNumber | None:
        """What may be shown to somebody of whom nothing is kept: the number of their source."""
        pools = (pool for pool in self.serving.get(name, ()) if pool.kind is Kind.SOURCE)
        return next((pool.overflow for pool in pools if fits(pool.conditions, showing)), None)

    @property
    def swappable(self) -> list[str]:
        """The own number as pages may print it: E.164, and the digits of the national form."""
        return [self.own_number.e164, "".join(filter(str.isdigit, self.own_number.national))]


def load_site(session: Session, site_id: str) -> SiteFacts | None:
    site = session.get(Site, site_id)
    if site is None:
        return None
    pools = _pools(session, site_id)
    return SiteFacts(
        id=site.id,
        account_id=site.account_id,
        own_number=ShownNumber(
            site.own_number, site.own_number_national, site.own_number_international
        ),
        allowed_origins=frozenset(site.allowed_origins),
        own_hosts=frozenset(filter(None, (urlsplit(o).hostname for o in site.allowed_origins))),
        topics=parse_topics(site.topics),
        pools={pool.name: pool for pool in pools},
        serving=_serving(pools),
    )


def _pools(session: Session, site_id: str) -> list[PoolFacts]:
    wanted = select(Number).where(Number.site_id == site_id, Number.role == "overflow")
    newest_last = session.scalars(wanted.order_by(Number.leased_until, Number.id))
    overflow = {number.pool_id: number for number in newest_last}
    pools = session.scalars(select(Pool).where(Pool.site_id == site_id)).all()
    ids = [pool.id for pool in pools]
    counted = select(Number.pool_id, func.count()).group_by(Number.pool_id)
    pooled = counted.where(Number.pool_id.in_(ids), Number.role == "pooled")
    numbers = {row[0]: int(row[1]) for row in session.execute(pooled)}
    return [_pool_facts(pool, numbers.get(pool.id, 0), overflow.get(pool.id)) for pool in pools]


def _pool_facts(pool: Pool, numbers: int, overflow: Number | None) -> PoolFacts:
    return PoolFacts(
        id=pool.id,
        name=pool.name,
        kind=Kind(pool.kind),
        serves=pool.serves or pool.name,
        conditions=Conditions.of(pool.conditions),
        lease_s=pool.lease_s,
        cooldown_s=pool.cooldown_s,
        reserve_paid=pool.reserve_paid,
        stands_in=pool.stands_in,
        numbers=numbers,
        overflow_id=overflow.id if overflow else None,
        overflow=_shown(overflow) if overflow else None,
    )


def _shown(number: Number) -> ShownNumber:
    return ShownNumber(number.e164, number.national, number.international)


def _serving(pools: Iterable[PoolFacts]) -> dict[str, tuple[PoolFacts, ...]]:
    serving: dict[str, list[PoolFacts]] = defaultdict(list)
    for pool in sorted(pools, key=lambda p: precedence(p.kind, p.conditions, p.name)):
        if pool.kind.is_shown:
            serving[pool.serves].append(pool)
    return {name: tuple(found) for name, found in serving.items()}

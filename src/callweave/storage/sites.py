"""A site as the hot paths need it: everything about it that changes seldom, read at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.domain.interests.topic_list import parse_topics
from callweave.domain.interests.topics import Topic
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
    id: str
    lease_s: int
    overflow_id: str | None
    overflow: ShownNumber | None


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """``own_hosts`` are the hosts of the allowed origins: a link from them is no referral."""

    id: str
    account_id: str
    own_number: ShownNumber
    allowed_origins: frozenset[str]
    own_hosts: frozenset[str]
    topics: tuple[Topic, ...]
    pools: Mapping[str, PoolFacts]

    @property
    def swappable(self) -> list[str]:
        """The own number as pages may print it: E.164, and the digits of the national form."""
        return [self.own_number.e164, "".join(filter(str.isdigit, self.own_number.national))]


def load_site(session: Session, site_id: str) -> SiteFacts | None:
    site = session.get(Site, site_id)
    if site is None:
        return None
    return SiteFacts(
        id=site.id,
        account_id=site.account_id,
        own_number=ShownNumber(
            site.own_number, site.own_number_national, site.own_number_international
        ),
        allowed_origins=frozenset(site.allowed_origins),
        own_hosts=frozenset(filter(None, (urlsplit(o).hostname for o in site.allowed_origins))),
        topics=parse_topics(site.topics),
        pools=_pools(session, site_id),
    )


def _pools(session: Session, site_id: str) -> dict[str, PoolFacts]:
    overflow = {
        number.pool_id: number
        for number in session.scalars(
            select(Number).where(Number.site_id == site_id, Number.role == "overflow")
        )
    }
    pools = session.scalars(select(Pool).where(Pool.site_id == site_id))
    return {pool.name: _pool_facts(pool, overflow.get(pool.id)) for pool in pools}


def _pool_facts(pool: Pool, overflow: Number | None) -> PoolFacts:
    shown = overflow and ShownNumber(overflow.e164, overflow.national, overflow.international)
    return PoolFacts(pool.id, pool.lease_s, overflow.id if overflow else None, shown or None)

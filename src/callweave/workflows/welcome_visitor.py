"""A page was seen: keep the visit, what it says of interests, and lend it its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from callweave.domain.ids import Mint
from callweave.domain.interests.growth import grown
from callweave.domain.interests.topics import earned
from callweave.domain.leases.pools import Showing
from callweave.domain.visits.addresses import address_parameters
from callweave.domain.visits.channels import Channel
from callweave.domain.visits.sessions import continues
from callweave.domain.visits.touches import Touch, read_touch
from callweave.storage import arrivals
from callweave.storage.acquaintance import (
    NOTHING,
    Known,
    find_known,
    known_interests,
    known_of,
)
from callweave.storage.lending import Borrower
from callweave.storage.offering import Guest, Offer, offer
from callweave.storage.prepared import HotTransaction
from callweave.storage.questions import Row
from callweave.storage.sites import SiteFacts


@dataclass(frozen=True, slots=True)
class Arrival:
    """``visitor`` and ``visit`` are ids whose seal was ours, or None; ``pools`` are names that some
    pool of the site serves; ``crowded``: so many come from the same network that others go first.
    """

    visitor: str | None
    visit: str | None
    url: str
    referrer: str | None
    title: str
    pools: Sequence[str]
    time_zone: str | None
    language: str | None
    crowded: bool = False


@dataclass(frozen=True, slots=True)
class Welcome:
    visitor: str
    visit: str
    is_new: bool
    numbers: tuple[Offer, ...]


def welcome_visitor(
    tx: HotTransaction, mint: Mint, site: SiteFacts, arrival: Arrival, now: datetime
) -> Welcome:
    touch = _touch(site, arrival, now)
    seen = _continued(tx, arrival, touch, now) or _opened(tx, mint, site, arrival, touch, now)
    return _welcomed(tx, mint, site, arrival, seen, now)


def welcome_back(
    tx: HotTransaction, mint: Mint, site: SiteFacts, arrival: Arrival, now: datetime
) -> Welcome | None:
    """For a visit that goes on; None, and nothing is kept, where a new one would have to begin."""
    touch = _touch(site, arrival, now)
    seen = _continued(tx, arrival, touch, now) or _latest(tx, arrival.visitor, touch, now)
    return _welcomed(tx, mint, site, arrival, seen, now) if seen else None


def _touch(site: SiteFacts, arrival: Arrival, now: datetime) -> Touch:
    return read_touch(url=arrival.url, referrer=arrival.referrer, at=now, own_hosts=site.own_hosts)


def _welcomed(
    tx: HotTransaction, mint: Mint, site: SiteFacts, arrival: Arrival, seen: "_Seen", now: datetime
) -> Welcome:
    is_page = seen.is_new or not _asks_again(arrival)
    gains = _gains(site, seen, arrival) if is_page else {}
    lacks_a_number = _lacks_a_number(site, seen, arrival)
    if not seen.is_new and (gains or lacks_a_number) and tx.hold():
        # another page of this visit may have been as quick: what it took and earned is read now
        known = known_of(tx, seen.visit, seen.visitor, seen.page.landing_page)
        seen, gains = replace(seen, known=known), {} if known.has_seen_page else gains
    if is_page:
        _grow(tx, seen, gains, now)
        tx.put(
            arrivals.WRITE_PAGE_VIEW,
            page_view=mint.new("pv", now),
            visit=seen.visit,
            now=now,
            page=seen.page.landing_page,
            title=arrival.title,
        )
    if lacks_a_number and len(arrival.pools) > 1:
        tx.hold()  # all of them, or none
    guest = _guest(site, arrival, seen)
    numbers = tuple(
        offer(tx, name, site.serving[name], guest, mint.new("ls", now), now)
        for name in arrival.pools
    )
    return Welcome(seen.visitor, seen.visit, seen.is_new, numbers)


def _guest(site: SiteFacts, arrival: Arrival, seen: "_Seen") -> Guest:
    """What a landing address says holds for the page that was landed on: it is not kept."""
    landed = address_parameters(arrival.url, site.parameters) if seen.is_new else {}
    return Guest(
        Borrower(seen.visit, seen.earlier, seen.touch.channel.is_paid, arrival.crowded),
        Showing(seen.touch, landed, arrival.time_zone, arrival.language),
        seen.is_new,
        seen.known.held,
    )


def _asks_again(arrival: Arrival) -> bool:
    """The snippet names the page itself as the referrer when the page has not changed and only
    wants more numbers: that is no second page view.
    """
    return arrival.referrer == arrival.url


@dataclass(frozen=True, slots=True)
class _Seen:
    """``page``: what the page that was just seen would be as a touch; ``touch``: how the visit came
    about. ``earlier``: of a new visit, the one before it.
    """

    page: Touch
    touch: Touch
    visitor: str
    visit: str
    is_new: bool
    known: Known = NOTHING
    earlier: str | None = None


def _continued(tx: HotTransaction, arrival: Arrival, touch: Touch, now: datetime) -> _Seen | None:
    visitor, visit = arrival.visitor, arrival.visit
    if visitor is None or visit is None:
        return None
    found, known = find_known(tx, visit, visitor, touch.landing_page) or (None, NOTHING)
    current = _going_on(found, touch) if found else None
    if current is None:
        return None
    tx.put(arrivals.SEE_VISIT, visit=visit, now=now)
    return _Seen(touch, current, visitor, visit, is_new=False, known=known)


def _latest(tx: HotTransaction, visitor: str | None, touch: Touch, now: datetime) -> _Seen | None:
    found = tx.row(arrivals.LATEST_VISIT, visitor=visitor) if visitor else None
    return _resumed(tx, visitor, found, touch, now) if visitor and found else None


def _resumed(
    tx: HotTransaction, visitor: str, found: Row, touch: Touch, now: datetime
) -> _Seen | None:
    current = _going_on(found, touch)
    if current is None:
        return None
    visit = found[0]
    tx.put(arrivals.SEE_VISIT, visit=visit, now=now)
    known = known_of(tx, visit, visitor, touch.landing_page)
    return _Seen(touch, current, visitor, visit, is_new=False, known=known)


def _going_on(found: Row, arriving: Touch) -> Touch | None:
    """How the visit came about, where it is not over."""
    _, last_seen_at, at, channel, *rest = found
    current = Touch(at, Channel(channel), *rest)
    goes_on = continues(last_seen_at=last_seen_at, current=current, arriving=arriving)
    return current if goes_on else None


def _opened(
    tx: HotTransaction, mint: Mint, site: SiteFacts, arrival: Arrival, touch: Touch, now: datetime
) -> _Seen:
    """A new visit; or the one that another tab of this visitor opened a moment before. Marking the
    visitor as seen makes tabs that come back together wait for one another.
    """
    visitor, latest, known = arrival.visitor, None, NOTHING
    if visitor and tx.run(arrivals.SEE_VISITOR, visitor=visitor, now=now):
        latest = tx.row(arrivals.LATEST_VISIT, visitor=visitor)
        if latest and (seen := _resumed(tx, visitor, latest, touch, now)):
            return seen
        known = known_interests(tx, visitor)
    else:
        visitor = mint.new("vr", now)
        tx.put(arrivals.WRITE_VISITOR, visitor=visitor, site=site.id, now=now)
    visit = mint.new("vs", now)
    tx.put(
        arrivals.WRITE_VISIT,
        visit=visit,
        site=site.id,
        visitor=visitor,
        now=now,
        time_zone=arrival.time_zone,
        language=arrival.language,
    )
    _write_touch(tx, mint.new("tc", now), visitor, visit, touch, now)
    earlier = latest[0] if latest else None
    return _Seen(touch, touch, visitor, visit, is_new=True, known=known, earlier=earlier)


def _write_touch(
    tx: HotTransaction, touch_id: str, visitor: str, visit: str, touch: Touch, now: datetime
) -> None:
    tx.put(
        arrivals.WRITE_TOUCH,
        touch=touch_id,
        visitor=visitor,
        visit=visit,
        now=now,
        channel=touch.channel.value,
        source=touch.source,
        medium=touch.medium,
        campaign=touch.campaign,
        term=touch.term,
        content=touch.content,
        click_ids=dict(touch.click_ids),
        landing_page=touch.landing_page,
        referrer=touch.referrer,
    )


def _gains(site: SiteFacts, seen: _Seen, arrival: Arrival) -> Mapping[str, float]:
    """A page that this visit has seen before says nothing new, and a new visit has seen none."""
    if seen.known.has_seen_page:
        return {}
    opening = seen.page if seen.is_new else None
    return earned(site.topics, url=arrival.url, title=arrival.title, touch=opening)


def _lacks_a_number(site: SiteFacts, seen: _Seen, arrival: Arrival) -> bool:
    held = seen.known.held
    return not all(any(pool.id in held for pool in site.serving[name]) for name in arrival.pools)


def _grow(tx: HotTransaction, seen: _Seen, gains: Mapping[str, float], now: datetime) -> None:
    for topic, weight in gains.items():
        before = seen.known.interests.get(topic)
        after = grown(before, topic=topic, earned=weight, now=now)
        write = arrivals.CHANGE_INTEREST if before else arrivals.WRITE_INTEREST
        tx.put(write, visitor=seen.visitor, topic=topic, weight=after.weight, now=after.at)

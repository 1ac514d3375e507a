"""What is known of a caller when the phone rings, read for the profile that plans ask about."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter, itemgetter
from types import MappingProxyType

from sqlalchemy import Text, bindparam, cast, select

from callweave.domain.interests.growth import Interest, decayed
from callweave.domain.leases.pools import Origin
from callweave.domain.matching import Match
from callweave.domain.phone import Caller
from callweave.domain.routing.profile import Profile
from callweave.domain.visits.channels import Channel
from callweave.domain.visits.sessions import lasting_source
from callweave.domain.visits.touches import Touch
from callweave.storage import visits
from callweave.storage.calls import Call
from callweave.storage.numbers import OWN_NUMBERS, as_three
from callweave.storage.prepared import HotTransaction
from callweave.storage.questions import Questions, Row

MOST_TOUCHES = 200
MOST_EARLIER_CALLS = 100

_TOUCHES = (
    select(
        visits.Touch.at,
        visits.Touch.channel,
        visits.Touch.source,
        visits.Touch.medium,
        visits.Touch.campaign,
        visits.Touch.term,
        visits.Touch.content,
        cast(visits.Touch.click_ids, Text),
        visits.Touch.landing_page,
        visits.Touch.referrer,
    )
    .where(visits.Touch.visitor_id == bindparam("visitor"))
    .order_by(visits.Touch.at.desc(), visits.Touch.id.desc())
    .limit(MOST_TOUCHES)
)
_INTERESTS = select(visits.Interest.topic, visits.Interest.weight, visits.Interest.at).where(
    visits.Interest.visitor_id == bindparam("visitor")
)
_IS_CUSTOMER = select(visits.Visitor.customer).where(visits.Visitor.id == bindparam("visitor"))
_EARLIER_OF_VISITOR = (
    select(Call.id, Call.rung_at, Call.disposition)
    .where(Call.visitor_id == bindparam("visitor"))
    .order_by(Call.rung_at.desc())
    .limit(MOST_EARLIER_CALLS)
)
# The account is asked for outside: SQLite would otherwise go back through all its calls in the
# order of their rings, until it has found as many from this caller as it may return.
_from_number = (
    select(Call.id, Call.rung_at, Call.disposition, Call.account_id)
    .where(Call.from_number == bindparam("caller"))
    .order_by(Call.rung_at.desc())
    .limit(MOST_EARLIER_CALLS)
    .subquery()
)
_EARLIER_FROM_NUMBER = select(
    _from_number.c.id, _from_number.c.rung_at, _from_number.c.disposition
).where(_from_number.c.account_id == bindparam("account"))
_OF_CALLER = Questions(
    _EARLIER_OF_VISITOR, _EARLIER_FROM_NUMBER, _IS_CUSTOMER, _INTERESTS, _TOUCHES, OWN_NUMBERS
)


@dataclass(frozen=True, slots=True)
class Known:
    """The visit that a ring was tied to, if any, and the profile behind it. ``own_numbers``: those
    of the endpoints asked about that are tracking numbers of ours.
    """

    visit_id: str | None
    visitor_id: str | None
    profile: Profile
    own_numbers: Collection[str] = ()


def read_known(
    tx: HotTransaction,
    account: str,
    match: Match,
    caller: Caller,
    origin: Origin | None,
    now: datetime,
    endpoints: Collection[str] = (),
) -> Known:
    """What the number itself stands for is known of a caller of whom nothing else is.
    ``endpoints``: three at most, asked about by the way.
    """
    visit, visitor = (match.holding.visit, match.holding.visitor) if match.holding else (None, None)
    of_visitor, from_number, customer, interests, seen, own = _OF_CALLER.ask(
        tx, visitor=visitor, caller=caller.number, account=account, **as_three(endpoints)
    )
    touches = [_touch(row) for row in seen]
    came_by = lasting_source(touches) if touches else None if visitor else origin
    outcomes = _outcomes(of_visitor, from_number)
    profile = Profile(
        interests=_weights(interests, now),
        channel=came_by.channel if came_by else None,
        source=came_by.source if came_by else None,
        campaign=came_by.campaign if came_by else None,
        landing_page=max(touches, key=attrgetter("at")).landing_page if touches else None,
        customer="won" in outcomes or any(told for (told,) in customer),
        earlier_calls=len(outcomes) if caller.number or visitor else None,
        earlier_outcome=next(filter(None, outcomes), None),
        country=caller.country,
    )
    return Known(visit, visitor, profile, {e164 for (e164,) in own})


def _touch(row: Row) -> Touch:
    at, channel, source, medium, campaign, term, content, clicks, page, referrer = row
    told = (source, medium, campaign, term, content)
    return Touch(at, Channel(channel), *told, _clicks_of(clicks), page, referrer)


@lru_cache(maxsize=1_000)
def _clicks_of(click_ids: str) -> Mapping[str, str]:
    """Most touches have none."""
    return MappingProxyType(json.loads(click_ids))


def _outcomes(of_visitor: Sequence[Row], from_number: Sequence[Row]) -> list[str | None]:
    """Of calls by the same visitor or from the same number, the latest call first."""
    calls = {call: (rung_at, outcome) for call, rung_at, outcome in (*of_visitor, *from_number)}
    latest_first = sorted(calls.values(), key=itemgetter(0), reverse=True)
    return [outcome for _, outcome in latest_first]


def _weights(rows: Sequence[Row], now: datetime) -> dict[str, float]:
    return {topic: decayed(Interest(topic, weight, at), now) for topic, weight, at in rows}

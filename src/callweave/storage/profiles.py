"""What is known of a caller when the phone rings, read for the profile that plans ask about."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from callweave.domain.interests.growth import Interest, decayed
from callweave.domain.matching import Match
from callweave.domain.phone import Caller
from callweave.domain.routing.profile import Profile
from callweave.domain.visits.channels import Channel
from callweave.domain.visits.sessions import lasting_source
from callweave.domain.visits.touches import Touch
from callweave.storage import visits
from callweave.storage.calls import Call
from callweave.storage.prepared import HotTransaction, Prepared

MOST_TOUCHES = 200
MOST_EARLIER_CALLS = 100

_TOUCHES = Prepared(
    select(
        visits.Touch.at,
        visits.Touch.channel,
        visits.Touch.source,
        visits.Touch.medium,
        visits.Touch.campaign,
        visits.Touch.term,
        visits.Touch.content,
        visits.Touch.click_ids,
        visits.Touch.landing_page,
        visits.Touch.referrer,
    )
    .where(visits.Touch.visitor_id == bindparam("visitor"))
    .order_by(visits.Touch.at.desc(), visits.Touch.id.desc())
    .limit(MOST_TOUCHES)
)
_INTERESTS = Prepared(
    select(visits.Interest.topic, visits.Interest.weight, visits.Interest.at).where(
        visits.Interest.visitor_id == bindparam("visitor")
    )
)
_IS_CUSTOMER = Prepared(
    select(visits.Visitor.customer).where(visits.Visitor.id == bindparam("visitor"))
)
_EARLIER_OF_VISITOR = Prepared(
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
_EARLIER_FROM_NUMBER = Prepared(
    select(_from_number.c.id, _from_number.c.rung_at, _from_number.c.disposition).where(
        _from_number.c.account_id == bindparam("account")
    )
)


@dataclass(frozen=True, slots=True)
class EarlierCall:
    id: str
    rung_at: datetime
    disposition: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """The visit that a ring was tied to, if any, and the profile behind it."""

    visit_id: str | None
    visitor_id: str | None
    profile: Profile


def read_known(
    tx: HotTransaction, account: str, match: Match, caller: Caller, now: datetime
) -> Known:
    visitor = match.holding.visitor if match.holding else None
    earlier = _earlier_calls(tx, account, visitor, caller.number)
    profile = replace(
        Profile.unknown(),
        customer=any(call.disposition == "won" for call in earlier),
        earlier_calls=len(earlier) if caller.number or visitor else None,
        earlier_outcome=next((c.disposition for c in earlier if c.disposition), None),
        country=caller.country,
    )
    if match.holding is None or visitor is None:
        return Known(None, None, profile)
    return Known(match.holding.visit, visitor, _journey(tx, visitor, profile, now))


def _journey(tx: HotTransaction, visitor: str, profile: Profile, now: datetime) -> Profile:
    profile = replace(
        profile,
        interests=_interests_of(tx, visitor, now),
        customer=profile.customer or _is_customer(tx, visitor),
    )
    touches = _touches_of(tx, visitor)
    if not touches:
        return profile
    lasting = lasting_source(touches)
    return replace(
        profile,
        channel=lasting.channel,
        source=lasting.source,
        campaign=lasting.campaign,
        landing_page=touches[0].landing_page,
    )


def _touches_of(tx: HotTransaction, visitor: str) -> list[Touch]:
    """The latest first."""
    return [
        Touch(at, Channel(channel), *rest)
        for at, channel, *rest in tx.rows(_TOUCHES, visitor=visitor)
    ]


def _interests_of(tx: HotTransaction, visitor: str, now: datetime) -> dict[str, float]:
    rows = tx.rows(_INTERESTS, visitor=visitor)
    return {topic: decayed(Interest(topic, weight, at), now) for topic, weight, at in rows}


def _is_customer(tx: HotTransaction, visitor: str) -> bool:
    row = tx.row(_IS_CUSTOMER, visitor=visitor)
    return bool(row and row[0])


def _earlier_calls(
    tx: HotTransaction, account: str, visitor: str | None, caller: str | None
) -> list[EarlierCall]:
    """By the same visitor or from the same number, the latest first."""
    rows: list[tuple[Any, ...]] = []
    if visitor:
        rows += tx.rows(_EARLIER_OF_VISITOR, visitor=visitor)
    if caller:
        rows += tx.rows(_EARLIER_FROM_NUMBER, caller=caller, account=account)
    calls = {row[0]: EarlierCall(*row) for row in rows}
    return sorted(calls.values(), key=lambda call: call.rung_at, reverse=True)

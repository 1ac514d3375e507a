"""Every touch that led to a call gets its part of it, under each model."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from callweave.domain.attribution import Model, TouchPoint, share_credit
from callweave.domain.outcomes import Disposition
from callweave.storage.accounts import Site
from callweave.storage.calls import Call
from callweave.storage.outcomes import Credit
from callweave.storage.visits import Touch


def attribute_call(session: Session, call: Call) -> None:
    """Replaces the credits of the call by what its visitor's touches and outcome say now.

    The moment that counts is the ring: a click after it did not lead to the call, however
    late the sale was recorded.
    """
    site = session.get(Site, call.site_id) if call.site_id else None
    if site is None:
        return
    converted = call.disposition == Disposition.WON
    value = (call.value or 0) if converted else 0
    touches = _touches(session, call)
    session.execute(delete(Credit).where(Credit.call_id == call.id))
    for model in Model:
        shares = share_credit(
            model, touches, call.rung_at, value, timedelta(days=site.lookback_days)
        )
        session.add_all(
            Credit(
                call_id=call.id,
                model=model.value,
                position=position,
                touch_id=credit.touch_id,
                share=credit.share_millionths,
                converted=converted,
                value=credit.value,
                currency=call.currency or site.currency,
            )
            for position, credit in enumerate(shares)
        )


def _touches(session: Session, call: Call) -> list[TouchPoint]:
    if call.visitor_id is None:
        return []
    rows = session.execute(
        select(Touch.id, Touch.at, Touch.channel).where(
            Touch.visitor_id == call.visitor_id, Touch.at <= call.rung_at
        )
    )
    return [TouchPoint(touch, at, channel == "Direct") for touch, at, channel in rows]

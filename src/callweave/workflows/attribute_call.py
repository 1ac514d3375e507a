"""Every touch that led to a call gets its part of it, under each model."""

from datetime import timedelta

from callweave.domain.attribution import Model, TouchPoint, share_credit
from callweave.domain.outcomes import Disposition
from callweave.storage import outcomes
from callweave.storage.followed import LockedCall
from callweave.storage.outcomes import NewCredit
from callweave.storage.prepared import HotTransaction


def attribute_call(tx: HotTransaction, call: LockedCall) -> None:
    """Replaces the credits of the call by what its visitor's touches and outcome say now.

    The moment that counts is the ring: a click after it did not lead to the call, however
    late the sale was recorded.
    """
    if call.site is None:
        return
    converted = call.disposition == Disposition.WON
    value = (call.value or 0) if converted else 0
    currency = call.currency or call.site.currency
    lookback = timedelta(days=call.site.lookback_days)
    touches = _touches(tx, call)
    outcomes.replace_credits(
        tx,
        call.id,
        [
            NewCredit(
                model.value,
                position,
                part.touch_id,
                part.share_millionths,
                converted,
                part.value,
                currency,
            )
            for model in Model
            for position, part in enumerate(
                share_credit(model, touches, call.rung_at, value, lookback)
            )
        ],
    )


def _touches(tx: HotTransaction, call: LockedCall) -> list[TouchPoint]:
    """Those of the visitor; of a caller of whom nobody is known, what the number stands for."""
    if call.visitor_id is None:
        own = outcomes.own_touch(tx, call.id)
        return [TouchPoint(own[0], call.rung_at, own[1] == "Direct")] if own else []
    return [
        TouchPoint(touch, at, channel == "Direct")
        for touch, at, channel in outcomes.touches_until(tx, call.visitor_id, call.rung_at)
    ]

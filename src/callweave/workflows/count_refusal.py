"""Something was refused for a reason: count it, so that the account can see it. Never who."""

from datetime import datetime
from enum import StrEnum

from callweave.storage import arrivals
from callweave.storage.prepared import HotTransaction

CARRIER = "carrier"


class Refusal(StrEnum):
    BOT = "bot"
    CONSENT_MISSING = "consent_missing"
    FOREIGN_ORIGIN = "foreign_origin"
    CROWDED_NETWORK = "crowded_network"
    UNKNOWN_POOL = "unknown_pool"
    POOL_EXHAUSTED = "pool_exhausted"
    SHARED_NUMBER = "shared_number"
    HELD_BACK = "held_back"
    NEXT_POOL = "next_pool"
    WITHOUT_COOL_DOWN = "without_cool_down"
    STAND_IN = "stand_in"
    FORGED_WEBHOOK = "forged_webhook"
    UNREADABLE_WEBHOOK = "unreadable_webhook"
    UNKEPT_WEBHOOK = "unkept_webhook"
    UNKNOWN_NUMBER = "unknown_number"


def count_refusal(
    tx: HotTransaction, scope: str, reason: Refusal, now: datetime, times: int
) -> None:
    """``scope`` is a site's id, a pool's, or CARRIER for webhooks. Days are UTC."""
    known = {"scope": scope, "day": now.date(), "reason": reason.value, "times": times}
    if tx.run(arrivals.COUNT_REFUSAL, **known) == 0:
        tx.run(arrivals.FIRST_REFUSAL, **known)

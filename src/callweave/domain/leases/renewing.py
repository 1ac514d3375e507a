"""When a lease needs renewing."""

from datetime import datetime, timedelta

# A lease is written anew only once a quarter of it has gone: not every page view is to be a write.
# So this much of it is left after any sign of life, and no more than this may be promised.
PROMISED = 3 / 4


def renewal_is_due(leased_until: datetime, now: datetime, lease: timedelta) -> bool:
    return leased_until - now < lease * PROMISED

"""When a lease needs renewing."""

from datetime import datetime, timedelta


def renewal_is_due(leased_until: datetime, now: datetime, lease: timedelta) -> bool:
    """Only once a quarter of the lease has gone: a page view a second must not be a write a second."""
    return leased_until - now < lease * 3 / 4

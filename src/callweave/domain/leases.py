"""When a lease needs renewing."""

from datetime import datetime, timedelta


def renewal_is_due(leased_until: datetime, now: datetime, lease: timedelta) -> bool:
    """Only once a quarter of it has gone: not every page view is to be a write."""
    return leased_until - now < lease * 3 / 4

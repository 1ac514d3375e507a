"""Calls that our own people's phones forward back to us, and would for ever."""

from collections.abc import Collection
from datetime import timedelta

WITHIN = timedelta(seconds=30)
# One person rings twice, and a switchboard rings for two people at once.
MOST_AT_ONCE = 2
# Many people who withhold their numbers cannot be told from one.
MOST_WITHHELD = 10


def circle(
    forwarded_from: str | None, rung_by_us: Collection[str], at_once: int, *, withheld: bool
) -> str | None:
    """Why this ring is one of our own, come back; None when it is not. ``at_once``: how many other
    calls of the caller to this number have begun to ring `WITHIN` and still do; where the caller's
    number is ``withheld``, of all who withhold theirs.
    """
    if forwarded_from in rung_by_us:
        return f"{forwarded_from}, which we ring ourselves, forwarded the call to us"
    if at_once > (MOST_WITHHELD if withheld else MOST_AT_ONCE):
        whose = "from withheld numbers" if withheld else "of this caller"
        seconds = int(WITHIN.total_seconds())
        return f"{at_once} calls {whose} have begun to ring in {seconds} s: a circle"
    return None

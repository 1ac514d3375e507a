"""Calls that our own people's phones forward back to us, and would for ever."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

WITHIN = timedelta(seconds=30)
# Some pick up before they forward, so each lap is a talk.
OPEN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Laps:
    """Calls of one caller to one number: those that have begun to ring `WITHIN` and still do, and
    all that have begun to `OPEN_WITHIN` and are not over.
    """

    ringing: int
    open: int


# One person rings twice; a switchboard rings for two people at once, and talks for many.
MOST = Laps(ringing=2, open=25)
# Many people who withhold their numbers cannot be told from one.
MOST_WITHHELD = Laps(ringing=10, open=100)


def circle(
    forwarded_from: str | None, rung_by_us: Collection[str], laps: Laps, *, withheld: bool
) -> str | None:
    """Why this ring is one of our own, come back; None when it is not. ``laps``: the other calls of
    the caller; where the caller's number is ``withheld``, of all who withhold theirs.
    """
    if forwarded_from in rung_by_us:
        return f"{forwarded_from}, which we ring ourselves, forwarded the call to us"
    most = MOST_WITHHELD if withheld else MOST
    whose = "from withheld numbers" if withheld else "of this caller"
    if laps.ringing > most.ringing:
        seconds = int(WITHIN.total_seconds())
        return f"{laps.ringing} calls {whose} have begun to ring in {seconds} s: a circle"
    if laps.open > most.open:
        minutes = int(OPEN_WITHIN.total_seconds()) // 60
        return f"{laps.open} calls {whose} have begun in {minutes} min and go on: a circle"
    return None

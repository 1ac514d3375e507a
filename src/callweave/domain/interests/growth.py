"""Interests grow with what is seen and fade with time."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HALF_LIFE = timedelta(days=14)
# What one interest can come to, however often it is fed: five pages' worth. Without it a hundred
# views of one kind of page would outweigh anything that the visitor does later.
CEILING = 5.0


@dataclass(frozen=True, slots=True)
class Interest:
    """``weight`` as it was at ``at``; from there it decays."""

    topic: str
    weight: float
    at: datetime


def decayed(interest: Interest, now: datetime) -> float:
    """The weight now: half of it is left after each half-life. A clock behind ``at`` adds none."""
    elapsed = max(now - interest.at, timedelta())
    return float(interest.weight * 0.5 ** (elapsed / HALF_LIFE))


def grown(known: Interest | None, *, topic: str, earned: float, now: datetime) -> Interest:
    """Decayed, then moved towards the ceiling by what was earned.

    Each gain closes the same share of what is left, so it counts for less the more there is,
    and the order of gains at one time does not matter: w' = C - (C - w) * exp(-earned / C).
    """
    weight = decayed(known, now) if known else 0.0
    weight = CEILING - (CEILING - weight) * math.exp(-earned / CEILING)
    return Interest(topic, weight, max(now, known.at) if known else now)


def strongest(interests: Iterable[Interest], now: datetime) -> tuple[Interest, ...]:
    """The interests as they weigh now, the strongest first; equals by the alphabet."""
    weighed = (Interest(each.topic, decayed(each, now), now) for each in interests)
    return tuple(sorted(weighed, key=lambda each: (-each.weight, each.topic)))

"""What every kind of destination does. CONTRIBUTING.md says how to add one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from callweave.domain.facts import Answer


@dataclass(frozen=True, slots=True)
class Errand:
    """One fact to be told at one address. ``fact_id`` and ``body`` are the same on every try."""

    fact_id: str
    body: str
    address: str
    secret: str = field(repr=False)
    allow_private: bool


class Kind(Protocol):
    def problem(self, address: str, *, allow_private: bool) -> str | None:
        """Why facts could not be sent there now, for the person who adds it; None if they could."""

    def make_secret(self, entropy: Callable[[int], bytes]) -> str:
        """What its messages are to be known by; ``entropy(n)`` returns n random bytes."""

    def deliver(self, errand: Errand, now: datetime) -> Answer:
        """One try, over within a minute. What goes wrong outside is an answer, not an exception."""

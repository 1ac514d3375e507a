from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from callweave.domain.visits.channels import Channel


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known about a caller when the phone rings."""

    interests: Mapping[str, float]  # topic -> weight, decayed to the moment of the ring
    channel: Channel | None
    source: str | None
    campaign: str | None
    landing_page: str | None  # of a touch: scheme, host and path
    customer: bool
    earlier_calls: int | None  # None: the number is withheld, so nobody can tell
    earlier_outcome: str | None  # disposition of the latest earlier call that has one
    country: str | None  # the caller's, ISO 3166 alpha-2

    @classmethod
    def unknown(cls) -> Self:
        """A caller of whom nothing is known; `dataclasses.replace` adds what is."""
        return cls(
            interests={},
            channel=None,
            source=None,
            campaign=None,
            landing_page=None,
            customer=False,
            earlier_calls=None,
            earlier_outcome=None,
            country=None,
        )

    def weight(self, topic: str) -> float:
        wanted = topic.casefold()
        return max((w for t, w in self.interests.items() if t.casefold() == wanted), default=0.0)

    @property
    def strongest_interest(self) -> str | None:
        """Of equal ones, the first by name: the same caller gets the same answer every time."""
        ranked = sorted((-weight, topic) for topic, weight in self.interests.items() if weight > 0)
        return ranked[0][1] if ranked else None

"""The safety nets, each of which can be taken away alone to see what falls through."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Net(StrEnum):
    """``MEMORY``: where each number rings without the database, known to the service itself.
    ``FALLBACK``: the carrier's VoiceFallbackUrl.
    """

    RECONCILER = "reconciler"
    MEMORY = "memory"
    FALLBACK = "fallback"
    SPOOL = "spool"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Nets:
    off: frozenset[Net] = frozenset()

    @classmethod
    def without(cls, names: Collection[str]) -> "Nets":
        return cls(frozenset(map(Net, names)))

    def __contains__(self, net: Net) -> bool:
        return net not in self.off

    def __str__(self) -> str:
        return "without " + ", ".join(sorted(self.off)) if self.off else "all nets"


ALL_NETS = Nets()

"""What rounds come to: ratios to the idle server, for people and for programs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from load.people import Told
from load.rounds import Found

QUANTILES = (0.5, 0.99, 0.999)
MOST_TIMES_IDLE = 3.0
_HEARD = ("agent", "fallback", "voicemail", "failure")
_HEAD = (
    "| load | rings | p50, x idle | p99, x idle | p99.9, x idle | agent | default destination "
    "| voicemail | failed | reports lost | pages: a number of their own, the site's, failed |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """``waits_ms`` and ``ratios`` go with QUANTILES; ``attackers``: what they saw, a second."""

    load: str
    rings: int
    waits_ms: tuple[float, ...]
    ratios: tuple[float, ...]
    heard: Mapping[str, int]
    lost: int
    pages: Mapping[str, int]
    attackers: Mapping[str, float]

    @property
    def holds(self) -> bool:
        """Nobody heard anything but an agent, and not later than promised."""
        others = self.rings - self.heard.get("agent", 0)
        return not others and not self.lost and self.ratios[1] <= MOST_TIMES_IDLE

    def row(self) -> str:
        ratios = " | ".join(f"{ratio:.2f}" for ratio in self.ratios)
        heard = " | ".join(str(self.heard.get(w, 0)) for w in _HEARD)
        pages = ", ".join(str(self.pages.get(w, 0)) for w in ("exclusive", "default", "failure"))
        return f"| {self.load} | {self.rings} | {ratios} | {heard} | {self.lost} | {pages} |"

    def attack(self) -> str:
        return ", ".join(f"{kind} {per_s:.1f}/s" for kind, per_s in self.attackers.items())


def figures(found: Mapping[str, Found]) -> list[Figures]:
    """The first load is the one that the others are compared with."""
    idle = _waits(next(iter(found.values())).told)
    return [_of(name, here, idle) for name, here in found.items()]


def _of(name: str, found: Found, idle: Sequence[float]) -> Figures:
    waits = _waits(found.told)
    pages: Counter[str] = Counter()
    for told in found.told:
        pages.update(told.pages)
    return Figures(
        load=name,
        rings=len(waits),
        waits_ms=tuple(quantile(waits, q) * 1e3 for q in QUANTILES),
        ratios=tuple(quantile(waits, q) / quantile(idle, q) for q in QUANTILES),
        heard=dict(Counter(ring.heard for told in found.told for ring in told.rings)),
        lost=sum(told.lost for told in found.told),
        pages=dict(pages),
        attackers={kind: times / found.seconds for kind, times in sorted(found.did.items())},
    )


def _waits(told: Sequence[Told]) -> list[float]:
    return sorted(ring.waited_s for each in told for ring in each.rings)


def quantile(in_order: Sequence[float], share: float) -> float:
    """The least that at least this share does not exceed."""
    return in_order[ceil(share * len(in_order)) - 1]


def table(found: Sequence[Figures]) -> str:
    """Markdown."""
    attacks = [f"{each.load}: {each.attack()}" for each in found if each.attackers]
    return "\n".join([_HEAD, *(each.row() for each in found), "", *attacks])

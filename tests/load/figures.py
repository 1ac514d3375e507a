"""What rounds come to: ratios to the idle server, for people and for programs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from load.attacks import FAILED, LENT, SITES_OWN, SLOW_CLOSED, SLOW_HELD, SLOW_OPENED, TURNED_AWAY
from load.people import Told
from load.proxy import WITHOUT
from load.rounds import Found, Load

QUANTILES = (0.5, 0.99, 0.999)
MOST_TIMES_IDLE = 3.0
_OF_THE_FLOOD = (LENT, SITES_OWN, TURNED_AWAY, FAILED)
_HEARD = ("agent", "fallback", "voicemail", "failure")
_HEAD = (
    "| load | rings | p50, x idle | p99, x idle | p99.9, x idle | agent | default destination "
    "| voicemail | failed | reports lost | pages: a number of their own, the site's, failed |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """``waits_ms`` and ``ratios`` go with QUANTILES; ``attackers``: what they saw, a second.
    ``meant``: what was to come besides the rings.
    """

    load: str
    meant: Load
    rings: int
    waits_ms: tuple[float, ...]
    ratios: tuple[float, ...]
    heard: Mapping[str, int]
    lost: int
    pages: Mapping[str, int]
    attackers: Mapping[str, float]

    @property
    def holds(self) -> bool:
        return not any(self.complaints())

    def complaints(self) -> Iterator[str]:
        """Who was let down, and what was meant to come and did not: a load without its attack, or
        without its visitors, says nothing of the phone.
        """
        others = self.rings - self.heard.get("agent", 0)
        if others:
            yield f"{others} of {self.rings} callers heard no agent"
        if self.lost:
            yield f"{self.lost} reports of running calls were not taken"
        if self.ratios[1] > MOST_TIMES_IDLE:
            yield f"the p99 is {self.ratios[1]:.2f} times that of the idle server"
        yield from self._of_pages()
        yield from self._of_attacks()

    def _of_pages(self) -> Iterator[str]:
        """The site's own number is an answer as well."""
        failed = self.pages.get("failure", 0)
        if failed:
            yield f"{failed} of {sum(self.pages.values())} page views got no number"
        if self.meant.pages_per_s and not sum(self.pages.values()):
            yield "no page was viewed"

    def _of_attacks(self) -> Iterator[str]:
        if self.meant.slow:
            yield from self._of_slow_sockets()
        if self.meant.flood:
            yield from self._of_the_flood()

    def _of_slow_sockets(self) -> Iterator[str]:
        """Each is held for some turns, however often it is closed; else nobody was slow."""
        if not self.attackers.get(SLOW_OPENED):
            yield "no slow socket was opened"
        elif self.attackers.get(SLOW_HELD, 0) <= self.attackers.get(SLOW_CLOSED, 0):
            yield "the slow sockets were closed as soon as they were opened"

    def _of_the_flood(self) -> Iterator[str]:
        tries = sum(self.attackers.get(kind, 0) for kind in _OF_THE_FLOOD)
        if not (self.attackers.get(LENT) or self.attackers.get(SITES_OWN)):
            yield "the flood got no answer from the service"
        if 2 * self.attackers.get(FAILED, 0) > tries:
            yield "the flood failed more often than not"

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
        meant=found.load,
        rings=len(waits),
        waits_ms=tuple(quantile(waits, q) * 1e3 for q in QUANTILES),
        ratios=tuple(quantile(waits, q) / quantile(idle, q) for q in QUANTILES),
        heard=dict(Counter(ring.heard for told in found.told for ring in told.rings)),
        lost=sum(told.lost for told in found.told),
        pages=dict(pages),
        attackers={kind: times / found.seconds for kind, times in sorted(found.did.items())},
    )


def verdict(found: Sequence[Figures], *, is_proxied: bool) -> list[str]:
    """Why the run does not hold; nothing when it does."""
    why = [f"{each.load}: {complaint}" for each in found for complaint in each.complaints()]
    return why if is_proxied else [*why, WITHOUT]


def _waits(told: Sequence[Told]) -> list[float]:
    return sorted(ring.waited_s for each in told for ring in each.rings)


def quantile(in_order: Sequence[float], share: float) -> float:
    """The least that at least this share does not exceed."""
    return in_order[ceil(share * len(in_order)) - 1]


def table(found: Sequence[Figures]) -> str:
    """Markdown."""
    attacks = [f"{each.load}: {each.attack()}" for each in found if each.attackers]
    return "\n".join([_HEAD, *(each.row() for each in found), "", *attacks])

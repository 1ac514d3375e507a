"""The carrier's ledger, with the time on the wall beside each entry: those in it are the call's
own, and calls take no time here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from callweave.simulator.ledger import Ledger, LedgerCall, LegEnded, Rung
from chaos.real_way import wall


@dataclass(slots=True)
class TimedLedger(Ledger):
    times: dict[str, list[datetime]] = field(default_factory=dict)

    def write(self, call: LedgerCall) -> None:
        Ledger.write(self, call)
        known = self.times.setdefault(call.sid, [])
        known += [wall()] * (len(call.entries) - len(known))


@dataclass(frozen=True, slots=True, order=True)
class Busy:
    """Somebody's phone, from its first ring to the end of that leg."""

    began: datetime
    ended: datetime
    sid: str
    endpoint: str


def at_once(ledger: TimedLedger, agents: Collection[str]) -> Iterator[tuple[Busy, Busy]]:
    """Who of them was in two calls at the same time."""
    by_endpoint: dict[str, list[Busy]] = defaultdict(list)
    for call in ledger.calls():
        for busy in _busy(call, ledger.times[call.sid]):
            if busy.endpoint in agents:
                by_endpoint[busy.endpoint].append(busy)
    for times in by_endpoint.values():
        for first, second in pairwise(sorted(times)):
            if second.began < first.ended:
                yield first, second


def _busy(call: LedgerCall, times: list[datetime]) -> Iterator[Busy]:
    began = {e.leg: at for e, at in zip(call.entries, times, strict=True) if isinstance(e, Rung)}
    for entry, at in zip(call.entries, times, strict=True):
        if isinstance(entry, LegEnded) and entry.leg in began:
            yield Busy(began[entry.leg], at, call.sid, entry.endpoint)

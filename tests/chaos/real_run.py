"""What is to be played with real processes, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from callweave.simulator.faults import USUAL, Rates
from callweave.simulator.ledger import LedgerCall
from chaos.evidence import Breach
from chaos.monkeys import Monkey, Monkeys, timetable
from chaos.nets import Nets
from chaos.real_rules import RealEvidence
from chaos.real_spells import Spells
from chaos.rows import Rows

CALLS_BETWEEN = 60


@dataclass(frozen=True, slots=True)
class RealPlan:
    """``between``: calls from one monkey to the next. ``only``: in place of a drawn timetable, who
    comes after how many calls. ``rates``: of the faults on the carrier's side.
    """

    database: str
    calls: int
    seed: int
    nets: Nets = field(default_factory=Nets)
    monkeys: Monkeys = Monkeys.ALL
    between: int = CALLS_BETWEEN
    only: Mapping[int, str] = field(default_factory=dict)
    rates: Rates = USUAL

    def __str__(self) -> str:
        return (
            f"seed {self.seed} on {self.database}: {self.calls} calls, {self.nets}, monkeys:"
            f" {self.monkeys}, one in {self.between} calls, {self.rates}"
        )

    def timetable(self, found: Sequence[Monkey]) -> Iterable[tuple[int, Monkey]]:
        if not self.only:
            return timetable(found, self.seed, self.calls, self.between)
        by_name = {monkey.name: monkey for monkey in found}
        return [(due, by_name[name]) for due, name in self.only.items() if name in by_name]


@dataclass(slots=True)
class RealRun:
    """``let_in``: the kinds of monkeys that may come. ``recovered`` and ``backlog``: seconds, one
    for each time that the database was away; without end where it was never over. ``calling_s``:
    until the last call was over, with the monkeys' mischief and what it took to get over it.
    ``seconds``: in all.
    """

    plan: RealPlan
    let_in: Sequence[str] = ()
    spells: Spells = field(default_factory=Spells)
    recovered: list[float] = field(default_factory=list)
    backlog: list[float] = field(default_factory=list)
    ledger: tuple[LedgerCall, ...] = ()
    late: int = 0
    rows: Rows | None = None
    evidence: RealEvidence | None = None
    breaches: list[Breach] = field(default_factory=list)
    starting_s: float = 0.0
    calling_s: float = 0.0
    mischief_s: float = 0.0
    settling_s: float = 0.0
    seconds: float = 0.0

    @property
    def mischief(self) -> list[str]:
        return [spell.name for spell in self.spells.all]

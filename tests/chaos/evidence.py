"""What both parts of the chaos gather, for the judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callweave.simulator.books import Owed
from callweave.simulator.ledger import LedgerCall
from chaos.rows import Rows


@dataclass(frozen=True, slots=True)
class Breach:
    """``about``: a carrier call's sid, or what else the rule speaks of."""

    rule: str
    about: str
    what: str

    def __str__(self) -> str:
        return f"[{self.rule}] {self.about}: {self.what}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """``struck``: by sid, the faults that were injected into the call, in words; whatever struck
    all calls alike stands under the empty sid. ``shown``: by sid, the visit whose page showed the
    number, where no other page did. ``witnessed``: breaches that could only be seen while it ran.
    """

    ledger: Sequence[LedgerCall]
    owed: Sequence[Owed]
    rows: Rows
    struck: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    witnessed: Sequence[Breach] = ()
    spooled: int = 0
    unreadable: int = 0
    skewed: bool = False

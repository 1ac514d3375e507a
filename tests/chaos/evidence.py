"""What both parts of the chaos gather, for the judge."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
class Heard:
    """A report that the service acknowledged: ``kind`` and ``leg`` as in its address, ``status`` as
    in its form. ``at``: when, by the carrier's clock; into the books or, for later, into the spool.
    """

    kind: str
    leg: str | None
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Spell:
    """For as long as this, by the carrier's clock, the service's was off by ``by``."""

    begins: datetime
    ends: datetime
    by: timedelta


@dataclass(frozen=True, slots=True)
class Evidence:
    """``struck``: by sid, what was injected into the call, in lines that end with the words of a
    Fault, a Mishap or a Trouble. A line that ends otherwise (a process was killed) can explain
    whatever any fault explains; under the empty sid it does so for all calls.

    ``shown``: by sid, the visit whose page showed the number, where no other page did.
    ``witnessed``: breaches that could only be seen while it ran. ``unreadable``: the sid of each
    request that made no sense. ``spooled``: webhooks that wait at the end. ``agents``: the phones
    of those who can be in one call alone, as they were set up.

    Whoever sees only the two ends of the wire leaves out what follows. ``skewed``: when the
    service's clock was off. ``heard``: by sid, all that was acknowledged; without it a report may
    have been lost wherever any try of a request failed, and times are compared less strictly.
    ``lost``: reports that did not get through in time, by the kind of repair that they call for.
    ``said``: all outcomes that anybody ever sent; without it those that nobody is known to have
    sent are let pass.
    """

    ledger: Sequence[LedgerCall]
    owed: Sequence[Owed]
    rows: Rows
    struck: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    witnessed: Sequence[Breach] = ()
    spooled: int = 0
    unreadable: Sequence[str] = ()
    agents: Collection[str] = ()
    skewed: Sequence[Spell] = ()
    heard: Mapping[str, Sequence[Heard]] | None = None
    lost: Mapping[str, int] | None = None
    said: Sequence[Owed] | None = None

"""A simulated carrier with its REST interface on a port, and a client of ours to ask it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from callweave.simulator.carrier import Account, Carrier, Scenario
from callweave.simulator.door import Troubles
from callweave.simulator.ledger import Entry, LedgerCall
from callweave.simulator.line import NumberConfig
from callweave.simulator.people import AddressBook, Answers
from callweave.simulator.server import serve_carrier
from callweave.telephony.carrier import CarrierApi
from service import ACCOUNT, TOKEN
from shops import NOON

LATER = NOON + timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Exchange:
    carrier: Carrier
    troubles: Troubles
    url: str

    @property
    def api(self) -> CarrierApi:
        return CarrierApi(ACCOUNT, TOKEN, self.url)

    def had(
        self, number: int, to: str, at: datetime, *entries: Entry, **page: object
    ) -> LedgerCall:
        """A finished call goes into the carrier's ledger."""
        known = {"status": "completed", "over": True, "duration": 60} | page
        sid = f"CA{number:032x}"
        call = LedgerCall(sid, "+447700900123", to, at, entries, **known)  # type: ignore[arg-type]  # by name
        self.carrier.ledger.write(call)
        return call


@contextmanager
def exchange(
    numbers: Mapping[str, NumberConfig],
    now: Callable[[], datetime] = lambda: LATER,
    people: AddressBook | None = None,
) -> Iterator[Exchange]:
    book = people or AddressBook(otherwise=Answers(4, 60))
    carrier = Carrier(Account(ACCOUNT, TOKEN), numbers, book, scenario=Scenario(clock=now))
    troubles = Troubles()
    running = serve_carrier(carrier, [], troubles=troubles)
    try:
        yield Exchange(carrier, troubles, running.url)
    finally:
        running.stop()

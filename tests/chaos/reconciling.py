"""The reconciler at its own pace, on what the carrier's list would say: the list's own form is held
by the tests of the simulated REST interface.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from callweave.reconciliation.keeping_up import keep_up
from callweave.simulator.carrier import Carrier
from callweave.simulator.ledger import LedgerCall
from callweave.simulator.listing import Listed, listed, messages
from callweave.telephony.carrier import CarrierCall, CarrierMessage, CarrierNumber
from chaos.service import ServiceUnderTest

EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class CarriersList:
    """The carrier's side of the reconciler: all times in whole seconds, the newest first. The
    ledger has its calls in the order in which they began.
    """

    carrier: Carrier

    def calls(self, since: datetime, until: datetime | None = None) -> Iterator[CarrierCall]:
        newest_first = reversed(self.carrier.ledger.calls())
        pages = takewhile(lambda page: page.started_at >= since, newest_first)
        found = [line for page in pages for line in listed(page)]
        found.sort(key=lambda line: (line.started_at, line.sid), reverse=True)
        return (_in_the_list(each) for each in found if until is None or each.started_at < until)

    def call(self, sid: str) -> CarrierCall | None:
        page = self.carrier.ledger.find(sid)
        return _in_the_list(next(listed(page))) if page else None

    def legs(self, sid: str) -> Iterable[CarrierCall]:
        page: LedgerCall | None = self.carrier.ledger.find(sid)
        return [_in_the_list(line) for line in listed(page) if line.parent] if page else []

    def messages(self, sid: str) -> Iterable[CarrierMessage]:
        page = self.carrier.ledger.find(sid)
        account = self.carrier.account.sid
        return [
            CarrierMessage(left.recording, _address(account, left.recording), left.seconds)
            for left in (messages(page) if page else ())
        ]

    def numbers(self) -> Iterable[CarrierNumber]:
        return []


def _address(account: str, recording: str) -> str:
    return f"https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{recording}"


def reconcile_now(service: ServiceUnderTest, carrier: Carrier) -> None:
    """As the worker does; one that meets a database that is away comes back a minute later."""
    now, intake = service.clock(), service.parts.intake

    def compare() -> None:
        left_out = keep_up(intake, CarriersList(carrier), now).unreadable
        if left_out:
            raise ValueError(f"{left_out} calls could not be compared")

    service.behind(compare)


def _in_the_list(line: Listed) -> CarrierCall:
    return CarrierCall(
        sid=line.sid,
        parent_sid=line.parent,
        direction=line.direction,
        from_=line.from_,
        to=line.to,
        status=line.status,
        started_at=line.started_at.replace(microsecond=0),
        ended_at=line.ended_at and line.ended_at.replace(microsecond=0),
        duration_s=line.seconds,
    )

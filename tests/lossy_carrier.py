"""The simulated carrier beside a service in the same process, with a way between them that loses
what a test wants lost, and the carrier's list as a comparison asks for it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from api_stage import PUBLIC
from callweave.reconciliation import Repairs, reconcile
from callweave.reconciliation.keeping_up import keep_up
from callweave.simulator.calling import live
from callweave.simulator.carrier import Account, Carrier, Scenario, numbers_at
from callweave.simulator.ledger import LedgerCall
from callweave.simulator.listing import listed, messages
from callweave.simulator.people import AddressBook, Behaviour, Caller, Fails
from callweave.simulator.webhooks import Answer, Failure
from callweave.storage.calls import Call, Leg, Repair
from callweave.telephony.carrier import (
    CarrierCall,
    CarrierError,
    CarrierMessage,
    CarrierNumber,
    NumberSettings,
    Unreadable,
)
from service import ACCOUNT, CALLER, TOKEN, Service
from shops import NOON

Lost = Callable[[str, str | None], bool]
"""Of a request's kind and leg."""


Change = Callable[[str, Mapping[str, str]], Mapping[str, str]]
"""Of a request's path and form."""


def nothing(_kind: str, _leg: str | None) -> bool:
    return False


def as_it_is(_path: str, form: Mapping[str, str]) -> Mapping[str, str]:
    return form


def forgotten(_path: str, _form: Mapping[str, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Losses:
    """``instead`` is told of each request that is lost; what gets through goes as ``change``d."""

    lost: Lost = nothing
    instead: Callable[[str, Mapping[str, str]], None] = forgotten
    change: Change = as_it_is


@dataclass(slots=True)
class LossyWay:
    service: Service
    losses: Losses

    def ask(self, url: str, _method: str, form: Mapping[str, str]) -> Answer | Failure:
        parts = urlsplit(url)
        leg = parse_qs(parts.query).get("leg", [None])[0]
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if self.losses.lost(parts.path.removeprefix("/voice/"), leg):
            self.losses.instead(path, form)
            return Failure(url, 11205, "ct", "lost", 0)
        answer = self.service.post(path, self.losses.change(path, form))
        if answer.status_code not in {200, 204}:
            return Failure(url, 11200, "5xx", answer.text, 0, answer.status_code)
        return Answer(url, answer.content_type, answer.data, answer.status_code, 0)

    def tell(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure | None:
        return self.ask(url, method, form)

    def begin_call(self) -> None: ...

    def end_call(self) -> None: ...


@dataclass(slots=True)
class LossyCarrier:
    """Rings the service, and answers a comparison from its ledger, the newest first."""

    service: Service
    lines: Sequence[str]
    asked: list[str] = field(default_factory=list)
    carriers: list[Carrier] = field(default_factory=list)
    breaks_after: int | None = None
    others: list[CarrierCall] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)
    unreadable: Sequence[Unreadable] = ()
    by_name: dict[str, Unreadable | CarrierError] = field(default_factory=dict)
    elsewhere: Sequence[str] = ()
    keeps_quiet: CarrierError | None = None
    _runs: Iterator[int] = field(default_factory=count)

    def ring(
        self,
        people: Mapping[str, Behaviour],
        lost: Lost = nothing,
        caller: Caller | None = None,
        **losses: Any,
    ) -> LedgerCall:
        """``losses``: see Losses."""
        carrier = Carrier(
            Account(ACCOUNT, TOKEN),
            numbers_at(PUBLIC, list(self.lines)),
            AddressBook(people, otherwise=Fails()),
            scenario=Scenario(run=f"run {next(self._runs)}", clock=self.service.clock),
        )
        self.carriers.append(carrier)
        line = carrier.dial(caller or Caller(CALLER), self.lines[0])
        line.way = LossyWay(self.service, Losses(lost, **losses))
        return live(line)

    def write(self, call: LedgerCall) -> None:
        """A call that the service never heard of."""
        carrier = Carrier(Account(ACCOUNT, TOKEN), {}, AddressBook())
        carrier.ledger.write(call)
        self.carriers.append(carrier)

    def reconcile(self, now: datetime, since: datetime = NOON) -> Repairs:
        return reconcile(self.service.parts.intake, self, since, now)

    def keep_up(self, now: datetime) -> Repairs:
        return keep_up(self.service.parts.intake, self, now)

    def calls(
        self, since: datetime, until: datetime | None = None
    ) -> Iterator[CarrierCall | Unreadable]:
        self.asked.append("calls")
        self.since.append(since)
        yield from self.unreadable
        found = [call for call in self._all() if call.started_at >= since]
        found = [call for call in found if until is None or call.started_at < until]
        found.sort(key=lambda call: (call.started_at, call.sid), reverse=True)
        yield from found[: self.breaks_after]
        if self.breaks_after is not None:
            raise CarrierError("the page does not come")

    def call(self, sid: str) -> CarrierCall | Unreadable | None:
        self.asked.append("call")
        if (said := self.by_name.get(sid)) is not None:
            if isinstance(said, CarrierError):
                raise said
            return said
        return next((call for call in self._all() if call.sid == sid), None)

    def legs(self, sid: str) -> Iterator[CarrierCall]:
        self.asked.append("legs")
        return (call for call in self._all() if call.parent_sid == sid)

    def messages(self, sid: str) -> Iterator[CarrierMessage]:
        self.asked.append("messages")
        if self.keeps_quiet:
            raise self.keeps_quiet
        for carrier in self.carriers:
            call = carrier.ledger.find(sid)
            for left in messages(call) if call else ():
                url = f"https://api.twilio.com/Recordings/{left.recording}"
                yield CarrierMessage(left.recording, url, left.seconds)

    def numbers(self) -> Iterator[CarrierNumber]:
        for number in (*self.lines, *self.elsewhere):
            base = "https://elsewhere.example" if number in self.elsewhere else PUBLIC
            settings = NumberSettings(f"{base}/voice/ring", "", "")
            yield CarrierNumber(f"PN{number}", number, NOON, settings, True, None)  # noqa: FBT003

    def _all(self) -> Iterator[CarrierCall]:
        yield from self.others
        for carrier in self.carriers:
            for page in carrier.ledger.calls():
                for each in listed(page):
                    yield CarrierCall(
                        sid=each.sid,
                        parent_sid=each.parent,
                        direction=each.direction,
                        from_=each.from_,
                        to=each.to,
                        status=each.status,
                        started_at=each.started_at.replace(microsecond=0),
                        ended_at=each.ended_at and each.ended_at.replace(microsecond=0),
                        duration_s=each.seconds,
                    )


def repairs_of(service: Service) -> list[str]:
    return sorted(repair.kind for repair in service.rows(Repair))


def story(service: Service, sid: str) -> tuple[str, int | None, str | None]:
    """State, seconds and who talked, as the books of the carrier would tell it."""
    call = next(call for call in service.calls() if call.sid == sid)
    legs = [leg for leg in service.rows(Leg) if leg.call_id == call.id]
    talked = [leg.endpoint for leg in legs if leg.result == "talked"]
    assert len(talked) <= 1, talked
    assert bool(talked) == bool(call.answered_by)
    assert isinstance(call, Call)
    return call.state, call.duration_s, talked[0] if talked else None

"""What may go wrong between a carrier and a service, drawn for each call from (seed, number)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from callweave.simulator.chance import chance
from callweave.simulator.connections import Deadline
from callweave.simulator.webhooks import Answer, Failure, Webhooks


class Fault(StrEnum):
    """Of one request. The first two may strike any, the others what a call does not wait for."""

    LOST_ANSWER = "the service was asked, its answer was lost"
    NEVER_ASKED = "the service was never asked"
    DROPPED = "never told"
    TWICE = "told twice"
    LATE = "told late"


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of requests that each fault strikes, and how late the late ones come, in seconds."""

    lost_answer: float = 0.03
    never_asked: float = 0.03
    dropped: float = 0.03
    twice: float = 0.06
    late: float = 0.12
    latest: float = 240.0


USUAL = Rates()


@dataclass(slots=True)
class CallFaults:
    """What strikes the requests of one call, in the order in which they are made."""

    rates: Rates
    draw: Random

    @classmethod
    def of(cls, rates: Rates, seed: int, number: object) -> "CallFaults":
        return cls(rates, chance(seed, number, "faults"))

    def of_question(self) -> Fault | None:
        """For the first try of a request; a second one gets through."""
        rates = self.rates
        return self._one(
            {
                Fault.LOST_ANSWER: rates.lost_answer,
                Fault.NEVER_ASKED: rates.never_asked,
            }
        )

    def of_report(self) -> Fault | None:
        rates = self.rates
        return self._one(
            {
                Fault.DROPPED: rates.dropped,
                Fault.TWICE: rates.twice,
                Fault.LATE: rates.late,
            }
        )

    def lateness(self) -> float:
        """Seconds: mostly a few, at times minutes, so that reports overtake each other."""
        return self.rates.latest * self.draw.random() ** 3

    def _one(self, shares: Mapping[Fault, float]) -> Fault | None:
        at = self.draw.random()
        for fault, share in shares.items():
            at -= share
            if at < 0:
                return fault
        return None


@dataclass(slots=True)
class _Report:
    due: float
    url: str
    method: str
    form: Mapping[str, str]


@dataclass(slots=True)
class FaultyWebhooks:
    """The requests of one call to a running service. What is late comes when the call is over, in
    the order of its lateness: the call's own time is not that of the wall.
    """

    webhooks: Webhooks
    faults: CallFaults
    _late: list[_Report] = field(default_factory=list)
    _told: int = 0

    def ask(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure:
        spoiled = SpoiledWebhooks(self.webhooks, self.faults.of_question())
        return spoiled.ask(url, method, form)

    def tell(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure | None:
        self._told += 1
        match self.faults.of_report():
            case Fault.DROPPED:
                return None
            case Fault.LATE:
                due = self._told + self.faults.lateness()
                self._late.append(_Report(due, url, method, form))
                return None
            case Fault.TWICE:
                self.webhooks.tell(url, method, form)
        return self.ask(url, method, form)

    def begin_call(self) -> None:
        self.webhooks.begin_call()

    def end_call(self) -> None:
        for report in sorted(self._late, key=lambda each: each.due):
            self.webhooks.tell(report.url, report.method, report.form)


class SpoiledWebhooks(Webhooks):
    """One request, whose first try fails in the way that ``fault`` says."""

    def __init__(self, real: Webhooks, fault: Fault | None) -> None:
        self._real = real
        self._fault = fault

    def attempt(
        self, url: str, method: str, form: Mapping[str, str], token: str, deadline: Deadline
    ) -> Answer | Failure:
        fault, self._fault = self._fault, None
        if fault is Fault.NEVER_ASKED:
            return Failure(url, 11205, "ct", str(fault), deadline.passed())
        answer = self._real.attempt(url, method, form, token, deadline)
        if fault is Fault.LOST_ANSWER:
            return Failure(url, 11200, "rt", str(fault), deadline.passed())
        return answer

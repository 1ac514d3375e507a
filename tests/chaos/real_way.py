"""What lies between one real call and the real service: the carrier's own faults, and a record of
every try, by the clock on the wall.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

from callweave.simulator.connections import ConnectionRules, Deadline
from callweave.simulator.faults import CallFaults, Fault, SpoiledWebhooks
from callweave.simulator.webhooks import Answer, Failure, Webhooks


def wall() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Sent:
    """One try as it went over the wire. ``failure``: why there was nothing to execute."""

    at: datetime
    what: str
    status: int | None
    seconds: float
    failure: str | None

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S.%f}  {self.what} {self.status} {self.seconds:.2f} s" + (
            f" {self.failure}" if self.failure else ""
        )


@dataclass(frozen=True, slots=True)
class _Late:
    due: float
    url: str
    method: str
    form: Mapping[str, str]


@dataclass(slots=True)
class RealWay:
    """Of one call. What is late comes when the call is over, in the order of its lateness: calls
    take no time here. ``struck``: the faults, each line ends with one.
    """

    webhooks: Webhooks
    faults: CallFaults
    tries_again: bool = True
    struck: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    _late: list[_Late] = field(default_factory=list)

    def ask(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure:
        return self._ask(url, method, form, self.faults.of_question())

    def tell(self, url: str, method: str, form: Mapping[str, str]) -> Answer | Failure | None:
        fault = self.faults.of_report()
        self._note(url, form, fault)
        match fault:
            case Fault.DROPPED:
                return None
            case Fault.LATE:
                due = len(self.sent) + self.faults.lateness()
                self._late.append(_Late(due, url, method, form))
                return None
            case Fault.TWICE:
                self._ask(url, method, form, None)
        return self.ask(url, method, form)

    def begin_call(self) -> None:
        self.webhooks.begin_call()

    def end_call(self) -> None:
        for late in sorted(self._late, key=lambda each: each.due):
            self._ask(late.url, late.method, late.form, None)

    def _ask(
        self, url: str, method: str, form: Mapping[str, str], fault: Fault | None
    ) -> Answer | Failure:
        self._note(url, form, fault)
        request = SpoiledWebhooks(_Recording(self.webhooks, self.sent), fault)
        if self.tries_again:
            return request.ask(url, method, form)
        return request.attempt(url, method, form, str(uuid4()), Deadline(ConnectionRules()))

    def _note(self, url: str, form: Mapping[str, str], fault: Fault | None) -> None:
        if fault:
            self.struck.append(f"{wall():%H:%M:%S.%f}  {words(url, form)}: {fault}")


class _Recording(Webhooks):
    """Writes every try down in ``sent``, before anything spoils it."""

    def __init__(self, real: Webhooks, sent: list[Sent]) -> None:
        self._real = real
        self._sent = sent

    def attempt(
        self, url: str, method: str, form: Mapping[str, str], token: str, deadline: Deadline
    ) -> Answer | Failure:
        at, before = wall(), deadline.passed()
        answer = self._real.attempt(url, method, form, token, deadline)
        failure = answer.reason if isinstance(answer, Failure) else None
        took = deadline.passed() - before
        self._sent.append(Sent(at, words(url, form), answer.status, took, failure))
        return answer


def words(url: str, form: Mapping[str, str]) -> str:
    """The request in a few of them: ``/voice/status?leg=1 completed``."""
    parts = urlsplit(url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    said = form.get("DialCallStatus") or form.get("CallStatus", "")
    return f"{path} {said}".rstrip()

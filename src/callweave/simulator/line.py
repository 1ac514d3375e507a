from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from random import Random

from callweave.simulator.clock import CallClock
from callweave.simulator.forms import Party, call_form, progress_form
from callweave.simulator.ledger import (
    Breach,
    Entry,
    Exchange,
    HungUp,
    Ledger,
    LedgerCall,
    Reached,
)
from callweave.simulator.people import AddressBook, Caller, Side
from callweave.simulator.twiml import TwimlError, document_of
from callweave.simulator.verbs import Document, Link
from callweave.simulator.webhooks import Answer, Failure, Way

# The service could not be reached or said no: its trouble, but no rule of TwiML is broken.
OUTAGES = frozenset({11200, 11205, 11220})
_RANK = (Reached.NOBODY, Reached.FALLBACK, Reached.VOICEMAIL, Reached.PERSON)


@dataclass(frozen=True, slots=True)
class NumberConfig:
    """What Twilio's console keeps for each number."""

    voice_url: str
    voice_fallback_url: str | None = None
    status_callback: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A document that could not be had or understood. `code` and `url` go to the fallback."""

    code: int
    url: str


@dataclass(slots=True)
class Line:
    """A caller's line for as long as the call lasts."""

    party: Party
    caller: Caller
    number: NumberConfig
    caller_ids: Collection[str]
    people: AddressBook
    way: Way
    ledger: Ledger
    chance: Random
    sids: Random
    clock: CallClock
    page: LedgerCall
    answered_at: float | None = None
    waiting: bool = True
    caller_left: bool = False
    on_fallback: bool = False
    unanswered_status: str | None = None
    afterwards: list[tuple[Link, Mapping[str, str]]] = field(default_factory=list)

    @property
    def at(self) -> float:
        return self.clock.elapsed

    @property
    def status(self) -> str:
        if self.answered_at is not None:
            return "completed" if self.caller_left else "in-progress"
        return "canceled" if self.caller_left else "ringing"

    def new_sid(self, prefix: str) -> str:
        return f"{prefix}{self.sids.getrandbits(128):032x}"

    def note(self, entry: Entry) -> None:
        self._turn(replace(self.page, entries=(*self.page.entries, entry)))

    def breach(self, what: str) -> None:
        self._turn(replace(self.page, breaches=(*self.page.breaches, Breach(self.at, what))))

    def reach(self, whom: Reached) -> None:
        """The best that the caller got counts, and what the fallback gave is not ours."""
        got = Reached.FALLBACK if self.on_fallback else whom
        self._turn(replace(self.page, reached=max(self.page.reached, got, key=_RANK.index)))

    def reach_person(self, endpoint: str) -> None:
        self.reach(Reached.PERSON)
        self._turn(replace(self.page, answered_by=endpoint))

    def close(self, status: str, duration: int) -> LedgerCall:
        self._turn(replace(self.page, status=status, duration=duration, over=True))
        return self.page

    def _turn(self, page: LedgerCall) -> None:
        self.page = page
        self.ledger.write(page)

    def answer(self) -> None:
        if self.answered_at is None:
            self.answered_at = self.at
            self._turn(replace(self.page, status="in-progress"))

    def wait(self, seconds: float) -> bool:
        """Whether the caller is still there after these seconds."""
        patience = self.caller.patience if self.waiting else None
        if patience is None or self.at + seconds < patience:
            self.clock.let_pass(seconds)
            return True
        self.clock.let_pass(max(0.0, patience - self.at))
        self.hang_up(Side.CALLER)
        return False

    def hang_up(self, by: Side) -> None:
        self.caller_left = self.caller_left or by is Side.CALLER
        self.note(HungUp(self.at, by))

    def form(self) -> dict[str, str]:
        return call_form(self.party, self.status)

    def ask(self, link: Link, form: Mapping[str, str]) -> Answer | Failure:
        answer = self.way.ask(link.url, link.method, form)
        self._write_down(link, answer)
        return answer

    def tell(self, link: Link, form: Mapping[str, str]) -> None:
        """Told, never executed."""
        answer = self.way.tell(link.url, link.method, form)
        if answer is not None:
            self._write_down(link, answer)

    def _write_down(self, link: Link, answer: Answer | Failure) -> None:
        failure = answer.reason if isinstance(answer, Failure) else None
        exchange = Exchange(link.url, answer.status, round(answer.seconds, 4), failure)
        self._turn(replace(self.page, exchanges=(*self.page.exchanges, exchange)))

    def read(self, link: Link, form: Mapping[str, str]) -> Document | Trouble:
        answer = self.ask(link, form)
        if isinstance(answer, Failure):
            if answer.code not in OUTAGES:
                self.breach(f"{link.url}: {answer.reason}")
            return Trouble(answer.code, link.url)
        try:
            return document_of(answer.body, answer.content_type, link.url)
        except TwimlError as problem:
            self.breach(f"{link.url}: {problem}")
            return Trouble(problem.code, link.url)

    def report(
        self, party: Party, link: Link, status: str, sequence: int, duration: int | None
    ) -> None:
        """A status callback."""
        self.tell(link, progress_form(party, status, self.clock.now(), sequence, duration))

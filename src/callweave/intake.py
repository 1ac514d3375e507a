"""One report of the carrier, however it came: all of them are taken in by the same steps."""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from callweave.domain.calls import RepairKind, State
from callweave.domain.ids import Mint
from callweave.storage import callbook, set_aside
from callweave.storage.callbook import NewReport
from callweave.storage.database import Database, DuplicateError
from callweave.storage.followed import lock_by_sid
from callweave.storage.prepared import HotTransaction
from callweave.storage.set_aside import NewSetAside
from callweave.telephony import twiml
from callweave.telephony.callbacks import (
    Form,
    Inbound,
    UnreadableError,
    is_of_callers_side,
    leg_position,
    read_inbound,
    read_report,
    reckoned_ring,
    report_key,
)
from callweave.telephony.signatures import signed_text
from callweave.telephony.twiml import Addresses
from callweave.workflows.answer_call import (
    Ringing,
    adopt_call,
    answer_call,
    answer_first,
    rematch_call,
)
from callweave.workflows.attribute_call import attribute_call
from callweave.workflows.follow_call import (
    Followed,
    Given,
    Reported,
    catch_up,
    follow_call,
    keep_report,
)
from callweave.workflows.tell_fact import tell_call

Check = Callable[[], None]
"""Raises when it is too late to commit."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """As it came from the carrier, whose signature was on it, and when. ``form`` has one value a
    name.
    """

    kind: str
    leg: str | None
    fields: tuple[tuple[str, str], ...]
    at: datetime
    form: Form = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        form = {name: value.replace("\x00", "") for name, value in self.fields}
        object.__setattr__(self, "form", form)


@dataclass(frozen=True, slots=True)
class Received:
    """A webhook that makes sense. ``rang_at``: when the call rang, by this report alone."""

    inbound: Inbound
    report: NewReport
    rang_at: datetime
    at: datetime

    @property
    def is_of_callers_side(self) -> bool:
        report = self.report
        return is_of_callers_side(report.kind, report.leg, report.form)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What was answered, and what was missing until now."""

    answer: str | None
    repaired: Sequence[RepairKind] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """``default_destination`` is for numbers that we do not know."""

    database: Database
    mint: Mint
    addresses: Addresses
    account_sid: str
    default_destination: str

    def read(self, hook: Webhook) -> Received:
        """Raises UnreadableError for what is signed and still makes no sense."""
        form = self._single(hook)
        leg = leg_position(hook.leg)
        inbound = read_inbound(form)
        report = read_report(hook.kind, leg, form, hook.at)
        key = report_key(hook.kind, leg, form)
        new = NewReport(inbound.call_sid, key, hook.kind, leg, form)
        return Received(inbound, new, reckoned_ring(report), hook.at)

    def answer(self, received: Received, check: Check) -> str | None:
        """The TwiML for it, committed with all that it changed; the same again for a repeat."""
        if received.report.kind == "ring":
            with suppress(DuplicateError), self.database.hot() as tx:
                callbook.take_turn(tx, received.report.sid)
                answer = answer_first(tx, self.mint, self._ringing(received), received.at)
                if answer:
                    tx.flush()
                    check()
                    return answer
        return self._follow(received, check).answer

    def take(self, hook: Webhook, given: str | None) -> None:
        """Takes in what was answered without us, with ``given``: it tells where the call stands,
        and there is nothing left to decide. Twice is once. Raises only the database's trouble.
        """
        self._take(hook, Given(given))

    def fill_in(self, hook: Webhook, instead_of: str | None) -> Sequence[RepairKind]:
        """The same for a report that was made from the carrier's list, and what it has repaired.
        ``instead_of``: the key of the one that was kept, and that it counts instead of.
        """
        return self._take(hook, Given(None, instead_of))

    def _take(self, hook: Webhook, given: Given) -> Sequence[RepairKind]:
        try:
            received = self.read(hook)
        except UnreadableError as why:
            self.set_aside(hook, str(why), given.answer)
            return ()
        return self._follow(received, _no_hurry, given).repaired

    def set_aside(self, hook: Webhook, reason: str, given: str | None = None) -> None:
        """Keeps what is signed and not understood; ``given``: what was answered to it."""
        with suppress(DuplicateError), self.database.hot() as tx:
            set_aside.put(tx, _set_aside(hook, reason, given))

    def _single(self, hook: Webhook) -> Form:
        """One value a name: the signature cannot tell which of two was meant."""
        form = hook.form
        if len(form) != len(hook.fields):
            raise UnreadableError("a parameter came twice")
        if form.get("AccountSid") != self.account_sid:
            raise UnreadableError("AccountSid is not ours")
        return form

    def _follow(self, received: Received, check: Check, given: Given | None = None) -> _Taken:
        try:
            return self._followed(received, check, given)
        except DuplicateError:  # by the version before, which takes no turns, during a deploy
            return self._followed(received, check, given)

    def _followed(self, received: Received, check: Check, given: Given | None) -> _Taken:
        told = Reported(received.report, self.addresses, self.default_destination, given)
        with self.database.hot() as tx:
            followed = follow_call(tx, told, received.at)
            if followed is None:
                callbook.take_turn(tx, received.report.sid)
                followed = follow_call(tx, told, received.at)
            if followed is None:
                followed = self._begin(tx, received, told)
            elif _rings_anew(received, followed):
                followed = self._rematched(tx, received, followed)
            if followed:
                self._pass_on(tx, followed, received.at)
                taken = _Taken(followed.answer, followed.repaired)
            else:
                taken = _Taken(_keep_for_later(tx, received, given))
            tx.flush()
            check()
        return taken

    def _begin(self, tx: HotTransaction, received: Received, told: Reported) -> Followed | None:
        """None for what is told of a leg: it does not say enough of its call."""
        ring, now = self._ringing(received), received.at
        if received.report.kind == "ring" and told.given is None:
            return catch_up(tx, told, answer_call(tx, self.mint, ring, now))
        if not received.is_of_callers_side:
            return None
        adopt_call(tx, self.mint, ring, min(now, received.rang_at))
        return follow_call(tx, told, now)

    def _rematched(self, tx: HotTransaction, received: Received, found: Followed) -> Followed:
        rang_at = min(received.at, received.rang_at)
        rematch_call(tx, found.call.id, self._ringing(received), rang_at)
        call = lock_by_sid(tx, found.call.sid) or found.call
        return replace(found, call=call, ended=call.course.state == State.ENDED, changed=True)

    def _pass_on(self, tx: HotTransaction, followed: Followed, now: datetime) -> None:
        """To whom it concerns that a call has ended, or that more is known of one that had."""
        if followed.ended:
            attribute_call(tx, followed.call)
        if followed.changed:
            tell_call(tx, self.mint, followed.call, now)

    def _ringing(self, received: Received) -> Ringing:
        return Ringing(received.inbound, received.report, self.addresses, self.default_destination)


def _rings_anew(received: Received, found: Followed) -> bool:
    """Whether it knows better when the call rang than what the call was taken up from."""
    if received.report.kind != "ring" or found.call.decision is not None:
        return False
    return found.took_place or received.rang_at < found.call.rung_at


def _no_hurry() -> None:
    """Nobody waits for an answer."""


def _keep_for_later(tx: HotTransaction, received: Received, given: Given | None) -> str | None:
    """Of a leg whose call has no row yet."""
    whispered = twiml.whisper("") if received.report.kind == "whisper" else None
    answer = given.answer if given else whispered
    return keep_report(tx, received.report, answer, received.at)


def _set_aside(hook: Webhook, reason: str, given: str | None) -> NewSetAside:
    """All forms that one signature fits are one: nobody makes many of one that they overheard."""
    signed = json.dumps([hook.kind, hook.leg, signed_text(hook.fields)])
    return NewSetAside(
        fingerprint=hashlib.sha256(signed.encode()).hexdigest(),
        kind=hook.kind,
        leg=None if hook.leg is None else _storable(hook.leg),
        fields=[list(pair) for pair in hook.fields],
        given=given,
        received_at=hook.at,
        reason=_storable(reason),
    )


def _storable(text: str) -> str:
    """PostgreSQL's text cannot hold NUL."""
    return text.replace("\x00", "")

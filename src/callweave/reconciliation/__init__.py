"""Our calls against the carrier's list: what never arrived is filled in, and counted.

The list is asked for outside of transactions. What is lacking goes through the intake as the
reports that should have brought it (docs/decisions/0011), each in a transaction of its own, so a
comparison that breaks off leaves nothing half done and the next one goes on from there.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Protocol

from callweave.domain.calls import RepairKind
from callweave.intake import Intake, Webhook
from callweave.reconciliation.families import Family, families, has_ended
from callweave.reconciliation.lacking import Lacking, differs, lacking, unknown
from callweave.reconciliation.messages import may_have_left_one, untold
from callweave.storage import repairs
from callweave.storage.database import is_trouble
from callweave.storage.repairs import KnownCall
from callweave.telephony.carrier import (
    CarrierCall,
    CarrierError,
    CarrierMessage,
    CarrierNumber,
    Unreadable,
)
from callweave.telephony.filled_in import mark

# Longer than a call can be: attempts, four hours of talk (the carrier's limit), a message.
LONGEST_CALL = timedelta(hours=5)
# Callbacks may be this late without anything being wrong.
GRACE = timedelta(minutes=2)
# A call that is still open after so long is asked for by name.
FORGOTTEN = timedelta(hours=24)
MOST_FORGOTTEN = 200
# Calls that nobody took are asked about one by one, and asked about again for some minutes.
MOST_ASKED = 200
# So many in a row that the carrier does not tell of are no longer the fault of one call.
MOST_REFUSALS = 3
LOT = 1000

log = logging.getLogger(__name__)


class Carrier(Protocol):
    """What a comparison asks; see telephony.carrier.CarrierApi."""

    def calls(
        self, since: datetime, until: datetime | None = None
    ) -> Iterable[CarrierCall | Unreadable]: ...

    def call(self, sid: str) -> CarrierCall | Unreadable | None: ...

    def legs(self, sid: str) -> Iterable[CarrierCall | Unreadable]: ...

    def messages(self, sid: str) -> Iterable[CarrierMessage]: ...

    def numbers(self) -> Iterable[CarrierNumber]: ...


@dataclass(slots=True)
class Repairs:
    """How many calls of the carrier were looked at, what was repaired for the first time, and how
    many could not be compared: each of those is in the log.
    """

    compared: int = 0
    by_kind: Counter[RepairKind] = field(default_factory=Counter)
    unreadable: int = 0


def reconcile(intake: Intake, carrier: Carrier, since: datetime, now: datetime) -> Repairs:
    """Compares the calls that ended at ``since`` or later. Raises CarrierError where the carrier
    does not answer, and the database's trouble; what was repaired until then stays.
    """
    comparison = Comparison(intake, carrier, now)
    comparison.read(since - LONGEST_CALL)
    comparison.ask_for_forgotten()
    return comparison.repairs


@dataclass(slots=True)
class Comparison:
    """``ours`` and ``pointing_to_us``: numbers, since when, once they were asked for. ``newest``
    and ``unsettled``: when the last call of the list began, and the first whose end is to come.
    ``asked``: about how many calls for messages alone; None when the carrier does not say.
    """

    intake: Intake
    carrier: Carrier
    now: datetime
    repairs: Repairs = field(default_factory=Repairs)
    newest: datetime | None = None
    unsettled: datetime | None = None
    asked: int | None = 0
    ours: Mapping[str, datetime] | None = None
    pointing_to_us: Mapping[str, datetime] | None = None

    def read(self, since: datetime, until: datetime | None = None) -> None:
        """All calls that began within."""
        last = until + LONGEST_CALL if until else None  # of their legs
        for lot in families(self._readable(self.carrier.calls(since, last)), LOT):
            self.compare([each for each in lot if until is None or each.call.started_at < until])

    def compare(self, lot: Sequence[Family]) -> None:
        """One that cannot be compared keeps no other from it."""
        try:
            self._compare(lot)
        except Exception as error:
            if isinstance(error, CarrierError) or is_trouble(error):
                raise
            if len(lot) == 1:
                log.exception("a call cannot be compared", extra={"call": lot[0].call.sid})
                self.repairs.unreadable += 1
            else:
                self.compare(lot[: len(lot) // 2])
                self.compare(lot[len(lot) // 2 :])

    def ask_for_forgotten(self) -> None:
        """Some at a time, and each time others, however many there are."""
        with self.intake.database.reading() as session:
            sids = repairs.open_calls(session, self.now - FORGOTTEN)
        begin = int(self.now.timestamp()) // 60 * MOST_FORGOTTEN % max(1, len(sids))
        refusals = 0
        for sid in islice(cycle(sids), begin, begin + min(MOST_FORGOTTEN, len(sids))):
            try:
                self._ask_for(sid)
            except CarrierError as error:
                refusals += 1
                if refusals == MOST_REFUSALS:
                    raise
                self._leave_out(sid, str(error))
            else:
                refusals = 0

    def _ask_for(self, sid: str) -> None:
        call = self.carrier.call(sid)
        if isinstance(call, Unreadable):
            self._leave_out(sid, call.why)
        elif call:
            self.compare([Family(call, tuple(self._readable(self.carrier.legs(sid))))])
        else:
            with self.intake.database.reading() as session:
                kept = repairs.kept_reports(session, [sid])[sid]
            self._take(sid, [unknown(sid, kept)])

    def _compare(self, lot: Iterable[Family]) -> None:
        """Two questions to the database for a lot that is as it should be."""
        over = {each.call.sid: each for each in lot if self._is_due(each.call)}
        if not over:
            return
        with self.intake.database.reading() as session:
            known = repairs.known_calls(session, over.keys())
        other = {
            sid: family
            for sid, family in over.items()
            if differs(family, known.get(sid)) and (sid in known or self._is_ours(family.call))
        }
        left = {
            sid: self._messages(family, known.get(sid), is_right=sid not in other)
            for sid, family in over.items()
            if sid in known or sid in other
        }
        lacks = [sid for sid in over if sid in other or left.get(sid)]
        if lacks:
            with self.intake.database.reading() as session:
                kept = repairs.kept_reports(session, lacks)
            for sid in lacks:
                filled = lacking(over[sid], known.get(sid), kept[sid])
                self._take(sid, [*filled, *untold(over[sid].call, left[sid], kept[sid])])
        self.repairs.compared += len(over)

    def _messages(
        self, family: Family, known: KnownCall | None, *, is_right: bool
    ) -> Sequence[CarrierMessage]:
        """A carrier that does not tell of messages keeps nothing else from being repaired. However
        many calls nobody took, a comparison comes to its end; one that is repaired is asked about.
        """
        if self.asked is None or not may_have_left_one(family, known):
            return ()
        if is_right and self.asked == MOST_ASKED:
            return ()
        self.asked += is_right
        try:
            return list(self.carrier.messages(family.call.sid))
        except CarrierError as error:
            log.warning("the carrier does not tell of messages", extra={"why": str(error)})
            self.asked = None
            return ()

    def _readable(self, lines: Iterable[CarrierCall | Unreadable]) -> Iterator[CarrierCall]:
        for line in lines:
            if isinstance(line, Unreadable):
                self._leave_out(line.sid, line.why)
            else:
                self.newest = max(self.newest or line.started_at, line.started_at)
                yield line

    def _leave_out(self, sid: str, why: str) -> None:
        log.warning("the carrier does not tell of a call", extra={"call": sid, "why": why})
        self.repairs.unreadable += 1

    def _take(self, sid: str, reports: Sequence[Lacking]) -> None:
        for report in reports:
            form = {**report.form, **mark(report.why), "AccountSid": self.intake.account_sid}
            hook = Webhook(report.kind, report.leg, tuple(form.items()), self.now)
            new = self.intake.fill_in(hook, report.instead_of)
            self.repairs.by_kind.update(new)
            if new:
                log.warning("repaired from the carrier's list", extra={"call": sid, "repairs": new})

    def _is_due(self, call: CarrierCall) -> bool:
        """An end that lies ahead of us says that clocks differ, and nothing about lateness."""
        if call.direction != "inbound":
            return False
        ended_at = call.ended_at if has_ended(call) else None
        if ended_at is None or timedelta(0) <= self.now - ended_at < GRACE:
            self.unsettled = min(self.unsettled or call.started_at, call.started_at)
            return False
        return True

    def _is_ours(self, call: CarrierCall) -> bool:
        """Whether the number was ours when it rang: what rang before is not a call of ours."""
        if self.ours is None:
            with self.intake.database.reading() as session:
                self.ours = repairs.our_numbers(session)
        if call.to in self.ours:
            return self.ours[call.to] <= call.started_at
        if self.pointing_to_us is None:
            base = self.intake.addresses.base + "/"
            self.pointing_to_us = {
                number.e164: number.changed_at
                for number in self.carrier.numbers()
                if number.settings.voice_url.startswith(base)
            }
        since = self.pointing_to_us.get(call.to)
        return since is not None and since <= call.started_at

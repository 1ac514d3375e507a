"""Our calls against the carrier's list: what never arrived is filled in, and counted.

The list is asked for outside of transactions. What is lacking goes through the intake as the
reports that should have brought it (docs/decisions/0011), each in a transaction of its own, so a
comparison that breaks off leaves nothing half done and the next one goes on from there.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from callweave.intake import Intake, Webhook
from callweave.reconciliation.families import Family, families, has_ended
from callweave.reconciliation.lacking import Lacking, RepairKind, differs, lacking, unknown
from callweave.storage import repairs
from callweave.telephony.carrier import CarrierCall, CarrierNumber

# Longer than a call can be: attempts, four hours of talk (the carrier's limit), a message.
LONGEST_CALL = timedelta(hours=5)
# Callbacks may be this late without anything being wrong.
GRACE = timedelta(minutes=2)
# A call that is still open after so long is asked for by name.
FORGOTTEN = timedelta(hours=24)
MOST_FORGOTTEN = 200
LOT = 1000

log = logging.getLogger(__name__)


class Carrier(Protocol):
    """What a comparison asks; see telephony.carrier.CarrierApi."""

    def calls(self, since: datetime) -> Iterable[CarrierCall]: ...

    def call(self, sid: str) -> CarrierCall | None: ...

    def legs(self, sid: str) -> Iterable[CarrierCall]: ...

    def numbers(self) -> Iterable[CarrierNumber]: ...


@dataclass(slots=True)
class Repairs:
    """How many calls of the carrier were looked at, and what was repaired for the first time."""

    compared: int = 0
    by_kind: Counter[RepairKind] = field(default_factory=Counter)


def reconcile(intake: Intake, carrier: Carrier, since: datetime, now: datetime) -> Repairs:
    """Compares the calls that ended at ``since`` or later. Raises CarrierError where the carrier
    does not answer, and the database's trouble; what was repaired until then stays.
    """
    comparison = _Comparison(intake, carrier, now)
    for lot in families(carrier.calls(since - LONGEST_CALL), LOT):
        comparison.compare(lot)
    comparison.ask_for_forgotten()
    return comparison.repairs


@dataclass(slots=True)
class _Comparison:
    """``ours`` and ``pointing_to_us``: numbers, since when, once they were asked for."""

    intake: Intake
    carrier: Carrier
    now: datetime
    repairs: Repairs = field(default_factory=Repairs)
    ours: Mapping[str, datetime] | None = None
    pointing_to_us: Mapping[str, datetime] | None = None

    def compare(self, lot: Iterable[Family]) -> None:
        """Two questions to the database for a lot that is as it should be."""
        over = {each.call.sid: each for each in lot if self._is_due(each)}
        if not over:
            return
        self.repairs.compared += len(over)
        with self.intake.database.reading() as session:
            known = repairs.known_calls(session, over.keys())
        other = {
            sid: family
            for sid, family in over.items()
            if differs(family, known.get(sid)) and (sid in known or self._is_ours(family.call))
        }
        if not other:
            return
        with self.intake.database.reading() as session:
            kept = repairs.kept_reports(session, other.keys())
        for sid, family in other.items():
            self._take(sid, list(lacking(family, known.get(sid), kept[sid])))

    def ask_for_forgotten(self) -> None:
        database = self.intake.database
        with database.reading() as session:
            sids = repairs.open_calls(session, self.now - FORGOTTEN, MOST_FORGOTTEN)
        for sid in sids:
            call = self.carrier.call(sid)
            if call is not None:
                self.compare([Family(call, tuple(self.carrier.legs(sid)))])
                continue
            with database.reading() as session:
                kept = repairs.kept_reports(session, [sid])[sid]
            self._take(sid, [unknown(sid, kept)])

    def _take(self, sid: str, reports: Sequence[Lacking]) -> None:
        for report in reports:
            if report.instead_of is not None:
                with self.intake.database.writing() as session:
                    repairs.withdraw(session, report.instead_of)
            form = {**report.form, "AccountSid": self.intake.account_sid}
            self.intake.take(
                Webhook(report.kind, report.leg, tuple(form.items()), self.now), given=None
            )
        self._record(sid, list(dict.fromkeys(report.why for report in reports)))

    def _record(self, sid: str, kinds: Sequence[RepairKind]) -> None:
        """A call of which nothing was known lacks everything else as well: that is one repair."""
        if RepairKind.CALL_MISSING in kinds:
            kinds = [RepairKind.CALL_MISSING]
        with self.intake.database.writing() as session:
            new = repairs.record(session, sid, kinds, self.now)
        self.repairs.by_kind.update(RepairKind(kind) for kind in new)
        if new:
            log.warning("repaired from the carrier's list", extra={"call": sid, "repairs": new})

    def _is_due(self, family: Family) -> bool:
        """An end that lies ahead of us says that clocks differ, and nothing about lateness."""
        call = family.call
        if call.direction != "inbound" or call.ended_at is None or not has_ended(call):
            return False
        return not timedelta(0) <= self.now - call.ended_at < GRACE

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

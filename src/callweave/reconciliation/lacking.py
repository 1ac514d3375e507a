"""What our record of a call lacks, as the very reports that should have brought it.

Made so that a callback that still comes has the same key, and takes its place.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from callweave.domain.calls import LegResult, RepairKind, State, Status
from callweave.reconciliation.families import Family, has_ended, picked_up
from callweave.storage.repairs import Kept, KnownCall, KnownLeg
from callweave.telephony.carrier import CarrierCall
from callweave.telephony.filled_in import is_filled_in
from callweave.telephony.legs import leg_sid
from callweave.telephony.twiml import FALLBACK_LEG

DEFAULT_DESTINATION = int(FALLBACK_LEG)
_RESULTS: Mapping[str, Collection[str | None]] = {
    Status.COMPLETED: {LegResult.TALKED, LegResult.NOT_JOINED},
    Status.BUSY: {LegResult.BUSY},
    Status.NO_ANSWER: {LegResult.NO_ANSWER},
    Status.FAILED: {LegResult.FAILED},
    Status.CANCELED: {LegResult.CANCELED},
}


@dataclass(frozen=True, slots=True)
class Lacking:
    """A report to take in; without ``why`` it goes with another. ``instead_of``: the key of the
    one that was kept and is wrong.
    """

    why: RepairKind | None
    kind: str
    leg: str | None
    form: Mapping[str, str]
    instead_of: str | None = None


def differs(family: Family, known: KnownCall | None) -> bool:
    """Whether our rows tell another story; if they do, the reports that made them are looked at."""
    if known is None or known.state != State.ENDED or _another_length(family.call, known):
        return True
    rows = {row.position: row for row in known.legs}
    return any(
        _tells_otherwise(family, leg, rows.get(position))
        for position, leg in _positions(family, known, ()).items()
    )


def lacking(family: Family, known: KnownCall | None, kept: Sequence[Kept]) -> Iterator[Lacking]:
    """In the order in which they would have come."""
    if known is None:
        yield Lacking(RepairKind.CALL_MISSING, "ring", None, _ring_form(family.call))
    yield from _of_legs(family, known, kept)
    if known is None or known.state != State.ENDED or _another_length(family.call, known):
        yield from _last_word(family.call, None, kept, RepairKind.END_MISSING)


def unknown(sid: str, kept: Sequence[Kept]) -> Lacking:
    """It failed, as far as anybody can know, when the last was heard of it."""
    form = {"CallSid": sid, "CallStatus": Status.FAILED.value}
    if kept:
        form["Timestamp"] = format_datetime(max(report.received_at for report in kept))
    return Lacking(RepairKind.UNKNOWN_TO_CARRIER, "status", None, form)


def _another_length(call: CarrierCall, known: KnownCall) -> bool:
    return call.duration_s is not None and call.duration_s != known.duration_s


def _tells_otherwise(family: Family, leg: CarrierCall, row: KnownLeg | None) -> bool:
    if not has_ended(leg):
        return False
    if row is None or row.result not in _RESULTS[leg.status]:
        return True
    if leg.status != Status.COMPLETED:
        return False
    talked = family.bridged(leg)
    return (leg.duration_s is not None and leg.duration_s != row.duration_s) or (
        talked is not None and talked != (row.result == LegResult.TALKED)
    )


def _positions(
    family: Family, known: KnownCall | None, kept: Sequence[Kept]
) -> Mapping[int, CarrierCall]:
    """Which attempt of ours each leg of the list is: by its own sid where a report has told it,
    else by the phone that it rang, in order. A phone that we did not choose was rung for the
    default destination; of several of those the one that was talked on the longest.
    """
    told = _sids_told(kept)
    found = {told[leg.sid]: leg for leg in family.legs if leg.sid in told}
    strangers: list[CarrierCall] = []
    for leg in family.legs:
        if leg.sid in told:
            continue
        rows = (row.position for row in (known.legs if known else ()) if _is_same(row, leg))
        free = next((position for position in rows if position not in found), None)
        if free is None:
            strangers.append(leg)
        else:
            found[free] = leg
    if strangers and DEFAULT_DESTINATION not in found:
        found[DEFAULT_DESTINATION] = max(strangers, key=lambda leg: leg.duration_s or 0)
    return found


def _sids_told(kept: Sequence[Kept]) -> Mapping[str, int]:
    came_last = sorted(kept, key=lambda report: not is_filled_in(report.form))
    return {
        sid: int(report.leg)
        for report in came_last
        if report.leg is not None and (sid := leg_sid(report.kind, report.leg, report.form))
    }


def _is_same(row: KnownLeg, leg: CarrierCall) -> bool:
    return _plain(row.endpoint) == _plain(leg.to)


def _plain(endpoint: str) -> str:
    """SIP addresses may come back with parameters, and in other letters."""
    return endpoint.partition(";")[0].lower()


def _of_legs(family: Family, known: KnownCall | None, kept: Sequence[Kept]) -> Iterator[Lacking]:
    """Statuses of the legs that our rows tell otherwise. Whatever is added to the story of a call
    can change what was presumed of its other legs, so with it comes all that the list knows.
    """
    legs = _positions(family, known, kept)
    rows = {row.position: row for row in known.legs} if known else {}
    others = {at: leg for at, leg in legs.items() if _tells_otherwise(family, leg, rows.get(at))}
    for position, leg in others.items():
        of_leg = [report for report in kept if report.leg == str(position)]
        if not of_leg:
            form = _form(leg, Status.INITIATED, leg.started_at) | {"SequenceNumber": "0"}
            yield Lacking(None, "status", str(position), form)
        yield from _last_word(leg, str(position), of_leg, RepairKind.LEG_MISSING)
    told = {report.leg for report in kept if report.kind == "dialled"}
    for position, leg in legs.items() if others else ():
        bridged = family.bridged(leg)
        if picked_up(leg) and bridged is not None and str(position) not in told:
            form = _dialled_form(family.call, leg, bridged=bridged)
            yield Lacking(RepairKind.DIAL_MISSING, "dialled", str(position), form)


def _last_word(
    call: CarrierCall, position: str | None, kept: Sequence[Kept], why: RepairKind
) -> Iterator[Lacking]:
    statuses = [report for report in kept if report.kind == "status" and report.leg == position]
    last = next((report for report in statuses if _is_last(report)), None)
    form = _form(call, Status(call.status), call.ended_at or call.started_at)
    form |= {"SequenceNumber": str(len(statuses)), "CallDuration": str(call.duration_s or 0)}
    if last is None:
        yield Lacking(why, "status", position, form)
    elif call.duration_s is not None and last.form.get("CallDuration") != form["CallDuration"]:
        yield Lacking(RepairKind.DURATION_WRONG, "status", position, form, instead_of=last.key)


def _is_last(report: Kept) -> bool:
    """A version that is newer may have kept statuses that this one does not know."""
    status = report.form.get("CallStatus")
    return status in set(Status) and Status(status).is_last


def _ring_form(call: CarrierCall) -> dict[str, str]:
    return _form(call, Status.RINGING, call.started_at)


def _dialled_form(call: CarrierCall, leg: CarrierCall, *, bridged: bool) -> dict[str, str]:
    """Without CallStatus: who of the two hung up is not in the list."""
    form = _form(call, Status.COMPLETED, leg.ended_at or call.started_at)
    del form["CallStatus"]
    return form | {
        "DialCallSid": leg.sid,
        "DialCallStatus": leg.status,
        "DialCallDuration": str(leg.duration_s or 0),
        "DialBridged": str(bridged).lower(),
    }


def _form(call: CarrierCall, status: Status, at: datetime) -> dict[str, str]:
    form = {
        "CallSid": call.sid,
        "CallStatus": status.value,
        "Direction": call.direction,
        "From": call.from_,
        "To": call.to,
        "Timestamp": format_datetime(at),
    }
    return form | ({"ParentCallSid": call.parent_sid} if call.parent_sid else {})

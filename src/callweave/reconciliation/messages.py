"""Messages that callers left and of which nothing was told: the list of calls does not say."""

from collections.abc import Iterable, Iterator, Sequence
from email.utils import format_datetime

from callweave.domain.calls import RepairKind, Result, Status
from callweave.reconciliation.families import Family
from callweave.reconciliation.lacking import Lacking
from callweave.storage.repairs import Kept, KnownCall
from callweave.telephony.carrier import CarrierCall, CarrierMessage


def may_have_left_one(family: Family, known: KnownCall | None) -> bool:
    """Whether something took the call, for all that we know no person and no voicemail."""
    call, result = family.call, known.result if known else None
    if call.status != Status.COMPLETED or not call.duration_s or result == Result.VOICEMAIL:
        return False
    nobody_talked = all(family.bridged(leg) is False for leg in family.legs)
    return result == Result.MISSED or nobody_talked


def untold(
    call: CarrierCall, messages: Iterable[CarrierMessage], kept: Sequence[Kept]
) -> Iterator[Lacking]:
    told = {report.form.get("RecordingSid") for report in kept}
    for message in messages:
        if message.sid not in told:
            form = _form(call, message)
            yield Lacking(RepairKind.MESSAGE_MISSING, "recording", None, form)


def _form(call: CarrierCall, message: CarrierMessage) -> dict[str, str]:
    return {
        "CallSid": call.sid,
        "RecordingSid": message.sid,
        "RecordingUrl": message.url,
        "RecordingDuration": str(message.duration_s),
        "RecordingStatus": "completed",
        "RecordingSource": "RecordVerb",
        "Timestamp": format_datetime(call.ended_at or call.started_at),
    }

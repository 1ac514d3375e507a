"""What was filled in from the carrier's list gives way to the very report, which may still wait on
some host's disk. Until then it counts as a repair of the call.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from callweave.domain.calls import RepairKind, Status
from callweave.storage import repairs
from callweave.storage.callbook import NewReport
from callweave.storage.followed import KeptReport
from callweave.storage.prepared import HotTransaction
from callweave.telephony.callbacks import is_of_callers_side
from callweave.telephony.filled_in import filled_in_for, is_filled_in
from callweave.telephony.legs import leg_sid


class _Told(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def leg(self) -> str | None: ...

    @property
    def form(self) -> Mapping[str, str]: ...


def gives_way(kept: KeptReport, report: NewReport) -> bool:
    """Whether ``kept`` was made up for want of ``report``. The carrier's figure is no such thing:
    it was put in the place of one that had come.
    """
    if not is_filled_in(kept.form) or is_filled_in(report.form):
        return False
    if _places_elsewhere(kept, report):
        return True
    if filled_in_for(kept.form) is RepairKind.DURATION_WRONG:
        return False
    return kept.key == report.key or _tells_the_same(kept, report)


def is_told_elsewhere(kept: Iterable[KeptReport], report: NewReport) -> bool:
    """Whether ``report`` was made up for a leg of which a report had come, for another attempt:
    since the list was read for it.
    """
    came = (each for each in kept if not is_filled_in(each.form))
    return is_filled_in(report.form) and any(_places_elsewhere(each, report) for each in came)


def _places_elsewhere(one: KeptReport, other: NewReport) -> bool:
    """The list names the phone that was rung, and not for which attempt of ours."""
    sid = leg_sid(other.kind, other.leg, other.form)
    is_of_it = sid is not None and sid == leg_sid(one.kind, one.leg, one.form)
    return is_of_it and one.leg != other.leg


def _tells_the_same(kept: KeptReport, report: NewReport) -> bool:
    """The end of a dial tells all that the list knows of its leg."""
    match report.kind:
        case "dialled":
            return kept.leg == report.leg
        case "status":
            same = kept.kind == "status" and kept.leg == report.leg
            return same and _is_last(kept) and _is_last(report)
        case "voicemail" | "fallback" if "RecordingSid" in report.form:
            return kept.form.get("RecordingSid") == report.form["RecordingSid"]
        case _:
            return False


def _is_last(told: _Told) -> bool:
    return Status(told.form["CallStatus"]).is_last


def count_repairs(
    tx: HotTransaction, call: str, before: Iterable[KeptReport], after: Iterable[KeptReport]
) -> Sequence[RepairKind]:
    """Records what is a repair now, and takes back what no longer is; returns what is new."""
    were, are = _repairs(before), _repairs(after)
    if were.keys() == are.keys():
        return []
    repairs.take_back(tx, call, were.keys() - are.keys())
    new = {kind: at for kind, at in are.items() if kind not in were}
    return repairs.record(tx, call, new)


def _repairs(reports: Iterable[KeptReport]) -> Mapping[RepairKind, datetime]:
    """By kind, since when: a report that has waited on a disk says when it was told to us, which is
    before its call was repaired. A call of which nothing was known lacks everything else as well:
    that is one repair.
    """
    told = list(reports)
    kinds = {
        why: each.received_at
        for each in sorted(told, key=lambda each: each.received_at, reverse=True)
        if (why := filled_in_for(each.form))
    }
    missing_since = kinds.pop(RepairKind.CALL_MISSING, None)
    if missing_since is None:
        return kinds
    came = (each for each in told if not is_filled_in(each.form))
    if any(is_of_callers_side(each.kind, each.leg, each.form) for each in came):
        return kinds
    return {RepairKind.CALL_MISSING: missing_since}

"""The mark on a report that the carrier never sent and that stands for one: what it is for."""

from collections.abc import Mapping

from callweave.domain.calls import RepairKind

MARK = "Callweave-Filled-In"


def mark(why: RepairKind | None) -> Mapping[str, str]:
    """A field of its form; without ``why`` it only goes with another one, which has it."""
    return {MARK: why or ""}


def is_filled_in(form: Mapping[str, str]) -> bool:
    return MARK in form


def filled_in_for(form: Mapping[str, str]) -> RepairKind | None:
    """A version that is newer may know kinds that this one does not."""
    why = form.get(MARK)
    return RepairKind(why) if why in set(RepairKind) else None

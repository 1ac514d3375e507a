"""What a comparison with the carrier's list reads of our calls, and what it writes down."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, bindparam, delete, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from callweave.domain.calls import RepairKind
from callweave.storage.base import Base
from callweave.storage.calls import OPEN, Call, CallReport, Leg, Repair
from callweave.storage.numbers import Number
from callweave.storage.prepared import HotTransaction, Prepared


class Bookmark(Base):
    """How far the carrier's list has been compared: what began before ``at``, by the carrier's
    clock. ``swept_on``: the day (UTC, our clock) of the last look further back. One row.
    """

    __tablename__ = "bookmarks"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    swept_on: Mapped[date] = mapped_column(Date)


_ONLY = 1
_KINDS = Prepared(select(Repair.kind).where(Repair.call_id == bindparam("call")))
_RECORD = Prepared(
    insert(Repair).values(call_id=bindparam("call"), kind=bindparam("kind"), at=bindparam("now"))
)
_TAKE_BACK = Prepared(
    delete(Repair).where(Repair.call_id == bindparam("call"), Repair.kind == bindparam("kind"))
)


@dataclass(frozen=True, slots=True)
class KnownLeg:
    """``result`` and ``duration_s``: see storage.calls.Leg."""

    position: int
    endpoint: str
    result: str | None
    duration_s: int | None


@dataclass(frozen=True, slots=True)
class KnownCall:
    """``legs`` in the order of their positions."""

    state: str
    result: str | None
    duration_s: int | None
    legs: tuple[KnownLeg, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A report that was accepted."""

    key: str
    kind: str
    leg: str | None
    form: Mapping[str, str]
    received_at: datetime


def known_calls(session: Session, sids: Collection[str]) -> Mapping[str, KnownCall]:
    calls = select(Call.id, Call.sid, Call.state, Call.result, Call.duration_s).where(
        Call.sid.in_(sids)
    )
    legs = (
        select(Leg.call_id, Leg.position, Leg.endpoint, Leg.result, Leg.duration_s)
        .join(Call, Call.id == Leg.call_id)
        .where(Call.sid.in_(sids))
        .order_by(Leg.position)
    )
    of_call: defaultdict[str, list[KnownLeg]] = defaultdict(list)
    for call, position, endpoint, result, seconds in session.execute(legs):
        of_call[call].append(KnownLeg(position, endpoint, result, seconds))
    return {
        sid: KnownCall(state, result, duration_s, tuple(of_call[call]))
        for call, sid, state, result, duration_s in session.execute(calls)
    }


def kept_reports(session: Session, sids: Collection[str]) -> Mapping[str, Sequence[Kept]]:
    """In the order in which they came; every call asked for is there."""
    found: dict[str, list[Kept]] = {sid: [] for sid in sids}
    asked = select(CallReport).where(CallReport.call_sid.in_(sids)).order_by(CallReport.id)
    for row in session.scalars(asked):
        kept = Kept(row.key, row.kind, row.leg, row.form, row.received_at)
        found[row.call_sid].append(kept)
    return found


def our_numbers(session: Session) -> Mapping[str, datetime]:
    """Since when each of them is ours."""
    rows = session.execute(select(Number.e164, Number.created_at))
    return {row.e164: row.created_at for row in rows}


def open_calls(session: Session, rung_before: datetime) -> Sequence[str]:
    """Carrier's ids of calls that rang long ago and have no end; the oldest first. By the index of
    what is open, which is found only by the very words that it is made with.
    """
    asked = (
        select(Call.sid)
        .where(text(OPEN), Call.rung_at < rung_before)
        .order_by(Call.rung_at, Call.id)
    )
    return list(session.scalars(asked))


def bookmark(session: Session) -> Bookmark | None:
    """None before the first comparison."""
    return session.get(Bookmark, _ONLY)


def turn_to(session: Session, at: datetime, swept_on: date) -> None:
    session.merge(Bookmark(id=_ONLY, at=at, swept_on=swept_on))


def record(
    tx: HotTransaction, call: str, kinds: Mapping[RepairKind, datetime]
) -> Sequence[RepairKind]:
    """By kind, when it was repaired; the kinds that are new to this call, which is locked."""
    known = {kind for (kind,) in tx.rows(_KINDS, call=call)} if kinds else set()
    new = sorted(kinds.keys() - known)
    for kind in new:
        tx.run(_RECORD, call=call, kind=kind, now=kinds[kind])
    return new


def take_back(tx: HotTransaction, call: str, kinds: Iterable[str]) -> None:
    """Of a call that lacks nothing of the kind after all."""
    for kind in kinds:
        tx.run(_TAKE_BACK, call=call, kind=kind)

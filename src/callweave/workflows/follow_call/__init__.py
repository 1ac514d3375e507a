"""The carrier reports on a call: keep it, see where the call stands, say what comes next."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.domain.calls import (
    FALLBACK_LEG,
    LegLife,
    LegResult,
    LegState,
    Life,
    Report,
    State,
    follow,
    may_move,
    may_move_leg,
)
from callweave.storage import callbook, repairs, ringing
from callweave.storage.callbook import NewReport
from callweave.storage.calls import Call, CallReport, Leg
from callweave.storage.prepared import HotTransaction
from callweave.telephony.callbacks import UnreadableError, read_report
from callweave.telephony.fallbacks import is_ring_unfetched
from callweave.workflows.follow_call.answers import Turn, answer_report
from callweave.workflows.follow_call.reported import Given, Reported, default_destination

__all__ = ["Followed", "Given", "Reported", "catch_up", "follow_call", "keep_report"]

# The carrier ends every talk after four hours (its default timeLimit).
LONGEST_TALK = timedelta(hours=4)
FALLBACK = int(FALLBACK_LEG)


@dataclass(frozen=True, slots=True)
class Followed:
    """``answer``: the TwiML, or None where the carrier asks for none. ``ended``: just now, or with
    something else to be told of it than when it did.
    """

    call: Call
    answer: str | None
    ended: bool


def follow_call(
    session: Session, tx: HotTransaction, told: Reported, now: datetime
) -> Followed | None:
    """None when we have no row of this call; the same answer again for the same report."""
    call = session.scalars(
        select(Call).where(Call.sid == told.report.sid).with_for_update()
    ).one_or_none()
    if call is None:
        return None
    if told.given and told.given.instead_of:
        repairs.withdraw(session, call.sid, told.given.instead_of)
    kept = ringing.kept_answer(tx, call.sid, told.report.key)
    if kept:
        return Followed(call, kept[0], ended=False)
    reports = [*_kept_reports(session, call.sid), _read(told.report, now)]
    turn, ended = _catch_up(session, tx, call, follow(reports), told, now)
    answer = told.given.answer if told.given else answer_report(turn)
    callbook.write_report(tx, told.report, answer, now)
    return Followed(call, answer, ended)


def catch_up(session: Session, tx: HotTransaction, told: Reported, answer: str) -> Followed:
    """For a ring that came after reports on its legs, which were kept until there was a call."""
    call = session.scalars(select(Call).where(Call.sid == told.report.sid)).one()
    life = follow(_kept_reports(session, call.sid))
    _, ended = _catch_up(session, tx, call, life, told, call.rung_at)
    return Followed(call, answer, ended)


def _catch_up(
    session: Session, tx: HotTransaction, call: Call, life: Life, told: Reported, now: datetime
) -> tuple[Turn, bool]:
    """What is stored of the call becomes what is known; and whether that has just ended it."""
    ended = call.state != State.ENDED and life.state is State.ENDED
    legs = _legs(session, call, life, told)
    _write_life(call, legs, life)
    session.flush()
    _free_agents(tx, call, legs, life)
    if told.report.kind == "fallback" and is_ring_unfetched(told.report.form):
        _free_unrung(tx, call, legs, life)
    return Turn(session, tx, call, legs, life, told, now), ended


def _read(report: NewReport, received_at: datetime) -> Report:
    return read_report(report.kind, report.leg, report.form, received_at)


def _kept_reports(session: Session, sid: str) -> list[Report]:
    rows = session.scalars(select(CallReport).where(CallReport.call_sid == sid))
    return [report for row in rows for report in _understood(row)]


def _understood(row: CallReport) -> Iterator[Report]:
    """What a newer version has kept, while one takes over from the other, may be beyond us."""
    with suppress(UnreadableError):
        yield read_report(row.kind, row.leg, row.form, row.received_at)


def _legs(session: Session, call: Call, life: Life, told: Reported) -> Sequence[Leg]:
    """All rows; the fallback's is made when its first report comes, since it needs no database."""
    rows = list(session.scalars(select(Leg).where(Leg.call_id == call.id)))
    if not any(row.position == FALLBACK for row in rows):
        for leg in life.legs:
            if int(leg.leg) == FALLBACK:
                rows.append(_fallback_leg(leg, call, default_destination(session, call, told)))
                session.add(rows[-1])
    return rows


def _fallback_leg(leg: LegLife, call: Call, destination: str) -> Leg:
    return Leg(
        call_id=call.id,
        position=FALLBACK,
        name="default destination",
        endpoint=destination,
        state=leg.state.value,
        rung_at=leg.rung_at,
    )


def _write_life(call: Call, rows: Sequence[Leg], life: Life) -> None:
    if not may_move(State(call.state), life.state):
        return  # reports that are kept no longer had ended it
    call.state = life.state.value
    call.result = life.result.value if life.result else None
    call.answered_at, call.ended_at = life.answered_at, life.ended_at
    call.ended_by = life.ended_by.value if life.ended_by else None
    call.duration_s, call.ring_s, call.talk_s = life.duration_s, life.ring_s, life.talk_s
    call.voicemail_url = life.voicemail.url if life.voicemail else None
    call.voicemail_s = life.voicemail.duration_s if life.voicemail else None
    call.recording_sid = life.recording.recording_sid if life.recording else None
    call.recording_url = life.recording.url if life.recording else None
    call.recording_s = life.recording.duration_s if life.recording else None
    # Nobody decided on a call that was taken up from a later report: the fallback rang.
    call.fell_back = life.fell_back or call.decision is None
    legs = {leg.position: leg for leg in rows}
    lives = {int(leg.leg): leg for leg in life.legs}
    for position, row in legs.items():
        if position in lives:
            _write_leg(row, lives[position])
        elif life.state is State.ENDED:  # the carrier never came to ring it
            row.state, row.result = LegState.ENDED.value, LegResult.CANCELED.value
    talked = next((leg for leg in life.legs if _talks(leg, life)), None)
    by = legs.get(int(talked.leg)) if talked else None
    call.agent_id, call.answered_by = (by.agent_id, by.name) if by else (None, None)


def _write_leg(row: Leg, leg: LegLife) -> None:
    if not may_move_leg(LegState(row.state), leg.state):
        return
    row.state = leg.state.value
    row.result = leg.result.value if leg.result else None
    row.picked_up_at, row.ended_at = leg.picked_up_at, leg.ended_at
    row.duration_s = leg.duration_s


def _talks(leg: LegLife, life: Life) -> bool:
    if leg.result is LegResult.TALKED:
        return True
    return life.state is State.TALKING and leg.state is LegState.PICKED_UP


def _free_agents(tx: HotTransaction, call: Call, legs: Sequence[Leg], life: Life) -> None:
    """Whose leg is over can be rung again; who talks is held for as long as a talk can last."""
    lives = {int(leg.leg): leg for leg in life.legs}
    for leg in legs:
        if leg.agent_id is None:
            continue
        lived = lives.get(leg.position)
        if life.state is State.ENDED or (lived and lived.state is LegState.ENDED):
            callbook.free_agent(tx, leg.agent_id, call.id, _end_of_talk(lived, life))
        elif lived and lived.picked_up_at:
            callbook.keep_agent(tx, leg.agent_id, call.id, lived.picked_up_at + LONGEST_TALK)


def _free_unrung(tx: HotTransaction, call: Call, legs: Sequence[Leg], life: Life) -> None:
    """At once: nothing will ever be told of their legs, since the carrier was not told to ring."""
    rung = {int(leg.leg) for leg in life.legs}
    for leg in legs:
        if leg.agent_id and leg.position not in rung:
            callbook.free_agent(tx, leg.agent_id, call.id, idle_since=None)


def _end_of_talk(lived: LegLife | None, life: Life) -> datetime | None:
    if lived is None or lived.result is not LegResult.TALKED:
        return None
    return lived.ended_at or life.ended_at


def keep_report(
    tx: HotTransaction, report: NewReport, answer: str | None, now: datetime
) -> str | None:
    """For a leg's report that came before its call's row: it will count when the row is there."""
    kept = ringing.kept_answer(tx, report.sid, report.key)
    if kept:
        return kept[0]
    callbook.write_report(tx, report, answer, now)
    return answer

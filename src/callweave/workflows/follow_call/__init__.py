"""The carrier reports on a call: keep it, see where the call stands, say what comes next."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callweave.domain.calls import (
    FALLBACK_LEG,
    LegLife,
    LegResult,
    LegState,
    Life,
    RepairKind,
    Report,
    State,
    follow,
    may_move,
    may_move_leg,
)
from callweave.storage import callbook, followed, ringing
from callweave.storage.callbook import NewLeg, NewReport
from callweave.storage.followed import Course, KeptReport, KnownLeg, LegCourse, LockedCall
from callweave.storage.prepared import HotTransaction
from callweave.telephony.callbacks import UnreadableError, read_report
from callweave.telephony.fallbacks import is_ring_unfetched
from callweave.workflows.follow_call.answers import Turn, answer_report
from callweave.workflows.follow_call.filled_in import count_repairs, gives_way, is_told_elsewhere
from callweave.workflows.follow_call.reported import Given, Reported, default_destination

__all__ = ["Followed", "Given", "Reported", "catch_up", "follow_call", "keep_report"]

# The carrier ends every talk after four hours (its default timeLimit).
LONGEST_TALK = timedelta(hours=4)
FALLBACK = int(FALLBACK_LEG)


@dataclass(frozen=True, slots=True)
class Followed:
    """``answer``: the TwiML, or None where the carrier asks for none. ``ended``: just now, or with
    another origin than it had then. ``changed``: something is known of it that was not.
    ``took_place``: of what had been filled in for it. ``repaired``: kinds that are new to the call.
    """

    call: LockedCall
    answer: str | None
    ended: bool
    changed: bool
    took_place: bool = False
    repaired: Sequence[RepairKind] = ()


def follow_call(tx: HotTransaction, told: Reported, now: datetime) -> Followed | None:
    """None when we have no row of this call; the same answer again for the same report."""
    call = followed.lock_by_sid(tx, told.report.sid)
    if call is None:
        return None
    if told.given and told.given.instead_of:
        followed.withdraw(tx, call.sid, told.given.instead_of)
    before = followed.reports_of(tx, call.sid)
    if is_told_elsewhere(before, told.report):
        return Followed(call, None, ended=False, changed=False)
    kept = [report for report in before if not gives_way(report, told.report)]
    for report in kept:
        if report.key == told.report.key:
            return Followed(call, report.answer, ended=False, changed=False)
    for report in before:
        if report not in kept:
            followed.withdraw(tx, call.sid, report.key)
    reports = [*_understood(kept), _read(told.report, now)]
    turn = _catch_up(tx, call, follow(reports), told, now)
    answer = told.given.answer if told.given else answer_report(turn)
    callbook.write_report(tx, told.report, answer, now)
    repaired = count_repairs(tx, call.id, before, [*kept, _as_kept(told.report, answer, now)])
    took_place = len(kept) < len(before)
    return replace(_followed(call, turn, answer), took_place=took_place, repaired=repaired)


def catch_up(tx: HotTransaction, told: Reported, answer: str) -> Followed | None:
    """For a ring that came after reports on its legs, which were kept until there was a call."""
    call = followed.lock_by_sid(tx, told.report.sid)
    if call is None:
        return None
    life = follow(_understood(followed.reports_of(tx, call.sid)))
    return _followed(call, _catch_up(tx, call, life, told, call.rung_at), answer)


def _followed(before: LockedCall, turn: Turn, answer: str | None) -> Followed:
    ended = before.course.state != State.ENDED and turn.life.state is State.ENDED
    return Followed(turn.call, answer, ended, changed=turn.call != before)


def _catch_up(
    tx: HotTransaction, call: LockedCall, life: Life, told: Reported, now: datetime
) -> Turn:
    """What is stored of the call becomes what is known."""
    legs = _legs(tx, call, life, told)
    if may_move(State(call.course.state), life.state):  # not if reports kept no longer ended it
        _write_legs(tx, call, legs, life)
        call = _written(tx, call, _course(call, legs, life))
    _free_agents(tx, call, legs, life)
    if told.report.kind == "fallback" and is_ring_unfetched(told.report.form):
        _free_unrung(tx, call, legs, life)
    return Turn(tx, call, legs, life, told, now)


def _as_kept(report: NewReport, answer: str | None, now: datetime) -> KeptReport:
    return KeptReport(report.key, report.kind, report.leg, now, report.form, answer)


def _read(report: NewReport, received_at: datetime) -> Report:
    return read_report(report.kind, report.leg, report.form, received_at)


def _understood(kept: Iterable[KeptReport]) -> Iterator[Report]:
    """What a newer version has kept, while one takes over from the other, may be beyond us."""
    for report in kept:
        with suppress(UnreadableError):
            yield read_report(report.kind, report.leg, report.form, report.received_at)


def _legs(tx: HotTransaction, call: LockedCall, life: Life, told: Reported) -> Sequence[KnownLeg]:
    """All rows; the fallback's is made when its first report comes, since it needs no database."""
    known = followed.legs_of(tx, call.id)
    lived = next((leg for leg in life.legs if int(leg.leg) == FALLBACK), None)
    if lived is None or any(leg.position == FALLBACK for leg in known):
        return known
    leg = NewLeg(call.id, FALLBACK, None, "default destination", default_destination(call, told))
    callbook.write_leg(tx, leg, lived.rung_at)
    followed.write_leg_course(tx, call.id, FALLBACK, _leg_course(lived))
    return [*known, KnownLeg(_leg_course(lived), FALLBACK, None, leg.name)]


def _course(call: LockedCall, known: Sequence[KnownLeg], life: Life) -> Course:
    legs = {leg.position: leg for leg in known}
    talked = next((leg for leg in life.legs if _talks(leg, life)), None)
    by = legs.get(int(talked.leg)) if talked else None
    return Course(
        state=life.state.value,
        result=life.result.value if life.result else None,
        answered_at=life.answered_at,
        ended_at=life.ended_at,
        ended_by=life.ended_by.value if life.ended_by else None,
        duration_s=life.duration_s,
        ring_s=life.ring_s,
        talk_s=life.talk_s,
        agent_id=by.agent_id if by else None,
        answered_by=by.name if by else None,
        voicemail_url=life.voicemail.url if life.voicemail else None,
        voicemail_s=life.voicemail.duration_s if life.voicemail else None,
        recording_sid=life.recording.recording_sid if life.recording else None,
        recording_url=life.recording.url if life.recording else None,
        recording_s=life.recording.duration_s if life.recording else None,
        # Nobody decided on a call that was taken up from a later report: the fallback rang.
        fell_back=life.fell_back or call.decision is None,
    )


def _written(tx: HotTransaction, call: LockedCall, course: Course) -> LockedCall:
    if course == call.course:
        return call
    followed.write_course(tx, call.id, course)
    return replace(call, course=course)


def _write_legs(
    tx: HotTransaction, call: LockedCall, known: Sequence[KnownLeg], life: Life
) -> None:
    lives = {int(leg.leg): leg for leg in life.legs}
    for leg in known:
        course = _next_leg_course(leg.course, lives.get(leg.position), life)
        if course != leg.course:
            followed.write_leg_course(tx, call.id, leg.position, course)


def _next_leg_course(before: LegCourse, lived: LegLife | None, life: Life) -> LegCourse:
    if lived:
        can_be = may_move_leg(LegState(before.state), lived.state)
        return _leg_course(lived) if can_be else before
    if life.state is State.ENDED:  # the carrier never came to ring it
        return LegCourse(LegState.ENDED.value, LegResult.CANCELED.value, None, None, None)
    return before


def _leg_course(leg: LegLife) -> LegCourse:
    return LegCourse(
        state=leg.state.value,
        result=leg.result.value if leg.result else None,
        picked_up_at=leg.picked_up_at,
        ended_at=leg.ended_at,
        duration_s=leg.duration_s,
    )


def _talks(leg: LegLife, life: Life) -> bool:
    if leg.result is LegResult.TALKED:
        return True
    return life.state is State.TALKING and leg.state is LegState.PICKED_UP


def _free_agents(
    tx: HotTransaction, call: LockedCall, legs: Sequence[KnownLeg], life: Life
) -> None:
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


def _free_unrung(
    tx: HotTransaction, call: LockedCall, legs: Sequence[KnownLeg], life: Life
) -> None:
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

"""What the carrier does next, now that it is known where the call stands."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from callweave.domain.calls import FALLBACK_LEG, Life, State
from callweave.domain.routing.decisions import Attempt, Dial
from callweave.domain.routing.records import decision_from_data
from callweave.storage import callbook, ringing
from callweave.storage.callbook import NewLeg
from callweave.storage.followed import KnownLeg, LockedCall
from callweave.storage.prepared import HotTransaction
from callweave.telephony import twiml
from callweave.telephony.callbacks import report_key, talked
from callweave.telephony.fallbacks import (
    DialFailed,
    FallbackFailed,
    RingFailed,
    VoicemailFailed,
    WhisperFailed,
    fallback_meaning,
    is_caller_id_refused,
    is_unfetched,
    may_have_talked,
)
from callweave.workflows.follow_call.reported import Reported, default_destination


@dataclass(frozen=True, slots=True)
class Turn:
    """One report, and what is known of its call when it is answered."""

    tx: HotTransaction
    call: LockedCall
    legs: Sequence[KnownLeg]
    life: Life
    told: Reported
    now: datetime

    @property
    def is_over(self) -> bool:
        return self.life.state is State.ENDED

    @property
    def tried(self) -> int:
        """The last one of the decision who was to be rung."""
        return max((leg.position for leg in self.legs), default=0)


def answer_report(turn: Turn) -> str | None:
    """None where the carrier asks for nothing."""
    match turn.told.report.kind:
        case "whisper":
            return twiml.whisper(turn.call.whisper)
        case "voicemail":
            return twiml.thanks()
        case "dialled":
            return twiml.hang_up() if turn.is_over else _after_dial(turn)
        case "ring":  # overtaken by another report
            return twiml.hang_up() if turn.is_over else _ring_default(turn)
        case "fallback":
            return _instead_of_what_failed(turn)
        case _:
            return None


def _after_dial(turn: Turn) -> str:
    leg = int(turn.told.report.leg or FALLBACK_LEG)
    is_passed = turn.tried > leg  # somebody else is rung by now: the fallback was quicker than this
    if is_passed or turn.life.state is State.TALKING:
        return twiml.voicemail(turn.told.addresses)
    return _next_attempt(turn, leg)


def _next_attempt(turn: Turn, after: int) -> str:
    """The next one of the decision who is still free; then voicemail, as after the fallback."""
    call = turn.call
    for place, attempt in enumerate(_attempts(call)[after:] if after else (), start=after + 1):
        if _hold(turn, attempt):
            leg = NewLeg(call.id, place, attempt.agent_id, attempt.name, attempt.endpoint)
            callbook.write_leg(turn.tx, leg, turn.now)
            return _dial(turn, place, attempt)
    return twiml.voicemail(turn.told.addresses)


def _dial(turn: Turn, place: int, attempt: Attempt) -> str:
    site, addresses = turn.call.site, turn.told.addresses
    notice = site.recording_notice if site else None
    return twiml.dial(attempt, str(place), _shown(turn), addresses, notice)


def _attempts(call: LockedCall) -> tuple[Attempt, ...]:
    decision = decision_from_data(json.loads(call.decision)) if call.decision else None
    return decision.attempts if isinstance(decision, Dial) else ()


def _hold(turn: Turn, attempt: Attempt) -> bool:
    if attempt.agent_id is None:
        return True
    until = turn.now + callbook.holding_time(attempt.ring_seconds)
    return callbook.hold_agent(turn.tx, attempt.agent_id, turn.call.id, turn.now, until)


def _instead_of_what_failed(turn: Turn) -> str:
    """Never the same again."""
    meaning = fallback_meaning(turn.told.report.form)
    match meaning:
        case WhisperFailed():
            answer = twiml.whisper(turn.call.whisper)
        case VoicemailFailed():
            answer = twiml.thanks()
        case _ if turn.is_over:
            answer = twiml.hang_up()
        case FallbackFailed():
            answer = twiml.voicemail(turn.told.addresses)
        case RingFailed() | DialFailed():
            answer = _ring_somebody_else(turn, meaning)
        case _:
            assert_never(meaning)
    return answer


def _ring_somebody_else(turn: Turn, meaning: RingFailed | DialFailed) -> str:
    """Unless it was never told whether the caller and whoever picked up have talked."""
    if turn.life.state is State.TALKING:
        return twiml.voicemail(turn.told.addresses)
    if is_caller_id_refused(turn.told.report.form) and turn.tried:
        return _ring_again(turn)
    if isinstance(meaning, DialFailed):
        return _after_lost_dial(turn, meaning.leg)
    did_talk = _did_talk(turn)
    if did_talk is None:
        return twiml.voicemail(turn.told.addresses)
    return twiml.hang_up() if did_talk else _ring_default(turn)


def _did_talk(turn: Turn) -> bool | None:
    """By this request alone."""
    form = turn.told.report.form
    return talked(form, turn.now) if may_have_talked(form) else False


def _ring_again(turn: Turn) -> str:
    """Whoever never rang, since the caller's number could not be shown."""
    return _dial(turn, turn.tried, _attempts(turn.call)[turn.tried - 1])


def _after_lost_dial(turn: Turn, leg: str) -> str:
    """What was decided after it, if that only never arrived; else whoever has not been tried."""
    kept = ringing.kept_answer(turn.tx, turn.call.sid, report_key("dialled", leg, {}))
    if kept and kept[0] and is_unfetched(turn.told.report.form):
        return kept[0]
    how = next((life.result for life in turn.life.legs if life.leg == leg), None)
    if leg == FALLBACK_LEG or (how is None and _did_talk(turn) is None):
        return twiml.voicemail(turn.told.addresses)
    if turn.call.decision is None:
        return _ring_default(turn)
    return _next_attempt(turn, max(turn.tried, int(leg)))


def _ring_default(turn: Turn) -> str:
    call, addresses = turn.call, turn.told.addresses
    destination = default_destination(call, turn.told)
    rang_already = any(leg.leg == FALLBACK_LEG for leg in turn.life.legs)
    if rang_already or ringing.own_numbers(turn.tx, [destination]):
        return twiml.voicemail(addresses)
    return twiml.dial_fallback(destination, _shown(turn), addresses)


def _shown(turn: Turn) -> str | None:
    is_refused = is_caller_id_refused(turn.told.report.form)
    return twiml.caller_id(None if is_refused else turn.call.from_number, turn.call.to_number)

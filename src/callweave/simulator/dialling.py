"""<Dial>: phones ring, somebody picks up, is told what it is about, and talks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from callweave.simulator.forms import Party, call_form
from callweave.simulator.ledger import Bridged, LegEnded, Ringing, Rung, Whispered
from callweave.simulator.line import Line, Trouble
from callweave.simulator.people import (
    Answers,
    Behaviour,
    Busy,
    DoesNotAnswer,
    Fails,
    HangsUpInWhisper,
    Side,
)
from callweave.simulator.speech import seconds_of
from callweave.simulator.twiml import TwimlError
from callweave.simulator.verbs import Dial, Hangup, Pause, Play, Say, Target, Verb
from callweave.simulator.voicemail import keep_talk

# Twilio rings this much longer than `timeout` says.
RING_BUFFER = 5
# The status that a <Dial> with several phones reports when nobody picked up: the first that fits.
_UNANSWERED = ("canceled", "no-answer", "busy", "failed")


@dataclass(frozen=True, slots=True)
class DialResult:
    status: str
    sid: str
    seconds: int | None  # of the leg that picked up; None if none did
    bridged: bool

    def form(self) -> dict[str, str]:
        form = {
            "DialCallStatus": self.status,
            "DialCallSid": self.sid,
            "DialBridged": str(self.bridged).lower(),
        }
        return form if self.seconds is None else form | {"DialCallDuration": str(self.seconds)}


@dataclass(slots=True)
class Leg:
    target: Target
    party: Party
    behaviour: Behaviour
    picked_up_at: float | None = None
    status: str = "initiated"
    sequence: int = 0

    def result(self, line: Line, *, bridged: bool) -> DialResult:
        seconds = None if self.picked_up_at is None else round(line.at - self.picked_up_at)
        return DialResult(self.status, self.party.call_sid, seconds, bridged)


def dial(line: Line, verb: Dial) -> DialResult:
    caller_id = _caller_id(line, verb)
    if not verb.answer_on_bridge:
        line.answer()
    line.note(Ringing(line.at))
    groups = [(target,) for target in verb.targets] if verb.sequential else [verb.targets]
    results: list[DialResult] = []
    for group in groups:
        legs = [_start(line, target, caller_id) for target in group]
        results.append(_ring_together(line, verb, legs))
        if results[-1].bridged or line.caller_left:
            break
    result = results[-1]
    line.unanswered_status = result.status if result.status in {"busy", "failed"} else "no-answer"
    return result


def _caller_id(line: Line, verb: Dial) -> str:
    """Twilio shows only numbers that it can vouch for: the call's own two and the account's."""
    caller_id = verb.caller_id or line.party.from_
    known = {line.party.from_, line.party.to, *line.caller_ids}
    dialable = re.fullmatch(r"\+[1-9][0-9]{6,14}|client:.+|sip:.+", caller_id)
    if caller_id not in known or not dialable:
        raise TwimlError(13214, f"callerId {caller_id!r} cannot be shown")
    return caller_id


def _start(line: Line, target: Target, caller_id: str) -> Leg:
    sid = line.new_sid("CA")
    party = Party(
        line.party.account_sid,
        sid,
        caller_id,
        target.endpoint,
        "outbound-dial",
        line.party.call_sid,
    )
    leg = Leg(target, party, line.people.behaviour(target.endpoint, line.chance))
    _tell(line, leg, "initiated", "initiated")
    if not isinstance(leg.behaviour, Busy | Fails):
        line.note(Rung(line.at, target.endpoint, sid))
        _tell(line, leg, "ringing", "ringing")
    return leg


def _tell(line: Line, leg: Leg, event: str, status: str, duration: int | None = None) -> None:
    leg.status = status
    if leg.target.callback is not None and event in leg.target.events:
        line.report(leg.party, leg.target.callback, status, leg.sequence, duration)
        leg.sequence += 1


def _end(line: Line, leg: Leg, status: str, *, bridged: bool = False) -> None:
    leg.status = status
    seconds = leg.result(line, bridged=bridged).seconds
    ended = LegEnded(
        line.at, leg.target.endpoint, leg.party.call_sid, status, seconds or 0, bridged
    )
    line.note(ended)
    _tell(line, leg, "completed", status, seconds or 0)


def _ring_together(line: Line, verb: Dial, legs: Sequence[Leg]) -> DialResult:
    picked = _first_to_answer(line, legs, line.at + verb.timeout + RING_BUFFER)
    for leg in legs:
        if leg is not picked and leg.status in {"initiated", "ringing"}:
            _end(line, leg, "canceled" if picked or line.caller_left else "no-answer")
    if picked is None:
        worst = min(legs, key=lambda leg: _UNANSWERED.index(leg.status))
        return worst.result(line, bridged=False)
    return _connect(line, verb, picked)


def _first_to_answer(line: Line, legs: Sequence[Leg], until: float) -> Leg | None:
    begun = line.at
    for leg in sorted(legs, key=lambda leg: _reaction(leg.behaviour)):
        reacts_at = begun + _reaction(leg.behaviour)
        if not line.wait(min(reacts_at, until) - line.at) or reacts_at > until:
            return None
        if not isinstance(leg.behaviour, Busy | Fails):
            return leg
        _end(line, leg, "busy" if isinstance(leg.behaviour, Busy) else "failed")
    return None


def _reaction(behaviour: Behaviour) -> float:
    return float("inf") if isinstance(behaviour, DoesNotAnswer) else behaviour.after


def _connect(line: Line, verb: Dial, leg: Leg) -> DialResult:
    leg.picked_up_at = line.at
    _tell(line, leg, "answered", "in-progress")
    bridged = _listens_to_whisper(line, leg)
    if bridged:
        _talk(line, verb, leg)
    _end(line, leg, "completed", bridged=bridged)
    return leg.result(line, bridged=bridged)


def _talk(line: Line, verb: Dial, leg: Leg) -> None:
    line.answer()
    line.waiting = False
    line.note(Bridged(line.at, leg.target.endpoint, leg.party.call_sid))
    line.reach_person(leg.target.endpoint)
    match leg.behaviour:
        case Answers(talk=talk, hangs_up_first=first):
            line.wait(min(talk, verb.time_limit))
            line.hang_up(first if talk < verb.time_limit else Side.CALLEE)
        case _:
            line.wait(1)
            line.hang_up(Side.CALLEE)
    if verb.recording is not None and leg.picked_up_at is not None:
        keep_talk(line, verb.recording, round(line.at - leg.picked_up_at))


def _listens_to_whisper(line: Line, leg: Leg) -> bool:
    """Whether they may talk afterwards: the callee has heard it out and the caller is there."""
    if leg.target.whisper is None:
        return True
    document = line.read(leg.target.whisper, call_form(leg.party, "in-progress"))
    if isinstance(document, Trouble):
        return False
    return all(_callee_hears(line, leg, verb) for verb in document.verbs)


def _callee_hears(line: Line, leg: Leg, verb: Verb) -> bool:
    match verb:
        case Say(text=text, loop=loop):
            line.note(Whispered(line.at, leg.target.endpoint, text))
            seconds = seconds_of(text) * max(1, loop)
        case Play(url=url):
            line.note(Whispered(line.at, leg.target.endpoint, f"({url})"))
            seconds = 5
        case Pause(seconds=length):
            seconds = length
        case Hangup():
            return False
        case _:
            line.breach(f"<{type(verb).__name__}> may not stand in a whisper")
            return False
    if isinstance(leg.behaviour, HangsUpInWhisper):
        if line.wait(1):
            line.hang_up(Side.CALLEE)
        return False
    return line.wait(seconds)

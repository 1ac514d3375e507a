from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from callweave.domain.calls.legs import FALLBACK_LEG, Leg, LegResult, LegState, legs_of
from callweave.domain.calls.reports import (
    CallStatus,
    FellBack,
    Recording,
    Report,
    Ring,
    Voicemail,
)
from callweave.domain.calls.story import EndedBy, Result, State, Story


@dataclass(frozen=True, slots=True)
class LegLife:
    """`bridged` is None on a talk that is presumed and not reported."""

    leg: str
    state: LegState
    result: LegResult | None
    bridged: bool | None
    rung_at: datetime
    picked_up_at: datetime | None
    ended_at: datetime | None
    duration_s: int | None


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a call. It has a result if and only if its state is `ended`.

    `duration_s` is the carrier's figure for the whole call; `talk_s` that of the leg that
    talked, from pick-up, so the whisper is in it; `ring_s` is how long the caller waited for
    somebody. Each is None while it is not known.
    """

    state: State
    result: Result | None
    legs: tuple[LegLife, ...]
    rung_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    ended_by: EndedBy | None
    duration_s: int | None
    ring_s: int | None
    talk_s: int | None
    voicemail: Voicemail | None
    recording: Recording | None
    fell_back: bool


def follow(reports: Iterable[Report]) -> Life:
    """The life of a call, from whatever the carrier has reported of it so far.

    The same for every order of the reports. A report that comes again changes nothing, and no
    report brings an ended call back.

    *Ended*: the carrier says that the call is over; or a talk is over, or a message was left,
    since our answer to either is to hang up and the call's own last status may never come.

    *Talked*: a leg was bridged (see `Leg.bridged`). The carrier reports a bridge only when the
    dial has ended, so until then a leg that was picked up is presumed to talk, as long as
    nothing speaks against it: a later leg or a voicemail (after a talk nobody else is rung and
    nothing recorded), or a call that is over and was never answered. The presumption stands
    when the dial's report never comes; when it comes and says that the two were not put
    through, the agent hung up during the whisper and the call rings again.
    """
    kept = _with_what_failed(frozenset(reports))
    story = Story(
        rings=tuple(r for r in kept if isinstance(r, Ring)),
        legs=legs_of(kept),
        last_words=tuple(r for r in kept if isinstance(r, CallStatus) and r.status.is_last),
        voicemails=tuple(r for r in kept if isinstance(r, Voicemail)),
        recordings=tuple(r for r in kept if isinstance(r, Recording)),
    )
    return Life(
        state=story.state,
        result=story.result,
        legs=tuple(_leg_life(leg, story) for leg in story.legs),
        rung_at=story.rung_at,
        answered_at=story.answered_at,
        ended_at=story.ended_at,
        ended_by=story.ended_by,
        duration_s=story.duration_s,
        ring_s=story.ring_s,
        talk_s=story.talk.duration_s if story.talk else None,
        voicemail=story.voicemail,
        recording=story.recording,
        fell_back=any(isinstance(r, FellBack) for r in kept)
        or any(leg.id == FALLBACK_LEG for leg in story.legs),
    )


def _with_what_failed(reports: frozenset[Report]) -> frozenset[Report]:
    """A request that never reached its address is known from the one for the fallback."""
    return reports | {r.instead for r in reports if isinstance(r, FellBack) and r.instead}


def _leg_life(leg: Leg, story: Story) -> LegLife:
    over = leg.over or story.state is State.ENDED
    talked = leg.bridged or leg == story.talk
    return LegLife(
        leg=leg.id,
        state=LegState.ENDED if over else _open_state(leg),
        result=(LegResult.TALKED if talked else leg.unanswered_as) if over else None,
        bridged=leg.bridged,
        rung_at=leg.rung_at,
        picked_up_at=leg.picked_up_at,
        ended_at=leg.ended_at,
        duration_s=leg.duration_s,
    )


def _open_state(leg: Leg) -> LegState:
    return LegState.PICKED_UP if leg.picked_up else LegState.RINGING

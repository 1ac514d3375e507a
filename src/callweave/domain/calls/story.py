from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from callweave.domain.calls.legs import Leg, speaks_of_talk
from callweave.domain.calls.reports import (
    CallStatus,
    Dialled,
    Recording,
    Ring,
    Status,
    Voicemail,
)

_Kept = TypeVar("_Kept", Voicemail, Recording)


class State(StrEnum):
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


class Result(StrEnum):
    ANSWERED = "answered"
    VOICEMAIL = "voicemail"
    MISSED = "missed"


class EndedBy(StrEnum):
    """Whose side hung up."""

    CALLER = "caller"
    AGENT = "agent"
    CARRIER = "carrier"


@dataclass(frozen=True, slots=True)
class Story:
    """The reports of a call, sorted by what they speak of, and what follows from them together.

    `last_words` are the reports that the call itself is over.
    """

    rings: tuple[Ring, ...]
    legs: tuple[Leg, ...]
    last_words: tuple[CallStatus, ...]
    voicemails: tuple[Voicemail, ...]
    recordings: tuple[Recording, ...]

    @property
    def state(self) -> State:
        if self._endings:
            return State.ENDED
        return State.TALKING if self.talk else State.RINGING

    @property
    def result(self) -> Result | None:
        if not self._endings:
            return None
        if self.talk:
            return Result.ANSWERED
        return Result.VOICEMAIL if self.voicemail else Result.MISSED

    @property
    def talk(self) -> Leg | None:
        """The leg that talks or talked, presumed or reported: see `follow`."""
        for leg in self.legs:
            if leg.bridged:
                return leg
        if self.voicemail or not self.legs or (self._words and Status.COMPLETED not in self._words):
            return None
        return self.legs[-1] if self.legs[-1].may_have_talked else None

    @property
    def voicemail(self) -> Voicemail | None:
        """The longest; a recording without length is no message."""
        return _longest(v for v in self.voicemails if v.duration_s != 0)

    @property
    def recording(self) -> Recording | None:
        """The longest: who is put through to a second agent has talked to one of the two."""
        return _longest(self.recordings)

    @property
    def rung_at(self) -> datetime | None:
        return min((ring.at for ring in self.rings), default=None)

    @property
    def answered_at(self) -> datetime | None:
        return self.talk.picked_up_at if self.talk else None

    @property
    def ended_at(self) -> datetime | None:
        return min(self._endings, default=None)

    @property
    def ended_by(self) -> EndedBy | None:
        """The caller, if the caller's side was over when the dial ended; the agent's side, if the
        caller's was not. Where no dial tells, only a canceled or failed call shows whose doing.
        """
        dials = self.talk.dials if self.talk else self._dials
        if any(_caller_is_gone(dial) for dial in dials):
            return EndedBy.CALLER
        if self.talk:
            return EndedBy.AGENT if any(dial.call_status for dial in dials) else None
        if Status.CANCELED in self._words:
            return EndedBy.CALLER
        return EndedBy.CARRIER if Status.FAILED in self._words else None

    @property
    def duration_s(self) -> int | None:
        return max(
            (w.duration_s for w in self.last_words if w.duration_s is not None), default=None
        )

    @property
    def ring_s(self) -> int | None:
        """Until somebody picked up, else until the last leg ended, else until the message or the
        call did. Two clocks may be compared here, so never less than 0.
        """
        until = self.answered_at if self.talk else self._gave_up_at
        if until is None or self.rung_at is None:
            return None
        return max(0, (until - self.rung_at) // timedelta(seconds=1))

    @property
    def _gave_up_at(self) -> datetime | None:
        if self.state is not State.ENDED:
            return None
        ends = [leg.ended_at for leg in self.legs if leg.ended_at]
        if ends:
            return max(ends)
        if self.voicemail:
            return self.voicemail.at - timedelta(seconds=self.voicemail.duration_s or 0)
        return self.ended_at

    @property
    def _dials(self) -> tuple[Dialled, ...]:
        return tuple(dial for leg in self.legs for dial in leg.dials)

    @property
    def _words(self) -> set[Status]:
        """The states in which the call itself is said to be over."""
        return {word.status for word in self.last_words} | {
            dial.call_status
            for dial in self._dials
            if dial.call_status and dial.call_status.is_last
        }

    @property
    def _endings(self) -> list[datetime]:
        """When it was over by all that says so; where the carrier told the time, by its clock."""
        return [word.at for word in self.last_words] or [
            *(dial.at for dial in self._dials if speaks_of_talk(dial) or _caller_is_gone(dial)),
            *(dial.at for leg in self.legs if leg.bridged for dial in leg.ends),
            *(voicemail.at for voicemail in self.voicemails),
        ]


def _longest(kept: Iterable[_Kept]) -> _Kept | None:
    return max(
        sorted(kept, key=lambda each: each.at),
        key=lambda each: (each.duration_s or 0, each.recording_sid, each.url),
        default=None,
    )


def _caller_is_gone(dial: Dialled) -> bool:
    return dial.call_status is not None and dial.call_status.is_last

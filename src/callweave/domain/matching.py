"""Which visit a ring belongs to, with the reasons, and without guessing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

# How long after its lease a visitor may still be taken for the caller. Calls come late
# (a number written down over lunch), but not by months.
LATEST_CALL = timedelta(days=30)
# On a number shown to several visitors: who saw it longer ago is no longer considered.
SHARED_CALL = timedelta(hours=24)
MOST_CANDIDATES = 20


class MatchStatus(StrEnum):
    EXCLUSIVE = "exclusive"  # one candidate
    PROBABLE = "probable"  # several, ranked
    SHARED = "shared"  # several, undecided
    UNKNOWN = "unknown"  # none


class Assignment(StrEnum):
    EXCLUSIVE = "exclusive"
    SHARED = "shared"
    HELD_BACK = "held_back"  # shared, and free numbers are kept from the visit's network


@dataclass(frozen=True, slots=True)
class Holding:
    """A line of the lease book: this visit was shown the dialled number in this time."""

    visit: str
    visitor: str
    assignment: Assignment
    started_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """``ended_ago``: before the ring; nothing while the lease went on. ``shown_since``: how many
    leases of the number began between this one and the ring, as far as the book was read.
    """

    holding: Holding
    reasons: tuple[str, ...]
    ended_ago: timedelta
    shown_since: int


@dataclass(frozen=True, slots=True)
class Match:
    """``candidates``: the likeliest first where that is known, else the latest first."""

    status: MatchStatus
    candidates: tuple[Candidate, ...]

    @property
    def holding(self) -> Holding | None:
        """The visit that the call belongs to, where only one can be meant."""
        return self.candidates[0].holding if self.status is MatchStatus.EXCLUSIVE else None


NO_MATCH = Match(MatchStatus.UNKNOWN, ())


def match_ring(book: Sequence[Holding], at: datetime) -> Match:
    """``book``: who was shown the dialled number. Leases that began after the ring do not count."""
    begun = sorted((h for h in book if h.started_at <= at), key=_latest_first)
    alone = [h for h in begun if h.assignment is Assignment.EXCLUSIVE]
    together = [
        h
        for h in begun
        if h.assignment is not Assignment.EXCLUSIVE and at - h.expires_at <= SHARED_CALL
    ]
    if together and not (alone and alone[0].expires_at >= at):
        return _among(together, begun, at)
    if alone and at - alone[0].expires_at <= LATEST_CALL:
        return Match(MatchStatus.EXCLUSIVE, (_holder(alone[0], at),))
    return NO_MATCH


def _latest_first(holding: Holding) -> tuple[float, float, str]:
    return (-holding.started_at.timestamp(), -holding.expires_at.timestamp(), holding.visit)


def _holder(holding: Holding, at: datetime) -> Candidate:
    ended_ago = _ended_ago(holding, at)
    if not ended_ago:
        reasons: tuple[str, ...] = ("was the only one shown this number when it rang",)
    else:
        late = f"was the last one shown this number, until {in_words(ended_ago)} before"
        reasons = (late, "nobody has been lent the number since")
    return Candidate(holding, reasons, ended_ago, 0)


def _among(together: Sequence[Holding], begun: Sequence[Holding], at: datetime) -> Match:
    newest_by_visitor = {holding.visitor: holding for holding in reversed(together)}
    found = sorted(newest_by_visitor.values(), key=_latest_first)
    candidates = tuple(_sharer(h, begun.index(h), at) for h in found[:MOST_CANDIDATES])
    status = MatchStatus.EXCLUSIVE if len(found) == 1 else MatchStatus.SHARED
    return Match(status, candidates)


def _sharer(holding: Holding, shown_since: int, at: datetime) -> Candidate:
    ended_ago = _ended_ago(holding, at)
    told = f"until {in_words(ended_ago)} before" if ended_ago else "when it rang"
    return Candidate(holding, (f"was shown this shared number {told}",), ended_ago, shown_since)


def _ended_ago(holding: Holding, at: datetime) -> timedelta:
    return max(at - holding.expires_at, timedelta())


def in_words(span: timedelta) -> str:
    """``90 s``, ``12 min``, ``5 h``, ``3 days``: near enough for a person."""
    seconds = int(span.total_seconds())
    for size, unit, limit in ((1, "s", 120), (60, "min", 120 * 60), (3600, "h", 48 * 3600)):
        if seconds < limit:
            return f"{seconds // size} {unit}"
    return f"{seconds // 86_400} days"


def candidate_to_data(candidate: Candidate) -> dict[str, Any]:
    """As JSON, which is stored with the call."""
    holding = candidate.holding
    return {
        "visit": holding.visit,
        "visitor": holding.visitor,
        "reasons": list(candidate.reasons),
        "ended_s_ago": int(candidate.ended_ago.total_seconds()),
        "shown_since": candidate.shown_since,
        "lease": {
            "assignment": holding.assignment.value,
            "started_at": holding.started_at.isoformat(),
            "expires_at": holding.expires_at.isoformat(),
        },
    }

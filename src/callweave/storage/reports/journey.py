"""One call, and everything that its visitor did around it."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, zip_longest
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from callweave.storage.calls import Call
from callweave.storage.visits import PageView, Touch, Visit, VisitEvent

MOST_STEPS = 400
"""Of each kind; of longer journeys the latest steps are read."""

_SHOWN_EVENTS = ("tel_click", "copy", "identify", "custom")


@dataclass(frozen=True, slots=True)
class SawPage:
    """``times`` in a row."""

    at: datetime
    page: str
    title: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Did:
    """``type`` is tel_click, copy, identify or custom."""

    at: datetime
    type: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Called:
    at: datetime
    call: Call


R = TypeVar("R", Call, Touch, PageView, VisitEvent)
Step: TypeAlias = SawPage | Did | Called


@dataclass(frozen=True, slots=True)
class Stage:
    """A touch and what followed until the next one; without a touch, what no visit holds."""

    touch: Touch | None
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Journey:
    """``cut``: older steps exist and were not read."""

    stages: tuple[Stage, ...]
    cut: bool


def journey_of(session: Session, call: Call) -> Journey:
    """Across all visits of the call's visitor, with the calls that came from the same phone."""
    calls = _calls(session, call)
    if call.visitor_id is None:
        return Journey(tuple(_staged([], calls)), cut=len(calls) == MOST_STEPS)
    visits = select(Visit.id).where(Visit.visitor_id == call.visitor_id)
    touches = _newest(session, Touch, Touch.at, Touch.visitor_id == call.visitor_id)
    pages = _newest(session, PageView, PageView.at, PageView.visit_id.in_(visits))
    shown = VisitEvent.visit_id.in_(visits), VisitEvent.type.in_(_SHOWN_EVENTS)
    events = _newest(session, VisitEvent, VisitEvent.at, *shown)
    steps: list[Step] = [
        *(SawPage(page.at, page.page, page.title) for page in pages),
        *(Did(event.at, event.type, event.detail) for event in events),
        *calls,
    ]
    longest = max(len(touches), len(pages), len(events), len(calls))
    return Journey(tuple(_staged(touches, steps)), cut=longest == MOST_STEPS)


def _calls(session: Session, call: Call) -> list[Called]:
    same = [Call.id == call.id]
    if call.visitor_id is not None:
        same.append(Call.visitor_id == call.visitor_id)
    if call.from_number is not None:
        same.append(Call.from_number == call.from_number)
    related = _newest(session, Call, Call.rung_at, Call.account_id == call.account_id, or_(*same))
    return [Called(found.rung_at, found) for found in related]


def _newest(
    session: Session,
    kind: type[R],
    when: InstrumentedAttribute[datetime],
    *which: ColumnElement[bool],
) -> list[R]:
    """The latest ones, told from the oldest on; ids tell which of one moment came first."""
    wanted = select(kind).where(*which).order_by(when.desc(), kind.id.desc()).limit(MOST_STEPS)
    return list(session.scalars(wanted))[::-1]


def _staged(touches: Sequence[Touch], steps: Sequence[Step]) -> Iterator[Stage]:
    """Times decide, not the visits: of two visits in two windows the steps are told in turn.

    What happened at the moment of a touch (its first page) comes after the touch.
    """
    waiting = sorted(steps, key=lambda step: step.at)
    stages = [Stage(None), *(Stage(touch) for touch in sorted(touches, key=lambda t: t.at))]
    ends = [stage.touch.at for stage in stages[1:] if stage.touch]
    for stage, end in zip_longest(stages, ends):
        until = len(waiting) if end is None else bisect_left(waiting, end, key=lambda s: s.at)
        stage.steps.extend(_together(waiting[:until]))
        waiting = waiting[until:]
    yield from (stage for stage in stages if stage.touch or stage.steps)


def _together(steps: Sequence[Step]) -> Iterator[Step]:
    """A page that is loaded again and again is told once."""
    for _, group in groupby(steps, key=lambda s: s.page if isinstance(s, SawPage) else id(s)):
        same = list(group)
        first = same[0]
        yield replace(first, times=len(same)) if isinstance(first, SawPage) else first

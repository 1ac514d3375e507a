"""A journey as the page tells it: near this call in full, what lies far from it folded up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from callweave.storage.reports.journey import Called, Journey, SawPage, Stage, Step
from callweave.storage.visits import Touch

MOST_STAGES = 8
AROUND = 3
MOST_STEPS = 5


@dataclass(frozen=True, slots=True)
class ToldStage:
    touch: Touch | None
    steps: Sequence[Step]
    folded: bool
    summary: str


@dataclass(frozen=True, slots=True)
class Part:
    stages: tuple[ToldStage, ...]
    folded: bool
    summary: str


@dataclass(frozen=True, slots=True)
class ToldJourney:
    parts: tuple[Part, ...]
    visitor_known: bool
    cut: bool


def tell(journey: Journey, call_id: str) -> ToldJourney:
    """The first visit and those around the call stay open: how it began, and what it led to."""
    places = (place for place, stage in enumerate(journey.stages) if _holds(stage, call_id))
    here = next(places, 0)
    shown = {0, *range(here - AROUND, here + AROUND + 1)}
    if len(journey.stages) <= MOST_STAGES:
        shown.update(range(MOST_STAGES))
    told = [_told(stage, open_=place == here) for place, stage in enumerate(journey.stages)]
    return ToldJourney(
        parts=tuple(_parts(told, shown)),
        visitor_known=any(stage.touch for stage in journey.stages),
        cut=journey.cut,
    )


def _parts(told: Sequence[ToldStage], shown: set[int]) -> Iterator[Part]:
    for is_shown, places in groupby(range(len(told)), key=shown.__contains__):
        stages = tuple(told[place] for place in places)
        yield Part(stages, folded=not is_shown, summary=f"{len(stages)} more visits")


def _told(stage: Stage, *, open_: bool) -> ToldStage:
    pages = sum(step.times for step in stage.steps if isinstance(step, SawPage))
    calls = sum(isinstance(step, Called) for step in stage.steps)
    seen = [f"{_counted(pages, 'page')} seen"] if pages else []
    words = [*seen, _counted(calls, "call")] if calls else seen
    folded = not open_ and len(stage.steps) > MOST_STEPS
    return ToldStage(stage.touch, stage.steps, folded, ", ".join(words) or "What happened")


def _holds(stage: Stage, call_id: str) -> bool:
    return any(isinstance(step, Called) and step.call.id == call_id for step in stage.steps)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

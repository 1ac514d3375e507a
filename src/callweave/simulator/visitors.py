"""Who visits the shop, what they read, whether they call, and what comes of it: drawn, not played.

Every journey is drawn from (seed, number) alone, so it is the same whatever else goes on.
"""

from dataclasses import dataclass
from random import Random

from callweave.simulator.books import Outcome
from callweave.simulator.chance import chance
from callweave.simulator.people import Caller
from callweave.simulator.shop.destinations import Destination, destinations
from callweave.simulator.sources import Entrance, draw_entrance

# Shares. Far more visitors call than in life, but a demo wants calls.
CALLING = 0.6
DENYING = 0.04
WITHHOLDING = 0.05
BRITISH = 0.85
DIALLING_THE_BROCHURE = 0.05  # whatever number the page shows
GIVING_UP = 0.06
PRESSING_HASH = 0.2
ENTERING_BY_THE_FRONT_DOOR = 0.3
STAYING_WITH_THE_FAVOURITE = 0.6
HOME = "Farshore Holidays"


@dataclass(frozen=True, slots=True)
class Page:
    """`path` below the shop's address; the query is the first page's alone."""

    path: str
    title: str


@dataclass(frozen=True, slots=True)
class Visit:
    source: str
    entrance: Entrance
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class CallPlan:
    """`if_answered`: what the agent records after a talk; None: they forget to."""

    caller: Caller
    from_brochure: bool
    if_answered: Outcome | None
    if_voicemail: Outcome | None


@dataclass(frozen=True, slots=True)
class JourneyPlan:
    number: int
    destination: str
    consent: str
    visits: tuple[Visit, ...]
    call: CallPlan | None


def draw_journey(seed: int, number: int, currency: str = "GBP") -> JourneyPlan:
    draw = chance(seed, number, "visitor")
    favourite = draw.choice(list(destinations().values()))
    visits: list[Visit] = []
    for _ in range(draw.choices((1, 2, 3), (55, 30, 15))[0]):
        visits.append(_visit(favourite, [visit.source for visit in visits], draw))
    return JourneyPlan(
        number=number,
        destination=favourite.slug,
        consent="denied" if _happens(DENYING, draw) else "granted",
        visits=tuple(visits),
        call=_call(favourite, currency, draw) if _happens(CALLING, draw) else None,
    )


def _happens(share: float, draw: Random) -> bool:
    return draw.random() < share


def _visit(favourite: Destination, before: list[str], draw: Random) -> Visit:
    source, entrance = draw_entrance(favourite.slug, draw, [s for s in before if s != "direct"])
    front_door = [Page("", HOME)] if _happens(ENTERING_BY_THE_FRONT_DOOR, draw) else []
    further = (_page(_next_destination(favourite, draw)) for _ in range(draw.randint(0, 5)))
    return Visit(source, entrance, (*front_door, _page(favourite), *further))


def _next_destination(favourite: Destination, draw: Random) -> Destination:
    if _happens(STAYING_WITH_THE_FAVOURITE, draw):
        return favourite
    return draw.choice([each for each in destinations().values() if each is not favourite])


def _page(destination: Destination) -> Page:
    return Page(destination.slug, f"{destination.title} - {HOME}")


def _call(favourite: Destination, currency: str, draw: Random) -> CallPlan:
    caller = Caller(
        number="anonymous" if _happens(WITHHOLDING, draw) else _phone(draw),
        patience=draw.randint(8, 40) if _happens(GIVING_UP, draw) else None,
        message=draw.choice((0, 8, 12, 20, 45)),
        presses_hash=_happens(PRESSING_HASH, draw),
    )
    return CallPlan(
        caller=caller,
        from_brochure=_happens(DIALLING_THE_BROCHURE, draw),
        if_answered=_after_talk(favourite, currency, draw),
        if_voicemail=draw.choice((Outcome("callback"), None)),
    )


def _phone(draw: Random) -> str:
    """In ranges kept for fiction: Ofcom's mobiles, of which the upper half belongs to whoever tries
    the demo, and 555-01xx of North American areas.
    """
    if _happens(BRITISH, draw):
        return f"+447700900{draw.randint(0, 499):03}"
    return f"+1{draw.choice((212, 305, 415, 416))}55501{draw.randint(0, 99):02}"


def _after_talk(favourite: Destination, currency: str, draw: Random) -> Outcome | None:
    kinds = {"won": 38, "lost": 30, "callback": 14, "support": 8, "other": 3, "forgotten": 7}
    (kind,) = draw.choices(list(kinds), list(kinds.values()))
    if kind == "forgotten":
        return None
    if kind != "won":
        return Outcome(kind)
    pounds = draw.choice(favourite.trips).price * draw.randint(1, 4)
    return Outcome("won", pounds * 100 + draw.randint(0, 39_999), currency)

"""Callers and visitors, at moments of their own: nobody waits for somebody else's answer.

Whoever is kept waiting is counted from the moment at which they meant to ask.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from time import perf_counter
from typing import NamedTuple

from benchmarks.traffic import Visitor, first_view, page_view, party, ring, signed
from callweave.simulator.forms import Party, call_form, final_form
from load.asking import asked
from load.stage import AGENTS_BEGIN, Stage
from shops import FRONT_DESK

# What a mid-sized call centre has in its busy hour: a dozen agents are busy with 120 calls an hour
# of five to six minutes, and a site has about thirty page views for every call.
NORMAL_PAGES_PER_S = 1.0
NORMAL_CALLS_PER_S = 1 / 30
TIMES_NORMAL = 10
FIRST_VIEWS = 0.3  # of all page views
_RINGS_S, _TALKS_S = 0.3, 0.7
_OK, _SPOKEN = b"HTTP/1.1 2", b"HTTP/1.1 200"


class Ring(NamedTuple):
    """``heard``: agent, fallback, voicemail (no agent was free), or failure."""

    waited_s: float
    heard: str


@dataclass(slots=True)
class Told:
    """``pages`` by what they got: exclusive, default, failure. ``lost``: reports of running calls
    that were not taken.
    """

    rings: list[Ring] = field(default_factory=list)
    pages: dict[str, int] = field(default_factory=dict)
    lost: int = 0


@dataclass(slots=True)
class People:
    """``first``: where their numbers begin, so that no two calls have one sid."""

    stage: Stage
    calls_per_s: float
    first: int = 1
    chance: random.Random = field(default_factory=lambda: random.Random(6))
    _numbers: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        self._numbers = count(self.first)

    async def come(self, seconds: float, pages_per_s: float) -> Told:
        told = Told()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._spread(group, seconds, self.calls_per_s, self._calls, told))
            group.create_task(self._spread(group, seconds, pages_per_s, self._looks, told))
        return told

    async def _spread(
        self,
        group: asyncio.TaskGroup,
        seconds: float,
        per_s: float,
        act: Callable[[float, Told], Awaitable[None]],
        told: Told,
    ) -> None:
        """Each somewhere in its own part of the time."""
        begun = perf_counter()
        for nth in range(round(seconds * per_s)):
            at = begun + (nth + self.chance.random()) / per_s
            await asyncio.sleep(at - perf_counter())
            group.create_task(_done(act(at, told)))

    async def _calls(self, at: float, told: Told) -> None:
        nth = next(self._numbers)
        visitor = self.stage.visitors[nth % len(self.stage.visitors)]
        answer = await self._tells(ring(visitor.number, nth, b"").request)
        told.rings.append(Ring(perf_counter() - at, _heard(answer)))
        if _heard(answer) == "agent":
            for wait_s, request in _talk(party(visitor.number, nth)):
                await asyncio.sleep(wait_s)
                told.lost += not (await self._tells(request)).startswith(_OK)

    async def _tells(self, request: bytes) -> bytes:
        return await asked(self.stage.entrance if self._is_proxied else self.stage.voice, request)

    @property
    def _is_proxied(self) -> bool:
        return self.stage.entrance != self.stage.web

    async def _looks(self, _at: float, told: Told) -> None:
        """Each visitor from a network of their own."""
        nth, a, b = next(self._numbers), *(self.chance.randrange(16, 250) for _ in range(2))
        answer = await asked(self.stage.entrance, self._page(nth), f"127.{a}.{b}.{1 + nth % 250}")
        got = _assigned(answer)
        told.pages[got] = told.pages.get(got, 0) + 1

    def _page(self, nth: int) -> bytes:
        if self.chance.random() < FIRST_VIEWS:
            return first_view(self.stage.site, "main", nth).request
        known: Visitor = self.chance.choice(self.stage.visitors)
        return page_view(self.stage.site, "kept", known, nth).request


async def _done(act: Awaitable[None]) -> None:
    await act


def _heard(answer: bytes) -> str:
    if not answer.startswith(_SPOKEN):
        return "failure"
    if b"/voice/dialled?leg=1" in answer and AGENTS_BEGIN.encode() in answer:
        return "agent"
    if FRONT_DESK.encode() in answer:
        return "fallback"
    return "voicemail" if b"<Record" in answer else "failure"


def _assigned(answer: bytes) -> str:
    words = ("exclusive", "default")
    got = (word for word in words if f'"assignment":"{word}"'.encode() in answer)
    return next(got, "failure")


def _talk(caller: Party) -> Iterator[tuple[float, bytes]]:
    """What the carrier tells of a short talk, and how long after what came before."""
    sid = f"CB{caller.call_sid[2:]}"
    leg = Party(caller.account_sid, sid, caller.from_, "", "outbound-dial", caller.call_sid)
    yield _RINGS_S, signed("/voice/whisper?leg=1", call_form(leg, "in-progress"))
    result = {"DialCallStatus": "completed", "DialCallDuration": "1", "DialBridged": "true"}
    yield _TALKS_S, signed("/voice/dialled?leg=1", call_form(caller, "in-progress") | result)
    yield 0, signed("/voice/status", final_form(caller, "completed", datetime.now(UTC), 2))

"""Visitors who call, many at once, and an office that says again what was not acknowledged."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from threading import Lock

from callweave.simulator.books import Outcome, Owed
from callweave.simulator.browsing import Browser, browser
from callweave.simulator.calling import live
from callweave.simulator.faults import CallFaults, Rates
from callweave.simulator.ledger import LedgerCall
from callweave.simulator.traffic import Traffic, outcome_after
from callweave.simulator.visitors import CallPlan, JourneyPlan, draw_journey
from callweave.simulator.webhooks import Webhooks
from chaos.real_way import RealWay, wall

AT_ONCE = 8
# Calls a second while something is wrong. Nobody waits until somebody else has been answered: who
# does hides how long a queue gets. So many may hang on the line, which is more than ever do.
RATE_IN_TROUBLE, MOST_ON_THE_LINE = 5.0, 400
# Of those, who looks at a page first; the others have the number on their screen or in print.
READ_FIRST = 4
# A page may rely on its number for so long, which is less than the lease; somebody who had it
# on their screen may call it without asking for a page again.
PROMISED, ON_SCREEN = timedelta(seconds=8), timedelta(seconds=4)
TOLD_EVERY = 500
# With every wait of a visitor and of the carrier at its longest, a call is over sooner.
LONGEST_CALL_S = 240.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What is dialled, why, and whose number it is; ``at``: from when on that was sure."""

    number: str
    assignment: str
    visit: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Played:
    """One visitor's page and call, from ``began`` to ``over`` by the clock on the wall.

    ``due``: what there was to say of the call; ``acknowledged``: whether it was heard at once.
    ``troubles``: requests of the browser that failed.
    """

    number: int
    began: datetime
    over: datetime
    call: LedgerCall
    way: RealWay
    seen: Seen
    due: Outcome | None
    acknowledged: bool
    troubles: tuple[str, ...] = ()

    @property
    def visit(self) -> str | None:
        """Whose number it was, as far as the page could still rely on it when the service heard of
        the ring.
        """
        what = ("/voice/ring", "/voice/fallback")
        rings = [sent.at for sent in self.way.sent if sent.what.startswith(what)]
        promised = bool(rings) and rings[-1] - self.seen.at < PROMISED
        return self.seen.visit if promised else None


@dataclass(slots=True)
class Crowd:
    """So many calls in peace and quiet, ``calm``, and as many more as come while it is troubled."""

    traffic: Traffic
    rates: Rates
    calls: int
    say: Callable[[str], object]
    tries_again: bool = True
    played: list[Played] = field(default_factory=list)
    late: dict[str, Owed] = field(default_factory=dict)
    _webhooks: Webhooks = field(init=False)
    _plans: Iterator[JourneyPlan] = field(init=False)
    _disturbed: int = 0
    _troubled: bool = False
    _is_all_over: bool = False
    _closed: bool = False
    _turn: Lock = field(default_factory=Lock)
    _visitors: list[Future[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        drawn = (draw_journey(self.traffic.seed, n, self.traffic.currency) for n in count())
        self._plans = (plan for plan in drawn if plan.call)
        self._webhooks = Webhooks(self.traffic.carrier.account.auth_token)

    @property
    def over(self) -> int:
        return len(self.played)

    @property
    def calm(self) -> int:
        return self.over - self._disturbed

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Calls come in for as long as the block, and until there are enough."""
        pool = ThreadPoolExecutor(1 + AT_ONCE + MOST_ON_THE_LINE, thread_name_prefix="visitor")
        arriving = pool.submit(self._arrive_in_trouble, pool)
        self._visitors += [arriving, *(pool.submit(self._go_on) for _ in range(AT_ONCE))]
        try:
            yield
            self._is_all_over = True
            self.wait_for(self.calls)
        finally:
            self._closed = True
            wait([arriving])  # then nobody joins the others any more
            _, hanging = wait(self._visitors, LONGEST_CALL_S)
            pool.shutdown(wait=not hanging)
        for visitor in self._visitors:
            visitor.result(timeout=0)

    def wait_for(self, calm: int) -> None:
        """Until so many are over. Raises what a visitor raised, or that no call comes to an end."""
        before, since = self.over, time.monotonic()
        while self.calm < calm:
            for visitor in self._visitors:
                if visitor.done():
                    visitor.result()
            if self.over > before:
                before, since = self.over, time.monotonic()
            if time.monotonic() - since > LONGEST_CALL_S:
                raise RuntimeError(f"no call has come to its end for {LONGEST_CALL_S} s")
            time.sleep(0.05)

    @contextmanager
    def in_trouble(self) -> Iterator[None]:
        """Calls come in at a steady rate, whatever becomes of them."""
        self._troubled = True
        try:
            yield
        finally:
            self._troubled = False

    def tell_late(self) -> None:
        """What was not acknowledged is said again."""
        for sid, outcome in self.unacknowledged.items():
            if self.traffic.record(sid, outcome) is None:
                self.late[sid] = Owed(sid, outcome)

    @property
    def unacknowledged(self) -> dict[str, Outcome]:
        return {
            each.call.sid: each.due
            for each in self.played
            if each.due and not each.acknowledged and each.call.sid not in self.late
        }

    @property
    def said(self) -> list[Owed]:
        return [Owed(each.call.sid, each.due) for each in self.played if each.due]

    @property
    def owed(self) -> list[Owed]:
        """The outcomes that were acknowledged."""
        at_once = (Owed(p.call.sid, p.due) for p in self.played if p.due and p.acknowledged)
        return [*at_once, *self.late.values()]

    def _go_on(self) -> None:
        """One visitor after the other, and none while something is wrong."""
        while (plan := self._next()) is not None:
            self._visit(plan, in_trouble=False)

    def _arrive_in_trouble(self, pool: ThreadPoolExecutor) -> None:
        while not self._closed:
            if self._troubled:
                plan = self._drawn()
                self._visitors.append(pool.submit(self._visit, plan, in_trouble=True))
            time.sleep(1 / RATE_IN_TROUBLE)

    def _visit(self, plan: JourneyPlan, *, in_trouble: bool) -> None:
        assert plan.call
        seen = self._known_number(plan) if in_trouble else None
        self.played.append(self._play(plan, plan.call, seen))
        with self._turn:
            self._disturbed += in_trouble or self._troubled
        if self.over % TOLD_EVERY == 0:
            self.say(f"  {self.over} calls are over, at {wall():%H:%M:%S}")

    def _next(self) -> JourneyPlan | None:
        """None when there have been enough."""
        while self._troubled:
            time.sleep(0.05)
        self._closed |= self.calm >= self.calls and self._is_all_over
        return None if self._closed else self._drawn()

    def _drawn(self) -> JourneyPlan:
        with self._turn:
            return next(self._plans)

    def _play(self, plan: JourneyPlan, intention: CallPlan, known: Seen | None) -> Played:
        began = wall()
        with browser(self.traffic.shop, plan.consent) as visitor:
            seen = known or self._read(plan, intention, visitor)
            way = self._way(plan)
            line = self.traffic.carrier.dial(intention.caller, seen.number, plan.number)
            line.way = way
            call = live(line)
        due = outcome_after(intention, call)
        said = due is not None and self.traffic.record(call.sid, due) is None
        return Played(
            plan.number, began, wall(), call, way, seen, due, said, tuple(visitor.troubles)
        )

    def _read(self, plan: JourneyPlan, intention: CallPlan, visitor: Browser) -> Seen:
        """The last visit and its first pages: the calls are what is looked at here."""
        last, began = plan.visits[-1], wall()
        visitor.read(replace(last, pages=last.pages[: 1 + plan.number % 2]))
        number, assignment = self.traffic.number_for(intention, visitor)
        if assignment != "brochure":
            visitor.tap_number()
        own = visitor.visit if assignment == "exclusive" else None
        return Seen(number, assignment, own and own.partition(".")[0], began)

    def _known_number(self, plan: JourneyPlan) -> Seen | None:
        """While a database hangs, so do its pages: most callers have seen theirs before, or nobody
        would ring.
        """
        if plan.number % READ_FIRST == 0:
            return None
        recent = (each.seen for each in self.played[-AT_ONCE:] if each.seen.visit)
        fresh = [seen for seen in recent if wall() - seen.at < ON_SCREEN]
        printed = Seen(self.traffic.shop.brochure_number, "brochure", None, wall())
        return fresh[0] if fresh else printed

    def _way(self, plan: JourneyPlan) -> RealWay:
        faults = CallFaults.of(self.rates, self.traffic.seed, plan.number)
        return RealWay(self._webhooks, faults, self.tries_again)

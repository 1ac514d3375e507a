"""Visitors who read, call and buy, through real HTTP: the journeys of a demo or of a test."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

import requests

from callweave.simulator.books import Outcome, Owed
from callweave.simulator.browsing import TIMEOUT, Browser, Shop, browser
from callweave.simulator.carrier import Carrier
from callweave.simulator.ledger import LedgerCall, Reached
from callweave.simulator.visitors import CallPlan, JourneyPlan, draw_journey


@dataclass(frozen=True, slots=True)
class Journey:
    """What the visitor's side knows when a journey is over.

    `assignment`: how the page came to show the number that was called, or `brochure`. `owed`: the
    outcome that the service acknowledged. `troubles`: requests that failed, in words.
    """

    plan: JourneyPlan
    assignment: str | None
    call: LedgerCall | None
    owed: Owed | None
    troubles: tuple[str, ...]

    @property
    def sid(self) -> str | None:
        return self.call.sid if self.call else None


@dataclass(frozen=True, slots=True)
class Traffic:
    """Needs a running service, a carrier that rings it, and an API key to record outcomes with."""

    shop: Shop
    carrier: Carrier
    api_key: str = field(repr=False)
    seed: int = 0
    currency: str = "GBP"

    def play(self, count: int, at_once: int = 4, first: int = 0) -> Generator[Journey]:
        """`count` journeys from number `first` on, each as soon as it is over.

        Closing the iterator begins no further journey and waits for those under way.
        """
        pool = ThreadPoolExecutor(at_once, thread_name_prefix="journey")
        try:
            begun = [pool.submit(self.play_one, number) for number in range(first, first + count)]
            for future in as_completed(begun):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def play_one(self, number: int) -> Journey:
        plan = draw_journey(self.seed, number, self.currency)
        with browser(self.shop, plan.consent) as visitor:
            for visit in plan.visits:
                visitor.read(visit)
            return self.close(plan, visitor)

    def close(self, plan: JourneyPlan, visitor: Browser) -> Journey:
        """The call, if the journey ends in one, and its outcome."""
        if plan.call is None:
            return Journey(plan, None, None, None, tuple(visitor.troubles))
        return self._call(plan, plan.call, visitor)

    def _call(self, plan: JourneyPlan, call_plan: CallPlan, visitor: Browser) -> Journey:
        dialled, assignment = self.number_for(call_plan, visitor)
        if assignment != "brochure":
            visitor.tap_number()
        call = self.carrier.place_call(call_plan.caller, dialled, plan.number)
        outcome = outcome_after(call_plan, call)
        owed = None
        if outcome is not None:
            trouble = self.record(call.sid, outcome)
            owed = None if trouble else Owed(call.sid, outcome)
            visitor.troubles.extend([trouble] if trouble else [])
        return Journey(plan, assignment, call, owed, tuple(visitor.troubles))

    def number_for(self, call_plan: CallPlan, visitor: Browser) -> tuple[str, str]:
        """Which is dialled, and how it was assigned. The shop's own number is not ours: who was
        lent none dials the one in the brochure.
        """
        shown = visitor.shown
        if call_plan.from_brochure or shown is None or shown.assignment == "default":
            return self.shop.brochure_number, "brochure"
        return shown.e164, shown.assignment

    def record(self, sid: str, outcome: Outcome) -> str | None:
        """What went wrong, if anything did."""
        body: dict[str, str | int | None] = {"disposition": outcome.disposition}
        if outcome.value is not None:
            sale = {"currency": outcome.currency, "order_id": f"FS-{sid[-6:]}"}
            body |= {"value": outcome.value, **sale}
        url = f"{self.shop.service}/api/v1/calls/by-sid/{sid}/outcome"
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.headers["Authorization"] = f"Bearer {self.api_key}"
                answer = session.put(url, json=body, timeout=TIMEOUT)
        except requests.RequestException as problem:
            return f"outcome of {sid}: {type(problem).__name__}"
        return None if answer.ok else f"outcome of {sid}: status {answer.status_code}"


def outcome_after(plan: CallPlan, call: LedgerCall) -> Outcome | None:
    """What whoever took the call has to say of it; None: nothing, or they forget to."""
    if call.answered_by is not None:
        return plan.if_answered
    return plan.if_voicemail if call.reached is Reached.VOICEMAIL else None

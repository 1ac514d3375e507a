"""The visitors of a chaos: they read, call, and their outcomes are recorded and corrected."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import Any

from callweave.simulator.books import Outcome, Owed
from callweave.simulator.calling import live
from callweave.simulator.carrier import Carrier
from callweave.simulator.chance import chance
from callweave.simulator.clock import CallClock
from callweave.simulator.ledger import LedgerCall, Reached
from callweave.simulator.visitors import CallPlan as Intention
from callweave.simulator.visitors import JourneyPlan, Page, Visit
from chaos.faults import OTHERS_TROUBLES, CallPlan, Weather, elsewhere
from chaos.service import ServiceUnderTest
from chaos.stage import ORIGIN
from chaos.trouble import Trouble
from chaos.way import Way
from chaos.wire import Response, request

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
CORRECTED = 0.15
SAID_AGAIN = 0.2
CALLING_LATE = 0.15  # when the lease of the number is over
SOON, LATER = (5, 240), (400, 1_000)
TRIES, BETWEEN_TRIES_S = 60, 30.0
# Seconds after its last sign of life for which a page may rely on the number that it shows.
PROMISED_S = 200


@dataclass(slots=True)
class SharedTime(CallClock):
    """A call's own time, which passes for all others, too."""

    service: ServiceUnderTest | None = None

    def let_pass(self, seconds: float) -> None:
        assert self.service
        self.elapsed += seconds
        self.service.scheduler.let_pass(seconds)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What all journeys of one run share, and what they leave behind."""

    service: ServiceUnderTest
    carrier: Carrier
    site: str
    key: str
    seed: int
    weather: Weather
    owed: list[Owed] = field(default_factory=list)
    said: list[Owed] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)
    ways: dict[str, Way] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    ended: list[LedgerCall] = field(default_factory=list)


@dataclass(slots=True)
class Journey:
    """One visitor, as an actor of the scheduler: see ``play``."""

    crowd: Crowd
    plan: JourneyPlan
    draw: Random = field(init=False)
    visitor: str | None = None
    visit: str | None = None
    number: str | None = None
    assignment: str = "default"
    seen_at: float = 0.0
    misdated: bool = False
    met: Trouble | None = None

    def __post_init__(self) -> None:
        self.draw = chance(self.crowd.seed, self.plan.number, "pace")

    def play(self) -> None:
        for visit in self.plan.visits:
            self._read(visit)
        if self.plan.call:
            late = self.draw.random() < CALLING_LATE
            self.crowd.service.scheduler.let_pass(self.draw.uniform(*(LATER if late else SOON)))
            call = self._call(self.plan.call)
            self._conclude(self.plan.call, call)

    def _read(self, visit: Visit) -> None:
        referrer, query = visit.entrance.referrer or "", visit.entrance.query
        for page in visit.pages[:3]:
            url = f"{ORIGIN}/demo/{page.path}" + (f"?{query}" if query else "")
            self._announce(page, url, referrer)
            referrer, query = url, ""
            self.crowd.service.scheduler.let_pass(self.draw.uniform(2, 50))

    def _announce(self, page: Page, url: str, referrer: str) -> None:
        answer = self._send("POST", "/v1/visits", {
            "site": self.crowd.site,
            "visitor": self.visitor,
            "visit": self.visit,
            "consent": self.plan.consent,
            "page": {"url": url, "referrer": referrer, "title": page.title},
            "numbers_wanted": ["main"],
            "tz": "Europe/London",
            "language": "en-GB",
        })  # fmt: skip
        if answer.status // 100 == 2:
            told = json.loads(answer.body)
            if told["visit"] is None and self.plan.consent == "granted" and not self.met:
                what = "keeps its own number, though nothing had struck it"
                self.crowd.service.witness("visits", page.path, what)
            number = told["numbers"][0]
            self.visitor, self.visit = told["visitor"], told["visit"]
            self.number, self.assignment = number["e164"], number["assignment"]
            self.seen_at = self.crowd.service.scheduler.elapsed
            self.misdated |= bool(self.crowd.service.skew)
        elif answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
            self.crowd.service.witness("visits", page.path, f"was answered {answer.status}")

    def _call(self, intention: Intention) -> LedgerCall:
        crowd, number = self.crowd, self.plan.number
        to = self.number if self._dials_the_shown_one(intention) else None
        demo, scheduler = crowd.service.demo, crowd.service.scheduler
        line = crowd.carrier.dial(intention.caller, to or demo.pool.overflow.e164, number)
        line.clock = SharedTime(scheduler.now, service=crowd.service)
        plan = CallPlan.of(crowd.weather, crowd.seed, number)
        line.way = way = Way(crowd.service, plan, line.page.sid, line.clock)
        crowd.ways[line.page.sid], crowd.numbers[line.page.sid] = way, number
        if to and self.assignment == "exclusive" and self.visit and self._is_promised():
            crowd.shown[line.page.sid] = self.visit.partition(".")[0]
        call = live(line)
        crowd.ended.append(call)
        crowd.service.call_ended(call)
        return call

    def _dials_the_shown_one(self, intention: Intention) -> bool:
        return self.assignment != "default" and not intention.from_brochure

    def _is_promised(self) -> bool:
        """What was lent while the clock was off by a day is over, or begins, a day off."""
        return (
            not self.misdated and self.crowd.service.scheduler.elapsed - self.seen_at < PROMISED_S
        )

    def _conclude(self, intention: Intention, call: LedgerCall) -> None:
        talked, left = call.answered_by is not None, call.reached is Reached.VOICEMAIL
        outcome = intention.if_answered if talked else intention.if_voicemail if left else None
        if outcome is None:
            return
        self.crowd.service.scheduler.let_pass(self.draw.uniform(20, 400))
        self._record(call.sid, outcome)
        if self.draw.random() < SAID_AGAIN:
            self.crowd.service.scheduler.let_pass(self.draw.uniform(1, 100))
            self._record(call.sid, outcome)
        if self.draw.random() < CORRECTED:
            self.crowd.service.scheduler.let_pass(self.draw.uniform(1, 400))
            self._record(call.sid, _corrected(outcome, self.draw))

    def _record(self, sid: str, outcome: Outcome) -> None:
        """Until the service says that it has it: what it did not acknowledge is not owed."""
        body: dict[str, Any] = {"disposition": outcome.disposition}
        if outcome.value is not None:
            body |= {"value": outcome.value, "currency": outcome.currency}
            body |= {"order_id": f"FS-{sid[-6:]}"}
        status = 0
        self.crowd.said.append(Owed(sid, outcome))
        for _ in range(TRIES):
            status = self._send("PUT", f"/api/v1/calls/by-sid/{sid}/outcome", body).status
            self._expect_known(sid, status)
            if status == HTTPStatus.OK and not self._is_lost():
                self.crowd.owed.append(Owed(sid, outcome))
                return
            self.crowd.service.scheduler.let_pass(BETWEEN_TRIES_S)
        self.crowd.service.witness("outcomes", sid, f"never recorded: {status}")

    def _expect_known(self, sid: str, status: int) -> None:
        """Of a call of which anything was acknowledged, unless that waits in the spool."""
        service = self.crowd.service
        heard = [told.tidings for told in self.crowd.ways[sid].heard if not told.aside]
        known = any(told.is_of_call for told in heard)
        trouble = status == HTTPStatus.SERVICE_UNAVAILABLE
        if status != HTTPStatus.OK and not trouble and (known or status != HTTPStatus.NOT_FOUND):
            service.witness("outcomes", sid, f"an outcome was answered {status}")

    def _is_lost(self) -> bool:
        return self.draw.random() < self.crowd.weather.rates.lost_answer

    def _send(self, method: str, path: str, body: Mapping[str, Any]) -> Response:
        service, switch = self.crowd.service, self.crowd.service.switch
        headers = {"Content-Type": "application/json", "User-Agent": BROWSER, "Origin": ORIGIN}
        if method == "PUT":
            headers["Authorization"] = f"Bearer {self.crowd.key}"
        hit = self.draw.random() < self.crowd.weather.database
        trouble = self.draw.choice(OTHERS_TROUBLES) if hit else None
        switch.arm(trouble, self.draw.randint(0, 6))
        number = self.plan.number
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        answer = request(service.app, method, path, headers, json.dumps(body).encode(), address)
        self.met = struck = switch.struck
        switch.arm(None)
        if trouble:
            service.armed[elsewhere(trouble)] += 1
        if struck:
            service.struck[elsewhere(struck)] += 1
        elif answer.status >= 500:
            what = f"was answered {answer.status}, though nothing had struck it"
            service.witness("refused", f"{method} {path}", what)
        return answer


def _corrected(outcome: Outcome, draw: Random) -> Outcome:
    if outcome.value is None:
        return Outcome("lost" if outcome.disposition != "lost" else "other")
    if draw.random() < 0.3:
        return Outcome("lost")
    return Outcome("won", outcome.value + draw.randint(-900, 99_900), outcome.currency)

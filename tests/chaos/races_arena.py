"""Several services on one database whose statements take their time: what two transactions can do
to each other, they do here. The clock stands still while they race.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from random import Random
from time import sleep
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.test import TestResponse

from api_stage import PUBLIC, key_of, settings
from callweave.app import create_app
from callweave.intake import Webhook
from callweave.simulator.forms import call_form, final_form, progress_form, ring_form
from callweave.simulator.signing import signature
from callweave.storage.calls import Call, CallReport, Leg
from callweave.storage.database import Database, DatabaseError
from callweave.storage.plans import Agent
from callweave.workflows.set_up_site import PoolSetUp
from chaos.trouble import Switch, spoil
from listeners import listen
from lossy_carrier import LossyCarrier
from service import TOKEN, Line, Service, at_once, close, service
from shops import PLAN, shop, tracked

PROCESSES = 3
NUMBERS, LEASE_S = 3, 60
# Callers dial what no page ever shows, so that they are nobody's visitors.
DIALLED = tracked(NUMBERS + 2)[NUMBERS:]
# Longer than any session, any lease and any call that a comparison looks back at: nothing of one
# race is of any concern to the next.
BETWEEN_HOURS = 6
PATIENT: Mapping[str, Any] = {"voice_budget_ms": 30_000, "spool_mb": 1, "visits_per_network": 10**6}
OFTEN, LONGEST_S = 0.5, 0.02

Work = Callable[[], Any]


@dataclass(slots=True)
class Pauses(Switch):
    """Before every other statement and commit, so that others come in between."""

    draw: Random = field(default_factory=Random)

    def at_statement(self) -> None:
        if self.draw.random() < OFTEN:
            sleep(self.draw.uniform(0, LONGEST_S))

    def before_commit(self) -> None:
        self.at_statement()

    def after_commit(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """A request of the carrier's, to be sent by whoever gets it first."""

    path: str
    form: Mapping[str, str]

    def hook(self, arena: "Arena") -> Webhook:
        """As a service keeps it that could not commit it."""
        kind, _, leg = self.path.partition("?leg=")
        return Webhook(kind, leg or None, tuple(self.form.items()), arena.here.clock())


@dataclass(frozen=True, slots=True)
class Arena:
    """``key`` opens the API, ``listener`` is told everything; ``raised`` is what no work should."""

    services: Sequence[Service]
    carrier: LossyCarrier
    key: str
    listener: str
    draw: Random
    raised: list[str] = field(default_factory=list)
    callers: Iterator[int] = field(default_factory=partial(count, 200))

    @property
    def here(self) -> Service:
        """Each time another one."""
        return self.draw.choice(self.services)

    def line(self) -> Line:
        """Of somebody who has never called before."""
        number = self.draw.choice(DIALLED)
        return Line(self.services[0], number, f"+44770090{next(self.callers):04}")

    def tell(self, told: Told) -> Callable[[], TestResponse]:
        """By another process each time, and each time with a token that was never seen."""
        here, token = self.here, self.draw.randbytes(8).hex()
        path = f"/voice/{told.path}"
        headers = {
            "X-Twilio-Signature": signature(TOKEN, PUBLIC + path, told.form),
            "I-Twilio-Idempotency-Token": token,
        }
        return partial(here.send, path, urlencode(told.form), headers)

    def race(self, works: Sequence[Work]) -> list[Any]:
        """What each came to, all begun at once; None for one that raised the database's error."""
        return at_once([partial(self._kept, work) for work in works])

    def _kept(self, work: Work) -> Any:
        try:
            done = work()
        except (DatabaseError, SQLAlchemyError) as error:
            self.raised.append(repr(error))
            return None
        if isinstance(done, TestResponse) and done.status_code // 100 != 2:
            self.raised.append(f"{done.request.path} was answered {done.status_code}")
        return done

    def call(self, line: Line) -> Call | None:
        return next((call for call in self.services[0].calls() if call.sid == line.sid), None)

    def legs(self, call: Call) -> list[Leg]:
        legs = [leg for leg in self.services[0].rows(Leg) if leg.call_id == call.id]
        return sorted(legs, key=lambda leg: leg.position)

    def reports(self, line: Line) -> int:
        kept = self.services[0].rows(CallReport)
        return sum(report.call_sid == line.sid for report in kept)

    def complaints(self) -> Iterator[str]:
        """Whatever race it was: nobody is held by a call that is over, nothing went wrong."""
        ended = {call.id for call in self.services[0].calls() if call.state == "ended"}
        for agent in self.services[0].rows(Agent):
            if agent.call_id in ended:
                yield f"{agent.name} is held by a call that is over"
        for each in self.services:
            if each.parts.spool.waiting:
                yield "the database was there, and the fallback answered all the same"
                each.parts.draining.turn()
        yield from self.raised
        self.raised.clear()
        self.services[0].clock.move(hours=BETWEEN_HOURS)


def ring_of(line: Line) -> Told:
    return Told("ring", ring_form(line.party))


def leg_of(line: Line, leg: int, status: str, nth: int, seconds: int | None = None) -> Told:
    at = line.service.clock()
    form = progress_form(line.leg_party(leg), status, at, nth, seconds)
    return Told(f"status?leg={leg}", form)


def talk_of(line: Line, leg: int) -> list[Told]:
    """In the order in which the carrier tells of it, the last status included."""
    talked = {"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "30"}
    return [
        leg_of(line, leg, "initiated", 0),
        leg_of(line, leg, "ringing", 1),
        leg_of(line, leg, "in-progress", 2),
        Told(f"whisper?leg={leg}", call_form(line.leg_party(leg), "in-progress")),
        leg_of(line, leg, "completed", 3, 32),
        Told(f"dialled?leg={leg}", call_form(line.party, "in-progress") | talked),
        Told("status", final_form(line.party, "completed", line.service.clock(), 40)),
    ]


@contextmanager
def arena(database_url: str, seed: int) -> Iterator[Arena]:
    plan = {**PLAN, "default": {"targets": [{"skill": "sales", "level": 6}, {"skill": "norway"}]}}
    usual = shop(NUMBERS, lease_s=LEASE_S)
    pools = (*usual.pools, PoolSetUp("never shown", LEASE_S, DIALLED, None))
    wanted = replace(usual, plan=plan, pools=pools)
    draw, database = Random(seed), Database(database_url)
    with ExitStack() as stack:
        stack.callback(database.close)
        first = stack.enter_context(service(database, database_url, wanted, **PATIENT))
        services = [first, *(_another(first, database_url) for _ in range(PROCESSES - 1))]
        for each in services[1:]:
            stack.callback(close, each.parts)
        for each in services:
            spoil(each.parts.database, Pauses(draw=draw))
        key = key_of(database, first.site.account_id).secret
        listener = listen(database, first.site.account_id)
        carrier = LossyCarrier(first, DIALLED[:1])
        yield Arena(services, carrier, key, listener, draw)


def _another(first: Service, database_url: str) -> Service:
    app = create_app(replace(settings(database_url), **PATIENT), first.clock)
    return replace(first, app=app, parts=app.extensions["callweave"])

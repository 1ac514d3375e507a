"""Part A: thousands of calls in one process, on a virtual clock, the same for the same seed."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

from sqlalchemy import Engine, create_engine, select

from callweave.simulator.carrier import Account, Carrier, Scenario, numbers_at
from callweave.simulator.chance import chance
from callweave.simulator.ledger import LedgerCall
from callweave.simulator.people import AddressBook, Temperament
from callweave.simulator.visitors import JourneyPlan, draw_journey
from callweave.storage.schema import TABLES
from chaos.evidence import Breach, Evidence, Heard
from chaos.faults import Weather
from chaos.judge import judge
from chaos.nets import ALL_NETS, Net, Nets
from chaos.people import Crowd, Journey
from chaos.rows import Rows, read_rows
from chaos.scheduler import Scheduler
from chaos.service import ACCOUNT, TOKENS, ServiceUnderTest
from chaos.stage import START, Stage
from chaos.tidings import Acknowledged
from chaos.weather import let_it_rain
from chaos.wire import PUBLIC

EVERY_S = 5.0
# A run of so many calls has met all that its weather can bring.
LONG = 300
OVERRIDES = "#ct=2000&rt=5000&rc=1&rp=all"
DESK = Temperament(answers=60, hangs_up_in_whisper=0, busy=10, does_not_answer=30, fails=0)


@dataclass(frozen=True, slots=True)
class Plan:
    calls: int
    seed: int
    weather: Weather
    nets: Nets = ALL_NETS
    only_call: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """``digest``: SHA-256 over all rows of all tables."""

    plan: Plan
    breaches: Sequence[Breach]
    digest: str
    evidence: Evidence
    crowd: Crowd

    @property
    def ledger(self) -> Sequence[LedgerCall]:
        return self.evidence.ledger

    @property
    def rows(self) -> Rows:
        return self.evidence.rows


def play(plan: Plan, stage: Stage) -> Run:
    observer = create_engine(stage.url.replace("postgres://", "postgresql://"))
    scheduler = Scheduler(START)
    service = ServiceUnderTest(
        stage.url, stage.demo, stage.folder, scheduler, observer, plan.seed, plan.nets
    )
    service.troubled_share = plan.weather.database
    crowd = _crowd(plan, stage, service)
    last = _arrivals(plan, crowd)
    let_it_rain(service, crowd.carrier, plan.weather, last)
    try:
        scheduler.run()
        return _judged(plan, crowd, observer)
    finally:
        service.stop()
        observer.dispose()


def _crowd(plan: Plan, stage: Stage, service: ServiceUnderTest) -> Crowd:
    demo = stage.demo
    agents = {agent.endpoint: Temperament() for agent in demo.agents}
    numbers = dict(numbers_at(PUBLIC, demo.tracked_numbers, OVERRIDES))
    if Net.FALLBACK not in plan.nets:
        numbers = {to: replace(each, voice_fallback_url=None) for to, each in numbers.items()}
    carrier = Carrier(
        Account(ACCOUNT, TOKENS[0]),
        numbers,
        AddressBook({**agents, demo.site.default_destination: DESK}),
        scenario=Scenario(seed=plan.seed, clock=lambda: service.scheduler.now),
    )
    return Crowd(service, carrier, stage.site, stage.key, plan.seed, plan.weather)


def _arrivals(plan: Plan, crowd: Crowd) -> float:
    """Begins all journeys at their times; when the last one begins."""
    at = 0.0
    for journey in _journeys(plan.seed, plan.calls):
        at += chance(plan.seed, journey.number, "arrival").expovariate(1 / EVERY_S)
        if plan.only_call in {None, journey.number}:
            crowd.service.scheduler.act(at, Journey(crowd, journey).play)
    return at


def _journeys(seed: int, calls: int) -> Sequence[JourneyPlan]:
    """As many as it takes for so many calls; those who do not call compete for numbers."""
    found: list[JourneyPlan] = []
    for number in count():
        if calls <= 0:
            return found
        found.append(draw_journey(seed, number))
        calls -= found[-1].call is not None
    raise AssertionError


def _judged(plan: Plan, crowd: Crowd, observer: Engine) -> Run:
    service, ways = crowd.service, crowd.ways
    evidence = Evidence(
        ledger=crowd.carrier.ledger.calls(),
        owed=crowd.owed,
        rows=read_rows(observer),
        struck={sid: way.plan.struck for sid, way in ways.items()},
        shown=crowd.shown,
        witnessed=[*service.breaches, *_never_struck(plan, service)],
        spooled=service.spooled,
        unreadable=service.unreadable,
        agents={agent.endpoint for agent in service.demo.agents},
        skewed=service.skews,
        heard={sid: [_heard(service, told) for told in way.heard] for sid, way in ways.items()},
        lost=sum((way.lost for way in ways.values()), Counter()),
        said=crowd.said,
    )
    return Run(plan, judge(evidence), digest(observer), evidence, crowd)


def _heard(service: ServiceUnderTest, told: Acknowledged) -> Heard:
    """What was kept aside was heard as well, however long the database was away."""
    report = told.tidings
    moment = service.scheduler.start + timedelta(seconds=told.at)
    return Heard(report.kind, report.leg, report.status, moment)


def _never_struck(plan: Plan, service: ServiceUnderTest) -> Iterator[Breach]:
    """A fault that never strikes proves nothing, however often it was armed."""
    if plan.calls < LONG or plan.only_call is not None:
        return
    for kind in plan.weather.kinds():
        if not service.struck[kind]:
            yield Breach("weather", kind, f"armed {service.armed[kind]} times, never struck")


def digest(observer: Engine) -> str:
    """Rows sorted within each table, tables by name: the order of inserting does not matter."""
    found = hashlib.sha256()
    with observer.connect() as connection:
        for name in sorted(TABLES.tables):
            rows = connection.execute(select(TABLES.tables[name])).all()
            found.update(name.encode())
            for row in sorted(map(repr, map(tuple, rows))):
                found.update(row.encode())
    return found.hexdigest()

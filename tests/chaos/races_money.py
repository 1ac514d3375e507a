"""Races for what is counted: outcomes, credits, numbers that are lent, facts that are told."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise
from time import sleep
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from callweave.domain.facts import Answer, Delivered, Failed
from callweave.integrations.destination import Errand
from callweave.storage.calls import Call
from callweave.storage.numbers import Lease
from callweave.storage.outcomes import Credit, Outcome
from callweave.storage.visits import Visit
from callweave.workflows.deliver_fact import deliver_fact
from chaos.races_arena import NUMBERS, Arena, ring_of, talk_of
from listeners import Listener, deliveries, listen, owe
from service import Line

MOST_AT_ONCE = 8
SPEAKERS = 4
FACTS, WORKERS = 4, 3


def outcomes(arena: Arena) -> Iterator[str]:
    """Who speaks at once is heard one after the other, while the call's last reports come in."""
    line = Line(arena.services[0], arena.here.shown())
    talk = talk_of(line, 1)
    for told in [ring_of(line), *talk[:-2]]:
        arena.tell(told)()
    values = arena.draw.sample(range(1_000, 99_999), arena.draw.randint(1, SPEAKERS - 1))
    said = [*values, *values * SPEAKERS][:SPEAKERS]  # some say what another says
    arena.race(
        [*(_say(arena, line.sid, each) for each in said), *(arena.tell(each) for each in talk[-2:])]
    )
    call = arena.call(line)
    assert call
    yield from _books(arena, call, values)


def numbers(arena: Arena) -> Iterator[str]:
    """A number is lent to one visit at a time, whoever asks at the same moment."""
    many = arena.draw.randint(2, MOST_AT_ONCE)
    answers = arena.race([partial(arena.here.announce) for _ in range(many)])
    lent = [_lent(answer) for answer in answers if answer is not None]
    alone = Counter(number for number, assignment in lent if assignment == "exclusive")
    if max(alone.values(), default=0) > 1:
        yield f"one number is shown to {max(alone.values())} visits as theirs alone"
    if len(alone) < min(many, NUMBERS):
        yield f"{len(alone)} of {NUMBERS} free numbers were lent to {many} visits"
    yield from _overlaps(arena)


def tabs(arena: Arena) -> Iterator[str]:
    """Two tabs of one visitor who comes back are one visit, with one number."""
    here = arena.services[0]
    first = here.announce().get_json()
    here.clock.move(hours=3)
    body = here.page("/norway", first)
    answers = arena.race([partial(arena.here.announce, body) for _ in range(MOST_AT_ONCE // 2)])
    told = [answer.get_json() for answer in answers if answer is not None]
    if len({each["numbers"][0]["e164"] for each in told}) != 1:
        yield "the tabs of one visit show different numbers"
    visitor = first["visitor"].partition(".")[0]
    begun = [visit for visit in here.rows(Visit) if visit.visitor_id == visitor]
    if len(begun) != 2:
        yield f"{len(begun) - 1} visits were begun by one return"
    yield from _overlaps(arena)


def told_facts(arena: Arena) -> Iterator[str]:
    """Each fact is told under one id, again if it has to be, and never by two at once."""
    here = arena.services[0]
    destination = listen(here.database, here.site.account_id, facts=())
    owed = owe(here.database, destination, FACTS, here.clock())
    listener = _Listener()
    for turn in range(2):
        now = here.clock() + timedelta(hours=turn, seconds=1)
        arena.race([partial(_work, arena, listener, destination, now) for _ in range(WORKERS)])
    heard = Counter(errand.fact_id for errand in listener.heard)
    if heard != Counter(dict.fromkeys(owed, 2)):
        yield f"{FACTS} facts, each refused once, were told {sorted(heard.values())} times"
    left = [each for each in deliveries(here.database, destination_id=destination) if each.due_at]
    if left:
        yield f"{len(left)} are still owed"


class _Listener(Listener):
    """Takes its time, and takes nothing the first time."""

    def deliver(self, errand: Errand, now: Any) -> Answer:
        first = errand.fact_id not in {each.fact_id for each in self.heard}
        self.heard.append(errand)
        sleep(0.005)
        return Failed("not now") if first else Delivered()


def _work(arena: Arena, listener: Listener, destination: str, now: Any) -> None:
    database = arena.here.parts.database
    while deliver_fact(database, listener.kinds, destination, now, 0.5):
        pass


def _say(arena: Arena, sid: str, value: int) -> partial[TestResponse]:
    return partial(
        arena.here.client.put,
        f"/api/v1/calls/by-sid/{sid}/outcome",
        json={"disposition": "won", "value": value},
        headers={"Authorization": f"Bearer {arena.key}"},
    )


def _books(arena: Arena, call: Call, values: list[int]) -> Iterator[str]:
    here = arena.services[0]
    with here.database.reading() as session:
        ours = select(Outcome).where(Outcome.call_id == call.id).order_by(Outcome.position)
        said = list(session.scalars(ours))
        credits_ = list(session.scalars(select(Credit).where(Credit.call_id == call.id)))
    if {outcome.value for outcome in said} != {*values} or len(said) > SPEAKERS:
        yield f"{values} were said, {[outcome.value for outcome in said]} are kept"
    if said and call.value != said[-1].value:
        yield f"{said[-1].value} was said last, the call says {call.value}"
    shares: Counter[str] = Counter()
    for credit in credits_:
        shares[credit.model] += credit.value
    if len(shares) != 6 or {*shares.values()} != {call.value}:
        yield f"credits of {dict(shares)} for {call.value}"
    for subject, kind in [(call.id, "call.completed"), *((o.id, "outcome.recorded") for o in said)]:
        told = [each.type for each in deliveries(here.database, subject=subject)]
        if told != [kind]:
            yield f"{kind} was told as {told}"


def _lent(answer: TestResponse) -> tuple[str, str]:
    number = answer.get_json()["numbers"][0]
    return number["e164"], number["assignment"]


def _overlaps(arena: Arena) -> Iterator[str]:
    alone = [lease for lease in arena.here.rows(Lease) if lease.assignment == "exclusive"]
    alone.sort(key=lambda lease: (lease.number_id, lease.started_at))
    for first, second in pairwise(alone):
        if first.number_id == second.number_id and second.started_at < first.expires_at:
            yield f"lent to {second.visit_id} while {first.visit_id} has it"

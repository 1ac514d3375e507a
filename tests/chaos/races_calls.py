"""Races for one call: its reports come at the same moment, through several processes."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from callweave.intake import Webhook
from callweave.simulator.forms import call_form, final_form
from callweave.simulator.people import Answers, Behaviour, Busy, DoesNotAnswer
from callweave.storage.calls import Call, Leg
from callweave.storage.database import DuplicateError
from callweave.storage.set_aside import SetAside
from callweave.workflows.answer_call import Ringing, answer_call
from chaos.races_arena import Arena, Told, leg_of, ring_of, talk_of
from listeners import deliveries
from lossy_carrier import story
from service import Line
from shops import ANA, BEN, DEV, FRONT_DESK

MOST_AT_ONCE = 8
_OWN_TO_A_CALL = {"id", "sid", "from_number", "to_number", "number_id", "candidates"}
_OWN_TO_A_LEG = {"call_id"}
_PEOPLE: tuple[dict[str, Behaviour], ...] = (
    {DEV: Answers(6, 300)},
    {DEV: Busy(), BEN: Answers(3, 40)},
    {DEV: DoesNotAnswer(), BEN: DoesNotAnswer(), FRONT_DESK: Answers(5, 70)},
)


def one_report(arena: Arena) -> Iterator[str]:
    """The same request at once, however often, is one, and everybody hears the same."""
    line = arena.line()
    before = [ring_of(line), *talk_of(line, 1)]
    nth = arena.draw.randrange(len(before))
    for told in before[:nth]:
        arena.tell(told)()
    times = arena.draw.randint(2, MOST_AT_ONCE)
    answers = arena.race([arena.tell(before[nth]) for _ in range(times)])
    heard = {answer.data for answer in answers if answer is not None}
    if len(heard) != 1:
        yield f"{before[nth].path} at once {times} times was answered in {len(heard)} ways"
    if arena.reports(line) != nth + 1:
        yield f"{nth + 1} reports came, {arena.reports(line)} are kept ({before[nth].path})"
    _end(arena, line)


def one_call(arena: Arena) -> Iterator[str]:
    """All that is told of a talk, at once, comes to the same as told one after the other."""
    reference, line = arena.line(), arena.line()
    for told in [ring_of(reference), *talk_of(reference, 1)]:
        arena.tell(told)()
    arena.tell(ring_of(line))()
    works = [arena.tell(told) for told in talk_of(line, 1)]
    arena.draw.shuffle(works)
    arena.race(works)
    yield from _unlike(arena, reference, line)
    yield from _facts(arena, line)


def ring_and_legs(arena: Arena) -> Iterator[str]:
    """What is told of a leg before the ring itself was answered, or meanwhile, is not forgotten."""
    reference, line, many = arena.line(), arena.line(), arena.draw.randint(1, 3)
    for told in [ring_of(reference), *_picked_up(reference)[-many:]]:
        arena.tell(told)()
    expected = _portrait(arena, reference)
    _end(arena, reference)
    ring, *reports = [arena.tell(each) for each in [ring_of(line), *_picked_up(line)[-many:]]]
    early = arena.draw.randint(0, many)
    if early:
        arena.race(reports[:early])
    arena.race([ring, *reports[early:]])
    yield from _differences(expected, _portrait(arena, line))
    _end(arena, line)


def ring_overtaken(arena: Arena) -> Iterator[str]:
    """The fallback answered, the default destination talks, the call ends, and only now the ring
    itself is heard of: all at once.
    """
    line = arena.line()
    lost = call_form(line.party, "ringing") | {
        "ErrorCode": "11200",
        "ErrorUrl": "https://calls.example.com/voice/ring",
    }
    told = [ring_of(line), Told("fallback", lost), *talk_of(line, 0)]
    arena.race([arena.tell(each) for each in told])
    call = arena.call(line)
    if call is None or arena.reports(line) != len(told):
        yield f"{len(told)} reports came, {arena.reports(line)} are kept"
        return
    found = (call.state, call.result, call.duration_s, call.answered_by)
    if found != ("ended", "answered", 40, "default destination"):
        yield f"the default destination talked for 30 s of 40, the books say {found}"
    yield from _facts(arena, line)


def version_before(arena: Arena) -> Iterator[str]:
    """During a deploy the version before answers the ring without taking its turn."""
    line = arena.line()
    last = Told("status", final_form(line.party, "canceled", line.service.clock(), 0))
    arena.race([partial(_ring_before, arena, ring_of(line)), arena.tell(last), arena.tell(last)])
    call = arena.call(line)
    if call is None or call.state != "ended":
        yield f"a canceled call is {call and call.state}"
    _end(arena, line)


def one_agent(arena: Arena) -> Iterator[str]:
    """Two calls at once never ring the same person, be it at first or after somebody else."""
    first = arena.line()
    dialled = arena.tell(ring_of(first))()
    busy = {"DialCallStatus": "no-answer", "DialBridged": "false"}
    ended = Told("dialled?leg=1", call_form(first.party, "in-progress") | busy)
    lines = [arena.line() for _ in range(arena.draw.randint(1, MOST_AT_ONCE))]
    answers = arena.race([arena.tell(ended), *(arena.tell(ring_of(line)) for line in lines)])
    said = [answer.get_data(as_text=True) for answer in answers if answer is not None]
    for agent in (ANA, BEN, DEV):
        times = sum(agent in each for each in said)
        if times > 1:
            yield f"{agent} was rung by {times} calls at once"
    if DEV not in dialled.get_data(as_text=True):
        yield "the only one who is free was not rung"
    for line in (first, *lines):
        _end(arena, line)


def spooled(arena: Arena) -> Iterator[str]:
    """What waits in two spools is taken in while the carrier sends it once more."""
    reference, line = arena.line(), arena.line()
    for told in [ring_of(reference), *talk_of(reference, 1)]:
        arena.tell(told)()
    arena.tell(ring_of(line))()
    talk = talk_of(line, 1)
    keepers = arena.services[:2]
    for told in talk:
        for here in keepers:
            here.parts.spool.keep(told.hook(arena), None)
    turns = [here.parts.draining.turn for here in (*keepers, *keepers)]
    arena.race([*turns, *(arena.tell(told) for told in talk[-3:])])
    yield from _unlike(arena, reference, line)
    if any(here.parts.spool.waiting for here in keepers):
        yield "something is left in the spool"


def compared(arena: Arena) -> Iterator[str]:
    """The carrier's list is compared by two at once while what was lost comes after all."""
    lost: list[Told] = []
    here, draw = arena.services[0], arena.draw
    call = arena.carrier.ring(
        draw.choice(_PEOPLE),
        lambda kind, _: kind == "status" and draw.random() < 0.7,
        instead=lambda path, form: lost.append(Told(path.removeprefix("/voice/"), dict(form))),
    )
    began, now = here.clock(), here.clock.move(minutes=20)
    compare = partial(arena.carrier.reconcile, now, began)
    first, second, *_ = arena.race([compare, compare, *(arena.tell(told) for told in lost)])
    if any(repairs and repairs.unreadable for repairs in (first, second)):
        yield "a call could not be compared, since another comparison was at it"
    compare()
    truth = ("ended", call.duration, call.answered_by)
    if story(here, call.sid) != truth:
        yield f"{truth} at the carrier, {story(here, call.sid)} in the books"
    if compare().by_kind:
        yield "what was repaired has to be repaired again"


def unreadable(arena: Arena) -> Iterator[str]:
    """What makes no sense is set aside once, whoever is first."""
    line, before = arena.line(), len(arena.here.rows(SetAside))
    told = Told("status", call_form(line.party, "no-such-status"))
    arena.race([arena.tell(told) for _ in range(arena.draw.randint(2, MOST_AT_ONCE))])
    kept = len(arena.here.rows(SetAside)) - before
    if kept != 1:
        yield f"set aside {kept} times"


def _ring_before(arena: Arena, told: Told) -> None:
    intake, hook = arena.here.parts.intake, told.hook(arena)
    received = intake.read(Webhook("ring", None, hook.fields, hook.at))
    ring = Ringing(received.inbound, received.report, intake.addresses, intake.default_destination)
    with suppress(DuplicateError), intake.database.hot() as tx:
        answer_call(tx, intake.mint, ring, hook.at)


def _picked_up(line: Line) -> list[Told]:
    return [
        leg_of(line, 1, "initiated", 0),
        leg_of(line, 1, "ringing", 1),
        leg_of(line, 1, "in-progress", 2),
    ]


def _end(arena: Arena, line: Line) -> None:
    last = final_form(line.party, "completed", line.service.clock(), 40)
    arena.tell(Told("status", last))()


def _unlike(arena: Arena, reference: Line, line: Line) -> Iterator[str]:
    if arena.reports(line) != arena.reports(reference):
        yield f"{arena.reports(reference)} reports came, {arena.reports(line)} are kept"
    yield from _differences(_portrait(arena, reference), _portrait(arena, line))


Portrait = dict[str, Any]


def _portrait(arena: Arena, line: Line) -> Portrait:
    call = arena.call(line)
    if call is None:
        return {}
    found = _columns(call, Call, _OWN_TO_A_CALL)
    for leg in arena.legs(call):
        of_leg = _columns(leg, Leg, _OWN_TO_A_LEG)
        found |= {f"leg {leg.position} {name}": value for name, value in of_leg.items()}
    return found


def _columns(row: object, table: Any, but: set[str]) -> Portrait:
    names = {column.name for column in table.__table__.columns}
    return {name: getattr(row, name) for name in names - but}


def _differences(expected: Portrait, found: Portrait) -> Iterator[str]:
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            yield f"{name} is {found.get(name)}, in order it would be {expected.get(name)}"


def _facts(arena: Arena, line: Line) -> Iterator[str]:
    call = arena.call(line)
    told = deliveries(arena.here.database, subject=call.id) if call else []
    kinds = [each.type for each in told if each.destination_id == arena.listener]
    if kinds != ["call.completed"]:
        yield f"the end of the call was told as {kinds}"

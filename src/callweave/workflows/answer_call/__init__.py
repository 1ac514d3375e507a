"""A tracked number rings: whose call is it, who should take it, and what does the carrier do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from callweave.domain.ids import Mint
from callweave.domain.matching import Match, match_ring
from callweave.domain.routing.agents import Agent
from callweave.domain.routing.circles import Laps, circle
from callweave.domain.routing.decide import COMES_BACK, decide
from callweave.domain.routing.decisions import Attempt, Decision, Dial, Trace, Voicemail
from callweave.domain.routing.plans import MOST_ATTEMPTS, Plan, default_plan, destinations_of
from callweave.storage import callbook, ringing
from callweave.storage.callbook import NewCall, NewLeg, NewReport
from callweave.storage.people import People
from callweave.storage.prepared import HotTransaction
from callweave.storage.profiles import Known, read_known
from callweave.storage.ringing import DialledNumber, Rung, Situation
from callweave.telephony import twiml
from callweave.telephony.callbacks import Inbound
from callweave.telephony.twiml import Addresses
from callweave.workflows.answer_call.rows import Routed, new_call, of_stranger

_NO_RULES = Trace((), default=None)


@dataclass(frozen=True, slots=True)
class Ringing:
    """``default_destination`` is where a number that we do not know rings."""

    inbound: Inbound
    report: NewReport
    addresses: Addresses
    default_destination: str


def answer_call(tx: HotTransaction, mint: Mint, ring: Ringing, now: datetime) -> str:
    """The TwiML for a ring. One of a call that is known already ends in DuplicateError."""
    return _answer(tx, mint, ring, _look_up(tx, ring, now), now)


def answer_first(tx: HotTransaction, mint: Mint, ring: Ringing, now: datetime) -> str | None:
    """The same; None, and nothing done, where any report of the call is kept already."""
    situation = _look_up(tx, ring, now)
    if situation.is_heard_of:
        return None
    return _answer(tx, mint, ring, situation, now)


def adopt_call(tx: HotTransaction, mint: Mint, ring: Ringing, rang_at: datetime) -> None:
    """A row for a call that was answered without us (by the fallback), from a later report."""
    callbook.write_call(tx, _undecided(tx, mint.new("ca", rang_at), ring, rang_at))


def rematch_call(tx: HotTransaction, call: str, ring: Ringing, rang_at: datetime) -> None:
    """Now that the ring itself has come, for a call that was adopted from a later report."""
    callbook.rematch_call(tx, _undecided(tx, call, ring, rang_at))


def _undecided(tx: HotTransaction, call: str, ring: Ringing, rang_at: datetime) -> NewCall:
    """Who held the number when it rang counts, not who holds it now."""
    found = ringing.dialled_number(tx, ring.inbound.to)
    if found is None:
        return of_stranger(call, ring.inbound, rang_at)
    dialled, book = found
    match = match_ring(book, rang_at)
    known = _known(tx, ring, dialled, match, rang_at)
    return new_call(call, ring.inbound, dialled, match, known, rang_at)


def _known(
    tx: HotTransaction,
    ring: Ringing,
    dialled: DialledNumber,
    match: Match,
    rang_at: datetime,
    endpoints: Collection[str] = (),
) -> Known:
    caller, account, origin = ring.inbound.caller, dialled.account_id, dialled.origin
    return read_known(tx, account, match, caller, origin, rang_at, endpoints)


def _look_up(tx: HotTransaction, ring: Ringing, now: datetime) -> Situation:
    inbound = ring.inbound
    return ringing.look_up(tx, inbound.call_sid, inbound.to, inbound.caller.number, now)


def _answer(
    tx: HotTransaction, mint: Mint, ring: Ringing, situation: Situation, now: datetime
) -> str:
    laps = situation.laps
    if situation.rung:
        answer = _connect(tx, mint, ring, situation.rung, laps, now)
    else:
        answer = _stray(tx, mint, ring, laps, now)
    callbook.write_report(tx, ring.report, answer, now)
    return answer


def _connect(
    tx: HotTransaction, mint: Mint, ring: Ringing, rung: Rung, laps: Laps, now: datetime
) -> str:
    dialled = rung.number
    match = match_ring(rung.book, now)
    plan_id, plan = rung.plan or (None, default_plan(dialled.default_destination))
    known = _known(tx, ring, dialled, match, now, _asked_about(plan))
    call = mint.new("ca", now)
    people = People(tx, dialled.account_id, now)
    addresses = destinations_of(plan) | {dialled.default_destination}
    if ring.inbound.forwarded_from:
        addresses |= {agent.endpoint.address for agent in people}
    came_back = _circle(ring, addresses, laps)
    decision = came_back or _decide(tx, dialled, plan, known, people, call)
    callbook.write_call(
        tx, new_call(call, ring.inbound, dialled, match, known, now, Routed(plan_id, decision))
    )
    match decision:
        case Dial(attempts=(first, *_)):
            leg = NewLeg(call, 1, first.agent_id, first.name, first.endpoint)
            callbook.write_leg(tx, leg, now)
            shown = twiml.caller_id(ring.inbound.caller.number, ring.inbound.to)
            return twiml.dial(first, "1", shown, ring.addresses, dialled.recording_notice)
        case Dial() | Voicemail():
            return twiml.voicemail(ring.addresses)
        case _:
            assert_never(decision)


def _stray(tx: HotTransaction, mint: Mint, ring: Ringing, laps: Laps, now: datetime) -> str:
    """Nobody told us of this number, and still a person answers."""
    destination = ring.default_destination
    came_back = _circle(ring, {destination}, laps)
    if came_back is None and ringing.own_numbers(tx, [destination]):
        came_back = Voicemail(f"{destination} {COMES_BACK}", _NO_RULES)
    call = of_stranger(mint.new("ca", now), ring.inbound, now, Routed(None, came_back))
    callbook.write_call(tx, call)
    if came_back:
        return twiml.voicemail(ring.addresses)
    shown = twiml.caller_id(ring.inbound.caller.number, ring.inbound.to)
    return twiml.dial_fallback(destination, shown, ring.addresses)


def _circle(ring: Ringing, rung: Collection[str], laps: Laps) -> Voicemail | None:
    """In place of a decision, where one would send the call round again."""
    inbound = ring.inbound
    rung_by_us = {*rung, ring.default_destination}
    withheld = inbound.caller.number is None
    reason = circle(inbound.forwarded_from, rung_by_us, laps, withheld=withheld)
    return Voicemail(reason, _NO_RULES) if reason else None


def _decide(
    tx: HotTransaction, dialled: DialledNumber, plan: Plan, known: Known, people: People, call: str
) -> Decision:
    """Decides, and holds the first agent; if another call was quicker, decides without that one.
    Without those, too, that turn out to have a number of ours.
    """
    names, now = dialled.topic_names, people.at
    agents: Sequence[Agent] = people
    own, asked = set(known.own_numbers), _asked_about(plan)
    while True:
        decision = decide(plan, known.profile, agents, now, topic_names=names, own_numbers=own)
        attempts = decision.attempts if isinstance(decision, Dial) else ()
        found = _own_numbers(tx, attempts, people, asked)
        own |= found
        if found:
            continue
        first = attempts[0] if attempts else None
        if first is None or _hold(tx, first, call, now):
            return decision
        agents = [_busy(agent) if agent.id == first.agent_id else agent for agent in agents]


def _own_numbers(
    tx: HotTransaction, attempts: Sequence[Attempt], people: People, asked: set[str]
) -> set[str]:
    """Those of the attempts that would only come back. Of agents it is known."""
    unasked = {attempt.endpoint for attempt in attempts if attempt.agent_id is None} - asked
    found = ringing.own_numbers(tx, unasked) if unasked else set()
    return found | {each.endpoint for each in attempts if each.endpoint in people.own_numbers}


def _asked_about(plan: Plan) -> set[str]:
    """Destinations that are looked up with the caller, and need no question of their own."""
    named = destinations_of(plan)
    return named if len(named) <= MOST_ATTEMPTS else set()


def _hold(tx: HotTransaction, attempt: Attempt, call: str, now: datetime) -> bool:
    if attempt.agent_id is None:
        return True
    held_until = now + callbook.holding_time(attempt.ring_seconds)
    return callbook.hold_agent(tx, attempt.agent_id, call, now, held_until)


def _busy(agent: Agent) -> Agent:
    return replace(agent, busy=True)

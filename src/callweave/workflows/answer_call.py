"""A tracked number rings: whose call is it, who should take it, and what does the carrier do."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from callweave.domain.ids import Mint
from callweave.domain.matching import NO_MATCH, Candidate, Match, match_ring
from callweave.domain.routing.agents import Agent
from callweave.domain.routing.circles import WITHIN, circle
from callweave.domain.routing.decide import COMES_BACK, decide
from callweave.domain.routing.decisions import Attempt, Decision, Dial, Trace, Voicemail
from callweave.domain.routing.plans import Plan, default_plan, destinations_of
from callweave.domain.routing.profile import Profile
from callweave.domain.routing.records import decision_to_data
from callweave.domain.routing.whisper import whisper_text
from callweave.storage import callbook, ringing
from callweave.storage.callbook import NewCall, NewLeg, NewReport
from callweave.storage.prepared import HotTransaction
from callweave.storage.profiles import Known, read_known
from callweave.storage.ringing import DialledNumber
from callweave.telephony import twiml
from callweave.telephony.callbacks import Inbound
from callweave.telephony.twiml import Addresses

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
    dialled = ringing.dialled_number(tx, ring.inbound.to)
    answer = _connect(tx, mint, ring, dialled, now) if dialled else _stray(tx, mint, ring, now)
    callbook.write_report(tx, ring.report, answer, now)
    return answer


def adopt_call(tx: HotTransaction, mint: Mint, ring: Ringing, rang_at: datetime) -> None:
    """A row for a call that was answered without us (by the fallback), from a later report."""
    callbook.write_call(tx, _undecided(tx, mint.new("ca", rang_at), ring, rang_at))


def rematch_call(tx: HotTransaction, call: str, ring: Ringing, rang_at: datetime) -> None:
    """Now that the ring itself has come, for a call that was adopted from a later report."""
    callbook.rematch_call(tx, _undecided(tx, call, ring, rang_at))


def _undecided(tx: HotTransaction, call: str, ring: Ringing, rang_at: datetime) -> NewCall:
    """Who held the number when it rang counts, not who holds it now."""
    dialled = ringing.dialled_number(tx, ring.inbound.to)
    if dialled is None:
        return _of_stranger(call, ring, rang_at)
    match = match_ring(ringing.lease_book(tx, dialled.id), rang_at)
    known = _known(tx, ring, dialled, match, rang_at)
    return _new_call(call, ring.inbound, dialled, match, known, rang_at)


def _known(
    tx: HotTransaction, ring: Ringing, dialled: DialledNumber, match: Match, rang_at: datetime
) -> Known:
    """What the number itself stands for is known of a caller of whom nothing else is."""
    known = read_known(tx, dialled.account_id, match, ring.inbound.caller, rang_at)
    origin = dialled.origin
    if known.visitor_id or origin is None:
        return known
    of_number = replace(
        known.profile, channel=origin.channel, source=origin.source, campaign=origin.campaign
    )
    return replace(known, profile=of_number)


def _of_stranger(call: str, ring: Ringing, rang_at: datetime) -> NewCall:
    known = Known(None, None, Profile.unknown())
    return _new_call(call, ring.inbound, None, NO_MATCH, known, rang_at)


def _connect(
    tx: HotTransaction, mint: Mint, ring: Ringing, dialled: DialledNumber, now: datetime
) -> str:
    match = match_ring(ringing.lease_book(tx, dialled.id), now)
    known = _known(tx, ring, dialled, match, now)
    call = _new_call(mint.new("ca", now), ring.inbound, dialled, match, known, now)
    plan_id, plan = _plan(tx, dialled)
    agents = ringing.agents_of(tx, dialled.account_id, now)
    rung = {agent.endpoint.address for agent in agents} | destinations_of(plan)
    came_back = _circle(tx, ring, rung | {dialled.default_destination}, now)
    decision = came_back or _decide(tx, dialled, plan, known.profile, agents, call.id, now)
    about = decision.about if isinstance(decision, Dial) else ""
    callbook.write_call(
        tx,
        replace(
            call,
            about=about,
            whisper=whisper_text(about, known.profile),
            plan_id=plan_id,
            decision=decision_to_data(decision),
        ),
    )
    match decision:
        case Dial(attempts=(first, *_)):
            leg = NewLeg(call.id, 1, first.agent_id, first.name, first.endpoint)
            callbook.write_leg(tx, leg, now)
            shown = twiml.caller_id(ring.inbound.caller.number, ring.inbound.to)
            return twiml.dial(first, "1", shown, ring.addresses, dialled.recording_notice)
        case Dial() | Voicemail():
            return twiml.voicemail(ring.addresses)
        case _:
            assert_never(decision)


def _stray(tx: HotTransaction, mint: Mint, ring: Ringing, now: datetime) -> str:
    """Nobody told us of this number, and still a person answers."""
    call = _of_stranger(mint.new("ca", now), ring, now)
    destination = ring.default_destination
    came_back = _circle(tx, ring, {destination}, now)
    if came_back is None and ringing.own_numbers(tx, [destination]):
        came_back = Voicemail(f"{destination} {COMES_BACK}", _NO_RULES)
    if came_back:
        callbook.write_call(tx, replace(call, decision=decision_to_data(came_back)))
        return twiml.voicemail(ring.addresses)
    callbook.write_call(tx, call)
    shown = twiml.caller_id(ring.inbound.caller.number, ring.inbound.to)
    return twiml.dial_fallback(destination, shown, ring.addresses)


def _circle(
    tx: HotTransaction, ring: Ringing, rung: Collection[str], now: datetime
) -> Voicemail | None:
    """In place of a decision, where one would send the call round again."""
    caller, dialled = ring.inbound.caller.number, ring.inbound.to
    at_once = ringing.ringing_now(tx, caller, dialled, now - WITHIN)
    rung_by_us = {*rung, ring.default_destination}
    reason = circle(ring.inbound.forwarded_from, rung_by_us, at_once, withheld=caller is None)
    return Voicemail(reason, _NO_RULES) if reason else None


def _plan(tx: HotTransaction, dialled: DialledNumber) -> tuple[str | None, Plan]:
    found = ringing.plan_in_force(tx, dialled.site_id)
    return found or (None, default_plan(dialled.default_destination))


def _decide(
    tx: HotTransaction,
    dialled: DialledNumber,
    plan: Plan,
    profile: Profile,
    agents: Sequence[Agent],
    call: str,
    now: datetime,
) -> Decision:
    """Decides, and holds the first agent; if another call was quicker, decides without that one.
    Without those, too, that turn out to have a number of ours.
    """
    names = {topic["topic"]: topic.get("name", topic["topic"]) for topic in dialled.topics}
    own: set[str] = set()
    while True:
        decision = decide(plan, profile, agents, now, topic_names=names, own_numbers=own)
        attempts = decision.attempts if isinstance(decision, Dial) else ()
        found = ringing.own_numbers(tx, [attempt.endpoint for attempt in attempts])
        own |= found
        if found:
            continue
        first = attempts[0] if attempts else None
        if first is None or _hold(tx, first, call, now):
            return decision
        agents = [_busy(agent) if agent.id == first.agent_id else agent for agent in agents]


def _hold(tx: HotTransaction, attempt: Attempt, call: str, now: datetime) -> bool:
    if attempt.agent_id is None:
        return True
    held_until = now + callbook.holding_time(attempt.ring_seconds)
    return callbook.hold_agent(tx, attempt.agent_id, call, now, held_until)


def _busy(agent: Agent) -> Agent:
    return replace(agent, busy=True)


def _new_call(
    call: str,
    inbound: Inbound,
    dialled: DialledNumber | None,
    match: Match,
    known: Known,
    now: datetime,
) -> NewCall:
    zone = ZoneInfo(dialled.time_zone if dialled else "UTC")
    return NewCall(
        id=call,
        sid=inbound.call_sid,
        account_id=dialled.account_id if dialled else None,
        site_id=dialled.site_id if dialled else None,
        number_id=dialled.id if dialled else None,
        to_number=inbound.to,
        from_number=inbound.caller.number,
        country=inbound.caller.country,
        rung_at=now,
        day=now.astimezone(zone).date(),
        match_status=match.status.value,
        candidates=[_candidate(candidate) for candidate in match.candidates],
        visit_id=known.visit_id,
        visitor_id=known.visitor_id,
        channel=known.profile.channel.value if known.profile.channel else None,
        source=known.profile.source,
        campaign=known.profile.campaign,
        about="",
        whisper=whisper_text("", known.profile),
        plan_id=None,
        decision=None,
        origin=dialled.origin if dialled else None,
    )


def _candidate(candidate: Candidate) -> dict[str, Any]:
    holding = candidate.holding
    return {
        "visit": holding.visit,
        "visitor": holding.visitor,
        "reasons": list(candidate.reasons),
        "ended_s_ago": int(candidate.ended_ago.total_seconds()),
        "shown_since": candidate.shown_since,
        "lease": {
            "assignment": holding.assignment.value,
            "started_at": holding.started_at.isoformat(),
            "expires_at": holding.expires_at.isoformat(),
        },
    }

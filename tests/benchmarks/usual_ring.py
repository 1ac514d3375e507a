"""A ring as services are usually written; see usual.py."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

from callweave.domain.ids import Mint
from callweave.domain.interests.growth import Interest as Weighed
from callweave.domain.interests.growth import decayed
from callweave.domain.matching import Assignment, Holding, match_ring
from callweave.domain.routing.agents import Agent as Person
from callweave.domain.routing.decide import decide
from callweave.domain.routing.decisions import Attempt, Dial
from callweave.domain.routing.endpoints import Endpoint
from callweave.domain.routing.hours import WeeklyHours
from callweave.domain.routing.plans import Plan, parse_plan
from callweave.domain.routing.profile import Profile
from callweave.domain.routing.records import decision_to_data
from callweave.domain.visits.channels import Channel
from callweave.storage.accounts import Site
from callweave.storage.calls import Call, CallReport, Leg
from callweave.storage.numbers import Lease, Number
from callweave.storage.plans import Agent, plan_in_force
from callweave.storage.visits import Interest, Touch, Visit, Visitor


@dataclass(frozen=True, slots=True)
class Carrier:
    public_url: str
    token: str

    def signed(self, path: str, form: Mapping[str, str], signature: str) -> bool:
        found: bool = RequestValidator(self.token).validate(self.public_url + path, form, signature)
        return found


def answered(session: Session, mint: Mint, form: Mapping[str, str], now: datetime) -> str:
    number = session.scalars(select(Number).where(Number.e164 == form["To"])).one()
    site = session.get_one(Site, number.site_id)
    holding = match_ring(_book(session, number), now).holding
    plan = plan_in_force(session, site.id)
    if holding is None or plan is None:
        abort(404)
    profile = _profile(session, holding.visitor, form["From"], now)
    agents = session.scalars(select(Agent).where(Agent.account_id == site.account_id))
    people = [_person(agent, now) for agent in agents]
    decision = decide(_plan(json.dumps(plan.body)), profile, people, now)
    if not isinstance(decision, Dial):
        abort(404)
    call = Call(
        id=mint.new("ca", now),
        sid=form["CallSid"],
        account_id=site.account_id,
        site_id=site.id,
        number_id=number.id,
        to_number=form["To"],
        from_number=form["From"],
        rung_at=now,
        day=now.date(),
        state="ringing",
        match_status="exclusive",
        candidates=[{"visit": holding.visit, "visitor": holding.visitor}],
        visit_id=holding.visit,
        visitor_id=holding.visitor,
        channel=profile.channel,
        source=profile.source,
        campaign=profile.campaign,
        about=decision.about,
        plan_id=plan.id,
        decision=decision_to_data(decision),
        whisper=decision.about,
        fell_back=False,
    )
    session.add(call)
    session.flush()
    return _rung(session, call, decision.attempts[0], form)


def _rung(session: Session, call: Call, first: Attempt, form: Mapping[str, str]) -> str:
    leg = Leg(
        call_id=call.id,
        position=1,
        agent_id=first.agent_id,
        name=first.name,
        endpoint=first.endpoint,
        state="ringing",
        rung_at=call.rung_at,
    )
    response = VoiceResponse()
    dial = response.dial(action="/voice/dialled?leg=1", timeout=first.ring_seconds)
    dial.number(first.endpoint, url="/voice/whisper?leg=1", status_callback="/voice/status?leg=1")
    report = CallReport(
        call_sid=call.sid,
        key="ring",
        kind="ring",
        received_at=call.rung_at,
        form=dict(form),
        answer=str(response),
    )
    session.add_all((leg, report))
    return str(response)


def _book(session: Session, number: Number) -> list[Holding]:
    leases = select(Lease, Visit).join(Visit, Visit.id == Lease.visit_id)
    newest = leases.where(Lease.number_id == number.id).order_by(Lease.started_at.desc())
    return [
        Holding(
            visit.id,
            visit.visitor_id,
            Assignment(lease.assignment),
            lease.started_at,
            lease.expires_at,
        )
        for lease, visit in session.execute(newest.limit(200))
    ]


def _profile(session: Session, visitor: str, caller: str, now: datetime) -> Profile:
    by_visitor = select(Call).where(Call.visitor_id == visitor)
    from_number = select(Call).where(Call.from_number == caller)
    earlier = [*session.scalars(by_visitor.limit(100)), *session.scalars(from_number.limit(100))]
    interests = session.scalars(select(Interest).where(Interest.visitor_id == visitor))
    touches = select(Touch).where(Touch.visitor_id == visitor).order_by(Touch.at.desc())
    touch = session.scalars(touches.limit(200)).first()
    if touch is None:
        abort(404)
    return replace(
        Profile.unknown(),
        interests={
            each.topic: decayed(Weighed(each.topic, each.weight, each.at), now)
            for each in interests
        },
        channel=Channel(touch.channel),
        source=touch.source,
        campaign=touch.campaign,
        landing_page=touch.landing_page,
        customer=session.get_one(Visitor, visitor).customer,
        earlier_calls=len(earlier),
    )


def _person(agent: Agent, now: datetime) -> Person:
    busy = agent.call_id is not None and agent.held_until is not None and agent.held_until > now
    return Person(
        agent.id,
        agent.name,
        Endpoint(agent.endpoint),
        agent.skills,
        _week(json.dumps(agent.hours)),
        agent.available,
        busy,
        agent.idle_since,
    )


@lru_cache
def _plan(body: str) -> Plan:
    return parse_plan(json.loads(body))


@lru_cache
def _week(hours: str) -> WeeklyHours:
    return WeeklyHours.parse(json.loads(hours))

"""Visitors who look around, ring and buy: rows as the service itself would have left them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.domain.outcomes import Disposition
from callweave.domain.routing.agents import Agent as Answering
from callweave.domain.routing.decide import decide
from callweave.domain.routing.decisions import Decision, Dial
from callweave.domain.routing.endpoints import Endpoint
from callweave.domain.routing.hours import WeeklyHours
from callweave.domain.routing.plans import parse_plan
from callweave.domain.routing.profile import Profile
from callweave.domain.routing.records import decision_to_data
from callweave.domain.visits.channels import Channel
from callweave.storage.accounts import Site, User
from callweave.storage.base import Base
from callweave.storage.calls import Call, Leg
from callweave.storage.database import Database
from callweave.storage.numbers import Number
from callweave.storage.plans import Agent
from callweave.storage.visits import PageView, Touch, Visit, VisitEvent, Visitor
from callweave.web.auth import Role, hash_password
from callweave.workflows.attribute_call import attribute_call
from callweave.workflows.record_outcome import StatedOutcome, record_outcome
from hot import locked
from shops import NOON, PLAN, counting_mint, open_shop

PASSWORD = "correct horse battery"
CALLER = "+447700900123"
HASH = hash_password(PASSWORD)
_PLAN = parse_plan(PLAN)
R = TypeVar("R", bound=Base)


@dataclass(frozen=True, slots=True)
class Click:
    """How a visit comes about, and what is seen in it."""

    channel: Channel = Channel.PAID_SEARCH
    source: str = "google"
    medium: str = "cpc"
    campaign: str | None = "spring-bahamas"
    term: str | None = "bahamas holidays"
    landing_page: str = "https://shop.example/bahamas"
    pages: tuple[tuple[str, str], ...] = (("https://shop.example/bahamas", "Bahamas"),)


PAID_CLICK = Click()
DIRECT = Click(
    Channel.DIRECT, "(direct)", "(none)", None, None, "https://shop.example/",
    (("https://shop.example/", "Farshore Holidays"),),
)  # fmt: skip


@dataclass(slots=True)
class Teller:
    """Writes journeys of one site into a session."""

    session: Session
    site: Site
    mint: Mint = field(default_factory=counting_mint)
    sids: Iterator[int] = field(default_factory=lambda: count(1))

    def visitor(self, at: datetime = NOON) -> Visitor:
        new = {"first_seen_at": at, "last_seen_at": at, "customer": False, "traits": {}}
        return self._kept(Visitor(id=self.mint.new("vr", at), site_id=self.site.id, **new))

    def visit(self, visitor: Visitor, at: datetime, click: Click = PAID_CLICK) -> Visit:
        new = {"started_at": at, "last_seen_at": at, "time_zone": None, "language": None}
        own = {"site_id": self.site.id, "visitor_id": visitor.id}
        visit = self._kept(Visit(id=self.mint.new("vs", at), **own, **new))
        seen = {"visitor_id": visitor.id, "visit_id": visit.id, "at": at}
        known = {name: value for name, value in asdict(click).items() if name != "pages"}
        nothing: dict[str, Any] = {"content": None, "click_ids": {}, "referrer": None}
        self._kept(Touch(id=self.mint.new("tc", at), **seen, **known, **nothing))
        for nth, (page, title) in enumerate(click.pages):
            then = at + timedelta(seconds=50 * nth)
            seen = {"visit_id": visit.id, "at": then, "page": page, "title": title}
            self._kept(PageView(id=self.mint.new("pv", then), **seen))
        return visit

    def event(self, visit: Visit, at: datetime, type_: str, detail: dict[str, Any]) -> None:
        seen = {"visit_id": visit.id, "at": at, "type": type_, "detail": detail}
        self._kept(VisitEvent(id=self.mint.new("ev", at), **seen))

    def call(
        self,
        at: datetime = NOON,
        visit: Visit | None = None,
        *,
        result: str | None = "answered",
        caller: str | None = CALLER,
        candidates: Sequence[Visit] = (),
        voicemail_url: str | None = None,
    ) -> Call:
        """By the visitor of ``visit``; by one of ``candidates``; or by nobody who is known.
        ``result`` None: it still rings.
        """
        number = self._number()
        decision = decide(_PLAN, self._profile(visit), self._agents(), at)
        call = Call(
            id=self.mint.new("ca", at),
            sid=f"CA{next(self.sids):032x}",
            account_id=self.site.account_id,
            site_id=self.site.id,
            number_id=number.id,
            to_number=number.e164,
            from_number=caller,
            country="GB" if caller else None,
            rung_at=at,
            day=at.astimezone(ZoneInfo(self.site.time_zone)).date(),
            match_status="exclusive" if visit else ("shared" if candidates else "unknown"),
            candidates=[_candidate(one, at) for one in ([visit] if visit else candidates)],
            visit_id=visit.id if visit else None,
            visitor_id=visit.visitor_id if visit else None,
            about="",
            whisper="",
            decision=decision_to_data(decision),
            voicemail_url=voicemail_url,
            voicemail_s=21 if voicemail_url else None,
            fell_back=False,
            **self._origin(visit),
            **_course(at, result),
        )
        self._legs(self._kept(call), decision)
        attribute_call(*locked(self.session, call.id))
        return call

    def outcome(
        self,
        call: Call,
        disposition: Disposition = Disposition.WON,
        value: int | None = None,
        *,
        currency: str | None = None,
        note: str | None = None,
        by: str = "Sam Supervisor",
    ) -> None:
        money = currency or self.site.currency
        stated = StatedOutcome(disposition, value, money, None, note, by)
        then = call.rung_at + timedelta(minutes=10)
        tx, before = locked(self.session, call.id)
        after, _ = record_outcome(tx, self.mint, before, stated, then)
        attribute_call(tx, after)
        self.session.refresh(call)

    def _legs(self, call: Call, decision: Decision) -> None:
        """The first one rung does not pick up where there is a second one."""
        attempts = decision.attempts if isinstance(decision, Dial) else ()
        for place, attempt in enumerate(attempts[:2], start=1):
            answered = call.result == "answered" and place == len(attempts[:2])
            rung_at = call.rung_at + timedelta(seconds=15 * (place - 1))
            leg = Leg(
                call_id=call.id,
                position=place,
                agent_id=attempt.agent_id,
                name=attempt.name,
                endpoint=attempt.endpoint,
                state="ended" if call.result else "ringing",
                result=("talked" if answered else "no_answer") if call.result else None,
                rung_at=rung_at,
                duration_s=call.talk_s if answered else None,
            )
            self._kept(leg)
            if answered:
                call.agent_id, call.answered_by = attempt.agent_id, attempt.name

    def _origin(self, visit: Visit | None) -> dict[str, str | None]:
        """The last touch that was not direct, as the ring would have found it."""
        touches = select(Touch).where(Touch.visitor_id == (visit and visit.visitor_id))
        found = list(self.session.scalars(touches.order_by(Touch.at.desc())))
        last = next((touch for touch in found if touch.channel != Channel.DIRECT), None)
        last = last or (found[0] if found else None)
        return {name: getattr(last, name, None) for name in ("channel", "source", "campaign")}

    def _profile(self, visit: Visit | None) -> Profile:
        bahamas = "bahamas" in (self._origin(visit)["campaign"] or "")
        return replace(Profile.unknown(), interests={"bahamas": 2.4} if bahamas else {})

    def _agents(self) -> list[Answering]:
        rows = self.session.scalars(
            select(Agent).where(Agent.account_id == self.site.account_id).order_by(Agent.name)
        )
        return [_answering(row) for row in rows]

    def _number(self) -> Number:
        own = select(Number).where(Number.site_id == self.site.id, Number.role == "pooled")
        return self.session.scalars(own.order_by(Number.e164).limit(1)).one()

    def _kept(self, row: R) -> R:
        self.session.add(row)
        self.session.flush()
        return row


@contextmanager
def telling(database: Database) -> Iterator[Teller]:
    """Journeys of a new shop, in one transaction."""
    mint = counting_mint()
    site = open_shop(database, mint=mint)
    with database.writing() as session:
        yield Teller(session, site, mint)


def person(session: Session, site: Site, role: Role = Role.SUPERVISOR) -> User:
    """Someone of the site's account who logs in with PASSWORD."""
    own = {"account_id": site.account_id, "password_hash": HASH, "created_at": NOON}
    tail = f"{role.value}.{site.account_id[-4:]}"
    name = f"Sam {role.value.title()}"
    user = User(id=f"us_{tail}", email=f"{tail}@shop.example", name=name, role=role.value, **own)
    session.add(user)
    session.flush()
    return user


def _course(at: datetime, result: str | None) -> dict[str, Any]:
    if result is None:
        return {"state": "ringing"}
    ended = {"state": "ended", "result": result, "duration_s": 200, "ring_s": 12}
    ended["ended_at"] = at + timedelta(seconds=200)
    if result == "answered":
        ended |= {"answered_at": at + timedelta(seconds=12), "talk_s": 188}
    return ended


def _candidate(visit: Visit, at: datetime) -> dict[str, Any]:
    return {
        "visit": visit.id,
        "visitor": visit.visitor_id,
        "reasons": ["was the only one shown this number when it rang"],
        "lease": {
            "assignment": "exclusive",
            "started_at": visit.started_at.isoformat(),
            "expires_at": (at + timedelta(minutes=20)).isoformat(),
        },
    }


def _answering(row: Agent) -> Answering:
    endpoint, hours = Endpoint(row.endpoint), WeeklyHours.always()
    return Answering(
        row.id, row.name, endpoint, row.skills, hours, available=True, busy=False, idle_since=None
    )

"""What a ring writes: the call with its decision, its first leg, the answer, the agent held."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update

from callweave.domain.leases.pools import Origin
from callweave.storage import arrivals
from callweave.storage.base import UtcDateTime
from callweave.storage.calls import Call, CallReport, Leg
from callweave.storage.outcomes import own_touch_of
from callweave.storage.plans import Agent
from callweave.storage.prepared import HotTransaction, Prepared
from callweave.storage.visits import Touch


@dataclass(frozen=True, slots=True)
class NewCall:
    """A row of ``calls`` as a ring makes it; see storage.calls.Call for the columns. ``origin`` is
    none of them: what the number stands for, kept as a touch where no visitor is known.
    """

    id: str
    sid: str
    account_id: str | None
    site_id: str | None
    number_id: str | None
    to_number: str
    from_number: str | None
    country: str | None
    rung_at: datetime
    day: date
    match_status: str
    candidates: list[dict[str, Any]]
    visit_id: str | None
    visitor_id: str | None
    channel: str | None
    source: str | None
    campaign: str | None
    about: str
    whisper: str
    plan_id: str | None
    decision: dict[str, object] | None
    origin: Origin | None


# Whoever talks is held until the talk is over, whatever our clock says: it may have jumped.
_talks = exists().where(
    Leg.call_id == Agent.call_id, Leg.agent_id == Agent.id, Leg.state == "picked_up"
)
_has_run_out = and_(Agent.held_until <= bindparam("now", type_=UtcDateTime()), ~_talks)
_is_free = or_(Agent.call_id.is_(None), _has_run_out)
# A row that another call is changing just now counts as taken: waiting for it could be waiting
# in a circle.
_HOLD_AGENT = Prepared(
    update(Agent)
    .where(
        Agent.id
        == select(Agent.id)
        .where(Agent.id == bindparam("agent"), _is_free)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    .values(call_id=bindparam("call"), held_until=bindparam("til"))
)
_FREE_AGENT = Prepared(
    update(Agent)
    .where(Agent.id == bindparam("agent"), Agent.call_id == bindparam("call"))
    .values(
        call_id=None,
        held_until=None,
        idle_since=func.coalesce(bindparam("since", type_=UtcDateTime()), Agent.idle_since),
    )
)
_KEEP_AGENT = Prepared(
    update(Agent)
    .where(Agent.id == bindparam("agent"), Agent.call_id == bindparam("call"))
    .values(held_until=bindparam("til"))
)
_WRITE_LEG = Prepared(
    insert(Leg).values(
        call_id=bindparam("call"),
        position=bindparam("position"),
        agent_id=bindparam("agent"),
        name=bindparam("name"),
        endpoint=bindparam("endpoint"),
        state="ringing",
        rung_at=bindparam("now"),
    )
)
_WRITE_REPORT = Prepared(
    insert(CallReport).values(
        call_sid=bindparam("sid"),
        key=bindparam("key"),
        kind=bindparam("kind"),
        leg=bindparam("leg"),
        received_at=bindparam("now"),
        form=bindparam("form"),
        answer=bindparam("answer"),
    )
)
_MOVE_TOUCH = Prepared(
    update(Touch).where(Touch.id == bindparam("touch")).values(at=bindparam("now"))
)
_CALL_COLUMNS = tuple(field.name for field in fields(NewCall) if field.name != "origin")
_WRITE_CALL = Prepared(
    insert(Call).values(
        state="ringing", fell_back=False, **{name: bindparam(name) for name in _CALL_COLUMNS}
    )
)
_MATCH_COLUMNS = (
    "country",
    "rung_at",
    "day",
    "match_status",
    "candidates",
    "visit_id",
    "visitor_id",
    "channel",
    "source",
    "campaign",
    "whisper",
)
_REMATCH_CALL = Prepared(
    update(Call)
    .where(Call.id == bindparam("call"))
    .values({name: bindparam(name) for name in _MATCH_COLUMNS})
)


def take_turn(tx: HotTransaction, sid: str) -> None:
    """For whoever makes a call's row, and for who keeps a report because there is none: without
    turns each could miss what the other has not yet committed, and nobody would ever put the
    two together. A call without a row has nothing else to be locked by.
    """
    tx.lock(sid)


def write_call(tx: HotTransaction, call: NewCall) -> None:
    tx.put(_WRITE_CALL, **{name: getattr(call, name) for name in _CALL_COLUMNS})
    if call.origin and call.visitor_id is None:
        _write_own_touch(tx, call, call.origin)


def rematch_call(tx: HotTransaction, call: NewCall) -> None:
    """Changes when a known call rang, and whose call it is by that."""
    tx.run(_REMATCH_CALL, call=call.id, **{name: getattr(call, name) for name in _MATCH_COLUMNS})
    if call.origin and call.visitor_id is None:
        touch = own_touch_of(call.id)
        if tx.run(_MOVE_TOUCH, touch=touch, now=call.rung_at) == 0:
            _write_own_touch(tx, call, call.origin)


def _write_own_touch(tx: HotTransaction, call: NewCall, origin: Origin) -> None:
    tx.run(
        arrivals.WRITE_TOUCH,
        touch=own_touch_of(call.id),
        visitor=None,
        visit=None,
        now=call.rung_at,
        channel=origin.channel.value,
        source=origin.source,
        medium=origin.medium,
        campaign=origin.campaign,
        term=None,
        content=None,
        click_ids={},
        landing_page="",
        referrer=None,
    )


def holding_time(ring_seconds: int) -> timedelta:
    """How long ringing may hold an agent: reports can be slow."""
    return timedelta(seconds=ring_seconds + 30)


def hold_agent(tx: HotTransaction, agent: str, call: str, now: datetime, until: datetime) -> bool:
    """False when another call has the agent: one call at a time, whoever asks first."""
    return tx.run(_HOLD_AGENT, agent=agent, call=call, now=now, til=until) == 1


def free_agent(tx: HotTransaction, agent: str, call: str, idle_since: datetime | None) -> None:
    """``idle_since``: the end of the talk; None when there was none, and nothing changes."""
    tx.run(_FREE_AGENT, agent=agent, call=call, since=idle_since)


def keep_agent(tx: HotTransaction, agent: str, call: str, until: datetime) -> None:
    tx.run(_KEEP_AGENT, agent=agent, call=call, til=until)


@dataclass(frozen=True, slots=True)
class NewLeg:
    """``position`` counts from 1; 0 is the declared fallback."""

    call_id: str
    position: int
    agent_id: str | None
    name: str
    endpoint: str


def write_leg(tx: HotTransaction, leg: NewLeg, now: datetime) -> None:
    tx.put(
        _WRITE_LEG,
        call=leg.call_id,
        position=leg.position,
        agent=leg.agent_id,
        name=leg.name,
        endpoint=leg.endpoint,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class NewReport:
    """A webhook as it came; ``key`` tells it from all others of its call."""

    sid: str
    key: str
    kind: str
    leg: str | None
    form: Mapping[str, str]


def write_report(tx: HotTransaction, report: NewReport, answer: str | None, now: datetime) -> None:
    """A report that was kept before ends the transaction in DuplicateError."""
    tx.put(
        _WRITE_REPORT,
        sid=report.sid,
        key=report.key,
        kind=report.kind,
        leg=report.leg,
        now=now,
        form=dict(report.form),
        answer=answer,
    )

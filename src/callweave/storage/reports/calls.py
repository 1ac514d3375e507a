"""The list of calls: filtered, newest first, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from callweave.domain.calls.story import State
from callweave.domain.leases.pools import Kind
from callweave.storage.accounts import Site
from callweave.storage.calls import Call
from callweave.storage.database import Database
from callweave.storage.numbers import Number, Pool, Stay
from callweave.storage.outcomes import Outcome
from callweave.storage.plans import Agent
from callweave.storage.reports.scope import Scope

NOT_KNOWN = "-"
"""Asks for the calls that have no channel, nobody who answered, or no outcome."""

_Rows: TypeAlias = Select[*tuple[Any, ...]]
_Column: TypeAlias = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``status`` is a result, or the state of a call that has none yet.

    ``text`` occurs in source or campaign, ``digits`` in the caller's number.
    """

    scope: Scope
    status: str | None = None
    channel: str | None = None
    text: str | None = None
    agent_id: str | None = None
    match_status: str | None = None
    disposition: str | None = None
    digits: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the list: just below the call that rang then. Ids tell equal times apart."""

    rung_at: datetime
    call_id: str


@dataclass(frozen=True, slots=True)
class CallLine:
    id: str
    sid: str
    rung_at: datetime
    site_name: str
    time_zone: str
    from_number: str | None
    to_number: str
    state: str
    result: str | None
    answered_by: str | None
    match_status: str
    channel: str | None
    source: str | None
    campaign: str | None
    ring_s: int | None
    talk_s: int | None
    duration_s: int | None
    disposition: str | None
    value: int | None
    currency: str | None
    order_id: str | None
    pool_kind: str | None

    @property
    def is_spam_probe(self) -> bool:
        """To a number that was never shown to anybody."""
        return self.pool_kind == Kind.UNSHOWN

    @property
    def place(self) -> Place:
        return Place(self.rung_at, self.id)


def count_calls(session: Session, wanted: Wanted) -> int:
    return session.scalar(_joined(select(func.count()), wanted)) or 0


def call_lines(
    session: Session, wanted: Wanted, most: int, below: Place | None = None
) -> list[CallLine]:
    lines = _joined(select(*_COLUMNS), wanted).order_by(Call.rung_at.desc(), Call.id.desc())
    if below is not None:
        lines = lines.where(tuple_(Call.rung_at, Call.id) < (below.rung_at, below.call_id))
    return [CallLine(*row) for row in session.execute(lines.limit(most))]


def every_call(database: Database, wanted: Wanted, at_once: int = 1000) -> Iterator[CallLine]:
    """All of them, in short transactions: a download on a slow line holds no connection."""
    below: Place | None = None
    while True:
        with database.reading() as session:
            lines = call_lines(session, wanted, at_once, below)
        yield from lines
        if len(lines) < at_once:
            return
        below = lines[-1].place


def agents_of(session: Session, account_id: str) -> list[tuple[str, str]]:
    """Ids and names, by name."""
    wanted = select(Agent.id, Agent.name).where(Agent.account_id == account_id)
    return [(row.id, row.name) for row in session.execute(wanted.order_by(Agent.name))]


_COLUMNS = (
    Call.id,
    Call.sid,
    Call.rung_at,
    Site.name,
    Site.time_zone,
    Call.from_number,
    func.coalesce(Number.international, Call.to_number),
    Call.state,
    Call.result,
    Call.answered_by,
    Call.match_status,
    Call.channel,
    Call.source,
    Call.campaign,
    Call.ring_s,
    Call.talk_s,
    Call.duration_s,
    Call.disposition,
    Call.value,
    Call.currency,
    select(Outcome.order_id)
    .where(Outcome.call_id == Call.id)
    .order_by(Outcome.position.desc())
    .limit(1)
    .scalar_subquery(),
    Pool.kind,
)


_in_pool_then = and_(
    Stay.number_id == Call.number_id, Call.rung_at >= Stay.since, Call.rung_at < Stay.until
)


def _joined(statement: _Rows, wanted: Wanted) -> _Rows:
    return (
        statement.select_from(Call)
        .join(Site, Site.id == Call.site_id)
        .outerjoin(Number, Number.id == Call.number_id)
        .outerjoin(Stay, _in_pool_then)
        .outerjoin(Pool, Pool.id == func.coalesce(Stay.pool_id, Number.pool_id))
        .where(*wanted.scope.holds(), *_conditions(wanted))
    )


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    status = Call.state if wanted.status in {State.RINGING, State.TALKING} else Call.result
    exactly: tuple[tuple[_Column, str | None], ...] = (
        (status, wanted.status),
        (Call.channel, wanted.channel),
        (Call.agent_id, wanted.agent_id),
        (Call.match_status, wanted.match_status),
        (Call.disposition, wanted.disposition),
    )
    for column, value in exactly:
        if value:
            yield column.is_(None) if value == NOT_KNOWN else column == value
    if wanted.text:
        yield or_(
            Call.source.icontains(wanted.text, autoescape=True),
            Call.campaign.icontains(wanted.text, autoescape=True),
        )
    if wanted.digits:
        yield Call.from_number.contains(wanted.digits, autoescape=True)

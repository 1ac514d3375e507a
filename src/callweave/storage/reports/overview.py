"""How a period went: calls and value by day and by source, and what was refused."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callweave.domain.outcomes import Disposition
from callweave.storage.accounts import Refusal
from callweave.storage.calls import Call
from callweave.storage.reports.scope import Scope
from callweave.storage.reports.tally import Tally, counted, counts


@dataclass(frozen=True, slots=True)
class Course:
    """A period, day by day, and the sum of the equally long one before it."""

    days: tuple[tuple[date, Tally], ...]
    total: Tally
    before: Tally


@dataclass(frozen=True, slots=True)
class SourceLine:
    """``channel`` and ``source`` are None for calls whose visitor is not known."""

    channel: str | None
    source: str | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class UnknownNumber:
    """A number that rings here and belongs to no account."""

    number: str
    calls: int
    last_rung_at: datetime


def course(session: Session, scope: Scope) -> Course:
    by_day = {day: tally for (day,), tally in _tallies(session, scope.with_before, Call.day)}
    days = tuple(
        (day, by_day.get(day, Tally()))
        for day in (scope.since + timedelta(n) for n in range(scope.days))
    )
    earlier = (tally for day, tally in by_day.items() if day < scope.since)
    return Course(days, sum((tally for _, tally in days), Tally()), sum(earlier, Tally()))


def top_sources(session: Session, scope: Scope, most: int) -> list[SourceLine]:
    """Those with the most calls; of equal ones the first by name, so that the order stays."""
    found = _tallies(session, scope, Call.channel, Call.source)
    lines = [SourceLine(channel, source, tally) for (channel, source), tally in found]
    lines.sort(key=lambda line: (-line.tally.calls, line.channel or "", line.source or ""))
    return lines[:most]


def refusals(session: Session, scopes: Sequence[str], scope: Scope) -> list[tuple[str, int]]:
    """Reasons and how often, the most frequent first; ``scopes`` are those of the counts."""
    times = func.sum(Refusal.times)
    wanted = (
        select(Refusal.reason, times)
        .where(Refusal.scope.in_(scopes), Refusal.day.between(scope.since, scope.until))
        .group_by(Refusal.reason)
        .order_by(times.desc(), Refusal.reason)
    )
    return [(reason, int(count)) for reason, count in session.execute(wanted)]


def unknown_numbers(session: Session, scope: Scope, most: int) -> list[UnknownNumber]:
    """Of the whole installation: these calls belong to no account."""
    calls = func.count()
    wanted = (
        select(Call.to_number, calls, func.max(Call.rung_at))
        .where(Call.account_id.is_(None), Call.day.between(scope.since, scope.until))
        .group_by(Call.to_number)
        .order_by(calls.desc(), Call.to_number)
        .limit(most)
    )
    return [UnknownNumber(*row) for row in session.execute(wanted)]


# As domain.outcomes.conversion has it: what was won counts, whatever it was worth.
_CONVERTS = Call.disposition == Disposition.WON.value


def _tallies(session: Session, scope: Scope, *by: Any) -> list[tuple[tuple[Any, ...], Tally]]:
    found: dict[tuple[Any, ...], Tally] = defaultdict(Tally)
    calls = select(*counts(), *by).where(*scope.holds()).group_by(*by)
    for numbers, key in _split(session, calls, 4):
        found[key] += counted(numbers)
    value = func.sum(func.coalesce(Call.value, 0))
    earned = (
        select(func.count(), value, Call.currency, *by)
        .where(*scope.holds(), _CONVERTS)
        .group_by(Call.currency, *by)
    )
    for (conversions, sum_, currency), key in _split(session, earned, 3):
        found[key] += Tally(conversions=conversions, value={currency: int(sum_)})
    return list(found.items())


def _split(session: Session, statement: Any, at: int) -> list[tuple[Any, tuple[Any, ...]]]:
    return [(tuple(row[:at]), tuple(row[at:])) for row in session.execute(statement)]

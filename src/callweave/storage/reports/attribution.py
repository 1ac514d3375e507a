"""Which clicks earned the calls: every model's credits, side by side."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from callweave.domain.attribution import Model
from callweave.storage.calls import Call
from callweave.storage.outcomes import Credit
from callweave.storage.reports.scope import Scope
from callweave.storage.reports.tally import Money, add_up, amounts
from callweave.storage.visits import Touch


class Dimension(StrEnum):
    CHANNEL = "channel"
    SOURCE = "source"
    CAMPAIGN = "campaign"
    KEYWORD = "keyword"
    LANDING_PAGE = "landing_page"


@dataclass(frozen=True, slots=True)
class Credited:
    """``calls`` and ``conversions`` in millionths; ``value`` in minor units by currency."""

    calls: int = 0
    conversions: int = 0
    value: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Credited") -> "Credited":
        return Credited(
            self.calls + other.calls,
            self.conversions + other.conversions,
            add_up((self.value, other.value)),
        )

    @property
    def amounts(self) -> tuple[Money, ...]:
        return amounts(self.value)


@dataclass(frozen=True, slots=True)
class AttributionRow:
    """``known`` is False on the one row for calls of which no touch is known. ``name`` is None
    there, and on the row of touches to which nobody gave a name (no campaign, no keyword).
    """

    name: str | None
    known: bool
    by_model: Mapping[Model, Credited]


@dataclass(frozen=True, slots=True)
class AttributionReport:
    """The rows, the most calls under any model first, add up to the totals exactly.

    ``calls`` counts the calls of the period. Those that have no credits yet, since they only
    just came in, are in it and in no row.
    """

    dimension: Dimension
    rows: tuple[AttributionRow, ...]
    totals: Mapping[Model, Credited]
    calls: int


def attribution(
    session: Session,
    account_id: str,
    *,
    site_id: str | None,
    since: date,
    until: date,
    dimension: Dimension,
) -> AttributionReport:
    """Calls that rang on the days from ``since`` to ``until``, both included, and what they have
    become by now: a sale that is recorded later counts on the day of its call.
    """
    scope = Scope(account_id, site_id, since, until)
    rows = _rows(session, scope, dimension)
    return AttributionReport(
        dimension=dimension,
        rows=rows,
        totals={model: _sum(row.by_model[model] for row in rows) for model in Model},
        calls=session.scalar(select(func.count()).select_from(Call).where(*scope.holds())) or 0,
    )


_MODELS = {model.value: model for model in Model}
_NAMES = {
    Dimension.CHANNEL: Touch.channel,
    Dimension.SOURCE: Touch.source,
    Dimension.CAMPAIGN: Touch.campaign,
    Dimension.KEYWORD: Touch.term,
    Dimension.LANDING_PAGE: Touch.landing_page,
}


def _rows(session: Session, scope: Scope, dimension: Dimension) -> tuple[AttributionRow, ...]:
    found: dict[tuple[bool, str | None], dict[Model, Credited]] = defaultdict(
        lambda: defaultdict(Credited)
    )
    known = Touch.id.is_not(None)
    name = func.nullif(_NAMES[dimension], "")
    of_conversions = func.sum(case((Credit.converted, Credit.share), else_=0))
    wanted = (
        select(
            known, name, Credit.model, Credit.currency,
            func.sum(Credit.share), of_conversions, func.sum(Credit.value),
        )
        .select_from(Credit)
        .join(Call, Call.id == Credit.call_id)
        .outerjoin(Touch, Touch.id == Credit.touch_id)
        .where(*scope.holds())
        .group_by(known, name, Credit.model, Credit.currency)
    )  # fmt: skip
    for is_known, label, model, currency, share, converted, value in session.execute(wanted):
        part = Credited(int(share), int(converted), {currency: int(value)})
        found[bool(is_known), label][_MODELS[model]] += part
    rows = [
        AttributionRow(label, is_known, {model: by_model[model] for model in Model})
        for (is_known, label), by_model in found.items()
    ]
    return tuple(sorted(rows, key=_most_calls_first))


def _most_calls_first(row: AttributionRow) -> tuple[int, bool, str]:
    calls = max(credited.calls for credited in row.by_model.values())
    return (-calls, not row.known, row.name or "")


def _sum(parts: Iterable[Credited]) -> Credited:
    return sum(parts, Credited())

"""What the service's database says of the calls of a demo, for the balance of its books."""

from collections import Counter, defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callweave.domain.outcomes import Disposition
from callweave.simulator.books import BookedCall, BookedOutcome, Figures, Outcome
from callweave.storage.calls import Call, Leg
from callweave.storage.outcomes import Credit
from callweave.storage.outcomes import Outcome as OutcomeRow


def read_figures(session: Session) -> Figures:
    return Figures(
        calls=_calls(session),
        outcomes=_outcomes(session),
        conversions=_conversions(session),
        credits=_credits(session),
    )


def _calls(session: Session) -> list[BookedCall]:
    talked = {
        leg.call_id: leg.endpoint
        for leg in session.scalars(select(Leg).where(Leg.result == "talked"))
    }
    return [
        BookedCall(call.sid, call.state == "ended", call.duration_s, talked.get(call.id))
        for call in session.scalars(select(Call))
    ]


def _outcomes(session: Session) -> list[BookedOutcome]:
    rows = session.execute(
        select(Call.sid, OutcomeRow)
        .join(OutcomeRow, OutcomeRow.call_id == Call.id)
        .order_by(OutcomeRow.position)
    )
    return [
        BookedOutcome(
            sid,
            Outcome(row.disposition, row.value, None if row.value is None else row.currency),
        )
        for sid, row in rows
    ]


def _conversions(session: Session) -> dict[str, int]:
    """Of the calls that a site of ours had: nothing else is attributed."""
    wanted = (
        select(Call.currency, func.sum(Call.value))
        .where(Call.disposition == Disposition.WON.value, Call.site_id.is_not(None))
        .group_by(Call.currency)
    )
    return {str(currency): int(value or 0) for currency, value in session.execute(wanted)}


def _credits(session: Session) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    wanted = select(Credit.model, Credit.currency, func.sum(Credit.value)).where(Credit.converted)
    for model, currency, value in session.execute(wanted.group_by(Credit.model, Credit.currency)):
        found[model][currency] += int(value)
    return {model: dict(credited) for model, credited in found.items()}

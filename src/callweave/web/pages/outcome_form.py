"""The form in which people write down how a call ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from callweave.domain.outcomes import (
    Disposition,
    MoneyError,
    Outcome,
    format_money,
    parse_money,
    problems,
)
from callweave.storage.outcomes import Outcome as Kept
from callweave.workflows.record_outcome import StatedOutcome


@dataclass(frozen=True, slots=True)
class OutcomeForm:
    """As it was typed. ``problems`` names what is wrong by field, for the person who typed it."""

    disposition: str
    value: str
    currency: str
    order_id: str
    note: str
    problems: Mapping[str, str] = field(default_factory=dict)


def form_of(standing: Kept | None, currency: str) -> OutcomeForm:
    """Filled in with what stands, so that a correction changes only what was wrong."""
    if standing is None:
        return OutcomeForm("", "", currency, "", "")
    value = format_money(standing.value, standing.currency) if standing.value else ""
    return OutcomeForm(
        standing.disposition, value, standing.currency, standing.order_id or "", standing.note or ""
    )


def read_outcome(form: Mapping[str, str], by: str, now: datetime) -> StatedOutcome | OutcomeForm:
    """What was stated; or the form again, with everything that is wrong with it."""
    typed = _typed(form)
    wrong: dict[str, str] = {}
    value = None
    try:
        value = parse_money(typed.value, typed.currency) if typed.value else None
    except MoneyError as error:
        wrong["value"] = str(error)
    if typed.disposition not in set(Disposition):
        wrong["disposition"] = "Choose how the call ended."
        return replace(typed, problems=wrong)
    disposition = Disposition(typed.disposition)
    order_id, note = typed.order_id or None, typed.note or None
    outcome = Outcome(disposition, value, typed.currency, order_id, note, by, now)
    wrong = {problem.field: problem.message for problem in problems(outcome)} | wrong
    if wrong:
        return replace(typed, problems=wrong)
    return StatedOutcome(disposition, value, typed.currency, order_id, note, by)


def _typed(form: Mapping[str, str]) -> OutcomeForm:
    return OutcomeForm(
        disposition=form.get("disposition", ""),
        value=_legible(form.get("value", "")),
        currency=_legible(form.get("currency", "")).upper(),
        order_id=_legible(form.get("order_id", "")),
        note=_legible(form.get("note", "")),
    )


def _legible(text: str) -> str:
    """Databases refuse NUL, and nobody types the other control characters on purpose."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c == "\n" or c.isprintable()).strip()

"""The attribution report as a table: models side by side, each against the last touch."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from callweave.domain.attribution import Model
from callweave.domain.outcomes import format_money
from callweave.storage.reports.attribution import AttributionReport, AttributionRow, Credited
from callweave.storage.reports.tally import Money
from callweave.web.pages.formats import evened, major, of_one, percent_of, sums
from callweave.web.tables import Cell

MOST_ROWS = 100
NOT_SET = "(not set)"
NOT_KNOWN = "(no touch known)"


class Measure(StrEnum):
    CALLS = "calls"
    CONVERSIONS = "conversions"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Shown:
    """One model's part. ``percent`` of the column's sum; ``more`` and ``less`` are how far it is
    from what the last touch alone would get, where it is.
    """

    calls: str
    conversions: str
    value: tuple[str, ...]
    percent: int
    more: str = ""
    less: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    name: str | None
    known: bool
    by_model: Mapping[Model, Shown]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What ``MOST_ROWS`` leaves no room for is one line together: the sums stay whole."""

    lines: tuple[Line, ...]
    totals: Mapping[Model, Shown]


def compare(report: AttributionReport, measure: Measure, currency: str) -> Comparison:
    """Sorted by ``measure``; amounts are compared in ``currency`` and shown in all."""
    rows = sorted(report.rows, key=lambda row: _place(row, measure, currency))
    kept, rest = rows[:MOST_ROWS], rows[MOST_ROWS:]
    if rest:
        kept.append(AttributionRow(f"{len(rest)} more", known=True, by_model=_added_up(rest)))
    columns = {model: _evened([row.by_model[model] for row in kept]) for model in Model}
    totals = report.totals
    lines = [
        Line(
            row.name,
            row.known,
            {
                model: _shown(
                    columns[model][place],
                    columns[Model.LAST_TOUCH][place],
                    totals[model],
                    measure,
                    currency,
                )
                for model in Model
            },
        )
        for place, row in enumerate(kept)
    ]
    sums = {
        model: _shown(total, total, total, measure, currency) for model, total in totals.items()
    }
    return Comparison(tuple(lines), sums)


def csv_table(report: AttributionReport) -> tuple[list[str], Iterator[list[Cell]]]:
    """One line for each name, three columns and more for each model: calls, conversions, and the
    value in each currency. Every column adds up to the report's total exactly.
    """
    currencies = sorted(
        {sum_.currency for total in report.totals.values() for sum_ in total.amounts}
    )
    measures = ["calls", "conversions", *(f"value_{currency}" for currency in currencies)]
    header = [f"{model}_{measure}" for model in Model for measure in measures]
    return [report.dimension, *header], (_csv_row(row, currencies) for row in report.rows)


def _csv_row(row: AttributionRow, currencies: Sequence[str]) -> list[Cell]:
    cells: list[Cell] = [(row.name or NOT_SET) if row.known else NOT_KNOWN]
    for model in Model:
        credited = row.by_model[model]
        cells += [_whole(credited.calls), _whole(credited.conversions)]
        cells += [major(credited.value.get(currency, 0), currency) for currency in currencies]
    return cells


def _whole(millionths: int) -> Decimal:
    return Decimal(millionths).scaleb(-6)


def _place(row: AttributionRow, measure: Measure, currency: str) -> tuple[bool, int, int, str]:
    """What no touch is known of comes last, however much it is."""
    sizes = [_size(credited, measure, currency) for credited in row.by_model.values()]
    calls = sum(credited.calls for credited in row.by_model.values())
    return (not row.known, -sum(sizes), -calls, row.name or "")


def _size(credited: Credited, measure: Measure, currency: str) -> int:
    match measure:
        case Measure.CALLS:
            return credited.calls
        case Measure.CONVERSIONS:
            return credited.conversions
        case Measure.VALUE:
            return credited.value.get(currency, 0)
        case _:
            assert_never(measure)


def _added_up(rows: Sequence[AttributionRow]) -> dict[Model, Credited]:
    return {model: sum((row.by_model[model] for row in rows), Credited()) for model in Model}


def _evened(column: Sequence[Credited]) -> list[Credited]:
    calls = evened([credited.calls for credited in column])
    conversions = evened([credited.conversions for credited in column])
    parts = zip(column, calls, conversions, strict=True)
    return [Credited(call, converted, credited.value) for credited, call, converted in parts]


def _shown(
    credited: Credited, last: Credited, total: Credited, measure: Measure, currency: str
) -> Shown:
    size = _size(credited, measure, currency)
    difference = size - _size(last, measure, currency)
    written = _written(abs(difference), measure, currency)
    return Shown(
        calls=of_one(credited.calls),
        conversions=of_one(credited.conversions),
        value=tuple(_money(sum_) for sum_ in sums(credited.value, currency)),
        percent=percent_of(size, _size(total, measure, currency)),
        more=written if difference > 0 else "",
        less=written if difference < 0 else "",
    )


def _money(sum_: Money) -> str:
    return format_money(sum_.value, sum_.currency)


def _written(size: int, measure: Measure, currency: str) -> str:
    return format_money(size, currency) if measure is Measure.VALUE else of_one(size)

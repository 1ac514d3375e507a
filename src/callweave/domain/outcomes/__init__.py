"""How a call ended for the business, and what it was worth."""

from callweave.domain.outcomes.money import (
    DECIMALS,
    MAX_AMOUNT,
    MoneyError,
    format_money,
    parse_money,
)
from callweave.domain.outcomes.outcome import (
    MAX_NOTE,
    MAX_ORDER_ID,
    MAX_RECORDED_BY,
    Conversion,
    Disposition,
    Outcome,
    Problem,
    conversion,
    problems,
    standing,
)

__all__ = [
    "DECIMALS",
    "MAX_AMOUNT",
    "MAX_NOTE",
    "MAX_ORDER_ID",
    "MAX_RECORDED_BY",
    "Conversion",
    "Disposition",
    "MoneyError",
    "Outcome",
    "Problem",
    "conversion",
    "format_money",
    "parse_money",
    "problems",
    "standing",
]

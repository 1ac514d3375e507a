"""Outcomes as programs send and get them: their shape. What may be recorded, the domain says."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, fields, post_load, validate

from callweave.domain.outcomes import MAX_AMOUNT, MAX_NOTE, MAX_ORDER_ID, Disposition

_DISPOSITIONS = validate.OneOf([each.value for each in Disposition])
_CURRENCY = "^[A-Z]{3}$"


@dataclass(frozen=True, slots=True)
class SentOutcome:
    """``currency`` is None where the site's is meant."""

    disposition: Disposition
    value: int | None
    currency: str | None
    order_id: str | None
    note: str | None


class WholeNumber(fields.Integer):
    """What JSON Schema calls an integer: 14 and 14.0, but neither true nor "14"."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0:
            return int(value)
        raise self.make_error("invalid", input=value)


class UtcTime(fields.AwareDateTime):
    """RFC 3339 with the Z that most clients expect."""

    def _serialize(self, value: datetime | None, *_: Any, **__: Any) -> str | None:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


class OutcomeSchema(Schema):
    """Limits are documented here and checked by the domain, which names all problems at once."""

    class Meta:
        unknown = RAISE

    disposition = fields.String(required=True, validate=_DISPOSITIONS)
    value = WholeNumber(
        load_default=None,
        allow_none=True,
        metadata={
            "minimum": 0,
            "maximum": MAX_AMOUNT,
            "description": "Minor units of the currency (pence, cents). Only for `won`.",
        },
    )
    currency = fields.String(
        load_default=None,
        allow_none=True,
        metadata={"pattern": _CURRENCY, "description": "ISO 4217; otherwise the site's."},
    )
    order_id = fields.String(
        load_default=None, allow_none=True, metadata={"maxLength": MAX_ORDER_ID}
    )
    note = fields.String(load_default=None, allow_none=True, metadata={"maxLength": MAX_NOTE})

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> SentOutcome:
        return SentOutcome(
            Disposition(data["disposition"]),
            data["value"],
            data["currency"],
            data["order_id"] or None,
            data["note"] or None,
        )


class StandingOutcomeSchema(Schema):
    class Meta:
        unknown = EXCLUDE  # documented so: fields may be added

    id = fields.String(required=True)
    call_id = fields.String(required=True)
    disposition = fields.String(required=True, validate=_DISPOSITIONS)
    value = fields.Integer(required=True, allow_none=True)
    currency = fields.String(required=True, metadata={"pattern": _CURRENCY})
    order_id = fields.String(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    recorded_by = fields.String(
        required=True, metadata={"description": "The name of the key, or of the person."}
    )
    recorded_at = UtcTime(required=True, attribute="at")

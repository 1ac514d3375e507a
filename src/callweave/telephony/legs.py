"""What the carrier calls a leg of a call, in each of its reports."""

from collections.abc import Mapping

_SID = {"status": "CallSid", "whisper": "CallSid", "dialled": "DialCallSid"}


def leg_sid(kind: str, leg: str | None, form: Mapping[str, str]) -> str | None:
    """None for what tells of the call itself."""
    return form.get(_SID.get(kind, "")) if leg is not None else None

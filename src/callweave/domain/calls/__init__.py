"""The life of an inbound call, read from the carrier's reports."""

from callweave.domain.calls.legs import LegResult, LegState
from callweave.domain.calls.life import LegLife, Life, follow
from callweave.domain.calls.reports import (
    CallStatus,
    Dialled,
    FellBack,
    LegStatus,
    Report,
    Ring,
    Status,
    Voicemail,
    Whispered,
)
from callweave.domain.calls.story import EndedBy, Result, State

__all__ = [
    "CallStatus",
    "Dialled",
    "EndedBy",
    "FellBack",
    "LegLife",
    "LegResult",
    "LegState",
    "LegStatus",
    "Life",
    "Report",
    "Result",
    "Ring",
    "State",
    "Status",
    "Voicemail",
    "Whispered",
    "follow",
]

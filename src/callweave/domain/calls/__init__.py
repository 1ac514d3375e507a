"""The life of an inbound call, read from the carrier's reports."""

from callweave.domain.calls.legs import FALLBACK_LEG, LegResult, LegState
from callweave.domain.calls.life import LegLife, Life, follow
from callweave.domain.calls.moves import CALL_MOVES, LEG_MOVES, may_move, may_move_leg
from callweave.domain.calls.repairs import RepairKind
from callweave.domain.calls.reports import (
    CallStatus,
    Dialled,
    DialLost,
    FellBack,
    LegStatus,
    Recording,
    Report,
    Ring,
    Status,
    Voicemail,
    Whispered,
)
from callweave.domain.calls.story import EndedBy, Result, State

__all__ = [
    "CALL_MOVES",
    "FALLBACK_LEG",
    "LEG_MOVES",
    "CallStatus",
    "DialLost",
    "Dialled",
    "EndedBy",
    "FellBack",
    "LegLife",
    "LegResult",
    "LegState",
    "LegStatus",
    "Life",
    "Recording",
    "RepairKind",
    "Report",
    "Result",
    "Ring",
    "State",
    "Status",
    "Voicemail",
    "Whispered",
    "follow",
    "may_move",
    "may_move_leg",
]

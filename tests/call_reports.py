"""Reports of one call, to tell its story with: it rings Anna, then Ben."""

from datetime import UTC, datetime, timedelta

from callweave.domain.calls import (
    CallStatus,
    Dialled,
    LegStatus,
    Ring,
    Status,
    Voicemail,
    Whispered,
)


def at(second: int) -> datetime:
    return datetime(2026, 11, 2, 9, 0, tzinfo=UTC) + timedelta(seconds=second)


RANG = Ring(at(0))
RINGS_ANNA = LegStatus("anna", Status.RINGING, at(1), sequence=1)
ANNA_PICKED_UP = LegStatus("anna", Status.IN_PROGRESS, at(8), sequence=2)
ANNA_HEARS_WHISPER = Whispered("anna", at(8))
ANNA_HUNG_UP = LegStatus("anna", Status.COMPLETED, at(68), sequence=3, duration_s=60)
TALKED_TO_ANNA = Dialled("anna", Status.COMPLETED, at(69), bridged=True, duration_s=60)
ANNA_DECLINED = Dialled("anna", Status.COMPLETED, at(12), bridged=False, duration_s=4)
ANNA_BUSY = Dialled("anna", Status.BUSY, at(3), bridged=False)
RINGS_BEN = LegStatus("ben", Status.RINGING, at(14), sequence=1)
BEN_DID_NOT_ANSWER = Dialled("ben", Status.NO_ANSWER, at(34), bridged=False)
OVER = CallStatus(Status.COMPLETED, at(70), duration_s=70)
MESSAGE = Voicemail("RE1", "https://api.example/RE1", 15, at(55))

"""What the carrier could not do when it asks for the fallback."""

from datetime import UTC, datetime

import pytest

from callweave.telephony.callbacks import talked
from callweave.telephony.fallbacks import (
    DialFailed,
    FallbackFailed,
    FallbackMeaning,
    RingFailed,
    VoicemailFailed,
    WhisperFailed,
    fallback_meaning,
)

BASE = "https://calls.farshore.example/voice"


@pytest.mark.parametrize(
    ("url", "meaning"),
    [
        (f"{BASE}/ring", RingFailed()),
        (f"{BASE}/ring#ct=2000", RingFailed()),
        (f"{BASE}/dialled?leg=2", DialFailed("2")),
        (f"{BASE}/dialled?leg=0#ct=2000&rc=1", DialFailed("0")),
        (f"{BASE}/whisper?leg=1", WhisperFailed("1")),
        (f"{BASE}/voicemail", VoicemailFailed()),
        (f"{BASE}/fallback", FallbackFailed()),
        ("https://farshore.example/calls/voice/dialled?leg=1", DialFailed("1")),
        (f"{BASE}/dialled", RingFailed()),
        (f"{BASE}/dialled?leg=x", RingFailed()),
        ("https://elsewhere.example/twiml", RingFailed()),
        ("http://[::1/voice/voicemail", RingFailed()),
        ("", RingFailed()),
    ],
)
def test_the_address_that_failed_says_how_far_the_call_had_come(
    url: str, meaning: FallbackMeaning
) -> None:
    assert fallback_meaning({"ErrorUrl": url, "ErrorCode": "11200"}) == meaning


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"DialCallStatus": "completed", "DialBridged": "true"}, True),
        ({"DialCallStatus": "completed", "DialCallDuration": "9"}, True),
        ({"DialCallStatus": "completed", "DialBridged": "false", "DialCallDuration": "3"}, False),
        ({"DialCallStatus": "completed", "DialCallDuration": "0"}, False),
        ({"DialCallStatus": "completed"}, None),
        ({"DialCallStatus": "answered", "DialCallDuration": "?"}, None),
        ({"DialCallStatus": "busy"}, False),
        ({"DialCallStatus": "?"}, None),
        ({}, None),
    ],
)
def test_whether_they_talked_is_known_only_where_the_carrier_says_so(
    said: dict[str, str], *, told: bool | None
) -> None:
    assert talked(said, datetime(2026, 11, 2, tzinfo=UTC)) is told

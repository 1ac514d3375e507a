"""The words of TwiML that this carrier executes, and the form of their attributes.

From Twilio's pages on each verb and noun. What is not here is refused: an attribute that Twilio
would pass over with a warning is a mistake of ours all the same.
"""

import re
from collections.abc import Mapping
from typing import Final

# Names that Twilio executes and we do not; they are told apart from misspelt ones.
NOT_SIMULATED: Final = frozenset(
    {"Connect", "Echo", "Enqueue", "Gather", "Leave", "Pay", "Prompt", "Queue", "Refer"}
    | {"Sms", "Start", "Stop", "Stream", "Conference", "Application", "Sim", "WhatsApp"}
)

_BOOLEAN = r"true|false"
_METHOD = r"GET|POST"
_EVENTS = r"(initiated|ringing|answered|completed)( (initiated|ringing|answered|completed))*"
_RECORDING_EVENTS = r"(in-progress|completed|absent)( (in-progress|completed|absent))*"
_ANY = r".+"
_SECONDS = r"[0-9]{1,5}"
_VOICE = r"alice|man|woman|(Polly|Google)\.[A-Za-z0-9-]+"
_LANGUAGE = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
_CALLER_ID = r"\+[1-9][0-9]{6,14}|client:[A-Za-z0-9_.-]+|[A-Za-z0-9_.+-]+"

_CALLEE: Final = {
    "url": _ANY,
    "method": _METHOD,
    "statusCallback": _ANY,
    "statusCallbackMethod": _METHOD,
    "statusCallbackEvent": _EVENTS,
}

ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {
    "Response": {},
    "Say": {"voice": _VOICE, "language": _LANGUAGE, "loop": _SECONDS},
    "Play": {"loop": _SECONDS, "digits": r"[0-9*#wW]+"},
    "Pause": {"length": _SECONDS},
    "Hangup": {},
    "Reject": {"reason": r"rejected|busy"},
    "Redirect": {"method": _METHOD},
    "Record": {
        "action": _ANY,
        "method": _METHOD,
        "timeout": _SECONDS,
        "finishOnKey": r"[0-9*#]*",
        "maxLength": _SECONDS,
        "playBeep": _BOOLEAN,
        "trim": r"trim-silence|do-not-trim",
        "transcribe": r"false",
        "recordingStatusCallback": _ANY,
        "recordingStatusCallbackMethod": _METHOD,
        "recordingStatusCallbackEvent": _RECORDING_EVENTS,
    },
    "Dial": {
        "action": _ANY,
        "method": _METHOD,
        "timeout": _SECONDS,
        "timeLimit": _SECONDS,
        "answerOnBridge": _BOOLEAN,
        "callerId": _CALLER_ID,
        "callReason": r".{1,50}",
        "hangupOnStar": _BOOLEAN,
        "record": r"do-not-record|record-from-answer-dual|false",
        "recordingStatusCallback": _ANY,
        "recordingStatusCallbackMethod": _METHOD,
        "recordingStatusCallbackEvent": _RECORDING_EVENTS,
        "ringTone": r"[a-z]{2}(-old)?|at|sg-old",
        "sequential": _BOOLEAN,
    },
    "Number": {**_CALLEE, "sendDigits": r"[0-9*#wW]+"},
    "Sip": _CALLEE,
    "Client": _CALLEE,
}

VERBS: Final = frozenset({"Say", "Play", "Pause", "Hangup", "Reject", "Redirect", "Record", "Dial"})
NOUNS: Final = frozenset({"Number", "Sip", "Client"})

ENDPOINTS: Final[Mapping[str, str]] = {
    "Number": r"\+[1-9][0-9]{6,14}",
    "Sip": r"sips?:[^\s@]+@[^\s@]+",
    "Client": r"[A-Za-z0-9_.-]{1,121}",
}

# Least and most; outside of them Twilio does something else than what was written.
RANGES: Final[Mapping[tuple[str, str], tuple[int, int]]] = {
    ("Say", "loop"): (0, 1000),
    ("Play", "loop"): (0, 1000),
    ("Pause", "length"): (1, 180),
    ("Record", "timeout"): (0, 600),
    ("Record", "maxLength"): (1, 14_400),
    ("Dial", "timeout"): (5, 600),
    ("Dial", "timeLimit"): (1, 14_400),
}


def trouble_with(element: str, name: str, value: str) -> str | None:
    """Why this attribute is not TwiML, if it is not."""
    form = ATTRIBUTES[element].get(name)
    if form is None:
        return f"<{element}> has no attribute {name}"
    if not re.fullmatch(form, value):
        return f'<{element} {name}="{value}"> has no such value'
    least, most = RANGES.get((element, name), (0, 99_999))
    if form == _SECONDS and int(value) not in range(least, most + 1):
        return f'<{element} {name}="{value}"> is not between {least} and {most}'
    return None

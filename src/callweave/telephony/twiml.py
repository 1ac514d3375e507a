"""Decisions as the carrier reads them. Every document makes the caller hear something."""

import re
from dataclasses import dataclass

from twilio.twiml.voice_response import Dial, VoiceResponse

from callweave.domain.phone import is_e164
from callweave.domain.routing.decisions import Attempt
from callweave.domain.routing.endpoints import Endpoint, EndpointKind

CONTENT_TYPE = "text/xml; charset=utf-8"
LONGEST_SPEECH = 4096
LONGEST_VOICEMAIL_S = 180
FALLBACK_LEG = "0"
FALLBACK_RING_S = 30
LEG_EVENTS = "initiated ringing answered completed"

SORRY = "Sorry, nobody can take your call right now. Please leave a message after the tone."
THANKS = "Thank you. We will call you back. Goodbye."

# What XML 1.0 cannot carry, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the carrier reports back: absolute, and queries only of letters, digits, _ and -."""

    base: str

    def of(self, path: str, leg: str | None = None) -> str:
        return f"{self.base}/voice/{path}" + (f"?leg={leg}" if leg else "")


def caller_id(caller: str | None, dialled: str) -> str | None:
    """The number to show where the caller's own cannot be passed on: a dial that tries to pass a
    withheld one on ends in the carrier's error message. The number that they rang is allowed.
    """
    return dialled if caller is None and is_e164(dialled) else None


def dial(attempt: Attempt, leg: str, shown: str | None, addresses: Addresses) -> str:
    """Rings one endpoint; ``shown``: see ``caller_id``."""
    response = VoiceResponse()
    # First verb, or the call counts as answered and the caller hears no ringing.
    verb = Dial(
        answer_on_bridge=True,
        timeout=attempt.ring_seconds,
        action=addresses.of("dialled", leg),
        caller_id=shown,
    )
    _noun(
        verb,
        Endpoint(attempt.endpoint),
        url=addresses.of("whisper", leg),
        status_callback=addresses.of("status", leg),
        status_callback_event=LEG_EVENTS,
    )
    response.append(verb)
    return _written(response)


def dial_fallback(destination: str, shown: str | None, addresses: Addresses) -> str:
    """The declared fallback: no whisper, no legs, nothing that would need the database."""
    response = VoiceResponse()
    verb = Dial(
        answer_on_bridge=True,
        timeout=FALLBACK_RING_S,
        action=addresses.of("dialled", FALLBACK_LEG),
        caller_id=shown,
    )
    _noun(verb, Endpoint(destination))
    response.append(verb)
    return _written(response)


def voicemail(addresses: Addresses) -> str:
    response = VoiceResponse()
    response.say(SORRY)
    response.record(
        action=addresses.of("voicemail"), max_length=LONGEST_VOICEMAIL_S, play_beep=True
    )
    # Reached when nothing was said after the tone.
    response.say("Goodbye.")
    response.hangup()
    return _written(response)


def thanks() -> str:
    response = VoiceResponse()
    response.say(THANKS)
    response.hangup()
    return _written(response)


def hang_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return _written(response)


def whisper(text: str) -> str:
    response = VoiceResponse()
    response.say(_speakable(text) or "A call from the website.")
    return _written(response)


def _noun(verb: Dial, endpoint: Endpoint, **options: str) -> None:
    match endpoint.kind:
        case EndpointKind.NUMBER:
            verb.number(endpoint.address, **options)
        case EndpointKind.SIP:
            verb.sip(endpoint.address, **options)
        case EndpointKind.CLIENT:
            verb.client(endpoint.address.removeprefix("client:"), **options)


def _speakable(text: str) -> str:
    return _ILLEGAL.sub("", text).strip()[:LONGEST_SPEECH]


def _written(response: VoiceResponse) -> str:
    return str(response)

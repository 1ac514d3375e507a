"""Decisions as the carrier reads them. Every document makes the caller hear something."""

import re
from dataclasses import dataclass
from functools import lru_cache

from twilio.twiml.voice_response import Dial, VoiceResponse

from callweave.domain import calls
from callweave.domain.phone import is_e164
from callweave.domain.routing.decisions import Attempt
from callweave.domain.routing.endpoints import Endpoint, EndpointKind

CONTENT_TYPE = "text/xml; charset=utf-8"
LONGEST_SPEECH = 4096
LONGEST_VOICEMAIL_S = 180
FALLBACK_LEG = calls.FALLBACK_LEG
FALLBACK_RING_S = 30
# What the carrier adds to any time-out, and the least that it takes.
RING_BUFFER_S, SHORTEST_TIMEOUT_S = 5, 5
LEG_EVENTS = "initiated ringing answered completed"
# The carrier's own rule is to try again only when it cannot connect, and to wait for 15 s in all.
# So a worker that dies, or says 503, is asked again, and both tries fit.
CONNECTION = "ct=2000&rt=5000&rc=1&rp=all"

SORRY = "Sorry, nobody can take your call right now. Please leave a message after the tone."
RECORDED = "This call is recorded."
THANKS = "Thank you. We will call you back. Goodbye."

# What XML 1.0 cannot carry, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the carrier reports back: absolute, and queries only of letters, digits, _ and -.
    The fragment is for the carrier, which neither sends nor signs it.
    """

    base: str

    def of(self, path: str, leg: str | None = None) -> str:
        query = f"?leg={leg}" if leg else ""
        return f"{self.base}/voice/{path}{query}#{CONNECTION}"


def caller_id(caller: str | None, dialled: str) -> str | None:
    """The number to show where the caller's own cannot be passed on: a dial that tries to pass a
    withheld one on ends in the carrier's error message. The number that they rang is allowed.
    """
    return dialled if caller is None and is_e164(dialled) else None


@lru_cache(maxsize=512)
def dial(
    attempt: Attempt, leg: str, shown: str | None, addresses: Addresses, notice: str | None = None
) -> str:
    """Rings one endpoint; ``shown``: see ``caller_id``. The talk is recorded where there is a
    ``notice`` of it, which the caller hears first, and in no other way. Whoever is rung for many
    calls is rung by the same words.
    """
    response = VoiceResponse()
    if notice:
        response.say(_speakable(notice) or RECORDED)
    # First verb, unless the talk is recorded, or the call counts as answered and the caller
    # hears no ringing.
    verb = Dial(
        answer_on_bridge=True,
        timeout=_timeout(attempt.ring_seconds),
        action=addresses.of("dialled", leg),
        caller_id=shown,
        **(_recorded(addresses) if notice else {}),
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


def _recorded(addresses: Addresses) -> dict[str, str]:
    """Caller and agent on a channel each, from the moment they are put through."""
    return {
        "record": "record-from-answer-dual",
        "recording_status_callback": addresses.of("recording"),
    }


def dial_fallback(
    destination: str, shown: str | None, addresses: Addresses, seconds: int = FALLBACK_RING_S
) -> str:
    """The declared fallback: no whisper, no legs, nothing that would need the database."""
    response = VoiceResponse()
    verb = Dial(
        answer_on_bridge=True,
        timeout=_timeout(seconds),
        action=addresses.of("dialled", FALLBACK_LEG),
        caller_id=shown,
    )
    _noun(verb, Endpoint(destination))
    response.append(verb)
    return _written(response)


def voicemail(addresses: Addresses) -> str:
    response = VoiceResponse()
    response.say(SORRY)
    # The message is told of twice: who hangs up after it may be gone before the action is asked.
    response.record(
        action=addresses.of("voicemail"),
        max_length=LONGEST_VOICEMAIL_S,
        play_beep=True,
        recording_status_callback=addresses.of("recording"),
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


def _timeout(seconds: int) -> int:
    """For a phone to ring so long; ten seconds are the least."""
    return max(SHORTEST_TIMEOUT_S, seconds - RING_BUFFER_S)


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

"""What Twilio sends along with a webhook, field for field as in captured requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

API_VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True)
class Place:
    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""


# The longest prefix wins. Captures show cities for North America and little else.
_PLACES = {
    "+1": Place("SAN FRANCISCO", "CA", "94105", "US"),
    "+1416": Place("TORONTO", "ON", "", "CA"),
    "+33": Place(country="FR"),
    "+353": Place(country="IE"),
    "+44": Place(country="GB"),
    "+44161": Place("MANCHESTER", "England", "", "GB"),
    "+4420": Place("LONDON", "England", "", "GB"),
    "+49": Place(country="DE"),
}


def place_of(number: str) -> Place:
    known = [prefix for prefix in _PLACES if number.startswith(prefix)]
    return _PLACES[max(known, key=len)] if known else Place()


@dataclass(frozen=True, slots=True)
class Party:
    """The two ends of a leg and its sids, as they stand in every form about it."""

    account_sid: str
    call_sid: str
    from_: str
    to: str
    direction: str = "inbound"
    parent_sid: str | None = None


def _side(name: str, twin: str, number: str) -> dict[str, str]:
    place = place_of(number)
    facts = {"City": place.city, "State": place.state, "Zip": place.zip, "Country": place.country}
    return {name: number, twin: number} | {
        prefix + fact: value for prefix in (name, twin) for fact, value in facts.items()
    }


def call_form(party: Party, status: str) -> dict[str, str]:
    """The fields that every voice webhook carries; unknown geography is sent as empty text."""
    form = {
        "AccountSid": party.account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": party.call_sid,
        "CallStatus": status,
        "Direction": party.direction,
        **_side("From", "Caller", party.from_),
        **_side("To", "Called", party.to),
    }
    if party.parent_sid is not None:
        form["ParentCallSid"] = party.parent_sid
    if party.direction == "inbound" and party.from_.startswith("+1"):
        form["StirVerstat"] = "TN-Validation-Passed-A"
    return form


def ring_form(party: Party) -> dict[str, str]:
    """The first request of an inbound call: as every other, plus the token of its caller id."""
    token = '{"parentCallInfoToken":"' + party.call_sid[2:] * 4 + '"}'
    return call_form(party, "ringing") | {"CallToken": token}


def progress_form(
    party: Party, status: str, at: datetime, sequence: int, duration: int | None
) -> dict[str, str]:
    """A status callback. Durations are in seconds; they are sent only when a leg has ended."""
    form = call_form(party, status) | {
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence),
        "Timestamp": format_datetime(at),
    }
    if duration is not None:
        form["CallDuration"] = str(duration)
    return form


def final_form(party: Party, status: str, at: datetime, duration: int) -> Mapping[str, str]:
    """The number's own StatusCallback, which also tells the minutes begun (`Duration`)."""
    minutes = -(-duration // 60)
    return progress_form(party, status, at, 0, duration) | {"Duration": str(minutes)}

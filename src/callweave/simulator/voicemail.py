"""<Record>: the caller speaks after the beep."""

from collections.abc import Mapping

from callweave.simulator.ledger import Beep, MessageLeft, Reached
from callweave.simulator.line import Line
from callweave.simulator.people import Side
from callweave.simulator.verbs import Link, Record


def record(line: Line, verb: Record) -> Mapping[str, str] | None:
    """The fields that the action gets; None if nothing was said, then it is not asked at all."""
    line.answer()
    line.waiting = False
    if verb.beep:
        line.note(Beep(line.at))
    line.reach(Reached.VOICEMAIL)
    if not line.caller.message:
        line.hang_up(Side.CALLER)
        return None
    seconds = round(min(line.caller.message, verb.max_length))
    line.wait(seconds)
    recording = _recording(line, seconds)
    line.note(MessageLeft(line.at, recording["RecordingSid"], seconds))
    if verb.callback is not None:
        line.afterwards.append((verb.callback, _ready(line, recording, "1", "RecordVerb")))
    return recording | {"Digits": _ending(line, verb)}


def _ending(line: Line, verb: Record) -> str:
    if line.caller.message >= verb.max_length:
        return ""
    if not line.caller.presses_hash:
        line.hang_up(Side.CALLER)
        return "hangup"
    if "#" in verb.finish_on_key:
        return "#"
    line.wait(verb.timeout)
    return ""


def keep_talk(line: Line, told: Link, seconds: int) -> None:
    """A talk that was recorded: caller and agent on a channel each."""
    recording = _recording(line, seconds)
    line.afterwards.append((told, _ready(line, recording, "2", "DialVerb")))


def _recording(line: Line, seconds: int) -> dict[str, str]:
    sid = line.new_sid("RE")
    url = f"https://api.twilio.com/2010-04-01/Accounts/{line.party.account_sid}/Recordings/{sid}"
    return {"RecordingSid": sid, "RecordingUrl": url, "RecordingDuration": str(seconds)}


def _ready(
    line: Line, recording: Mapping[str, str], channels: str, source: str
) -> Mapping[str, str]:
    """Twilio tells this later, when the recording can be fetched."""
    return {
        "AccountSid": line.party.account_sid,
        "CallSid": line.party.call_sid,
        "RecordingStatus": "completed",
        "RecordingChannels": channels,
        "RecordingSource": source,
        **recording,
    }

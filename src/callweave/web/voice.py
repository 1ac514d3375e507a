"""For the carrier. Whatever fails in here, the caller hears a person's phone ring.

A request is let in by its signature, read, and handed to the workflows within a time budget.
Past the budget, or on any exception, the declared fallback is answered from memory, and the
request is kept with that answer in the spool.
"""

import logging
from collections.abc import Callable
from typing import assert_never

from flask import Blueprint, Response, abort, request

from callweave.domain.calls.reports import Status
from callweave.domain.phone import last_two, read_caller
from callweave.domain.routing.circles import circle
from callweave.intake import Webhook
from callweave.storage.database import is_trouble
from callweave.telephony import twiml
from callweave.telephony.callbacks import UnreadableError, leg_position, report_key, talked
from callweave.telephony.fallbacks import (
    DialFailed,
    FallbackFailed,
    RingFailed,
    VoicemailFailed,
    WhisperFailed,
    fallback_meaning,
    is_caller_id_refused,
    may_have_talked,
)
from callweave.telephony.signatures import is_signed, read_fields, signed_url
from callweave.web.answers import Answer
from callweave.web.budget import ARRIVED, Deadline, TooLateError
from callweave.web.extensions import Parts, parts
from callweave.workflows.count_refusal import Refusal

voice = Blueprint("voice", __name__, url_prefix="/voice")
log = logging.getLogger(__name__)

LARGEST_FORM = 64 * 1024
MOST_FIELDS = 200
_DECIDING = frozenset({"ring", "dialled", "fallback"})
_OVER = frozenset(status.value for status in Status if status.is_last)


@voice.post("/ring", defaults={"kind": "ring"})
@voice.post("/fallback", defaults={"kind": "fallback"})
@voice.post("/dialled", defaults={"kind": "dialled"})
@voice.post("/whisper", defaults={"kind": "whisper"})
@voice.post("/status", defaults={"kind": "status"})
@voice.post("/voicemail", defaults={"kind": "voicemail"})
@voice.post("/recording", defaults={"kind": "recording"})
def hear(kind: str) -> Response:
    here = parts()
    hook = _signed(kind)
    _remember(hook)
    if again := _given_before(hook):
        return _given(hook, again)
    try:
        answer = here.budget.run(_work(hook), request.environ.get(ARRIVED))
    except Exception as error:
        said = {"kind": kind, "call": hook.form.get("CallSid"), "why": repr(error)}
        if isinstance(error, TooLateError) or is_trouble(error):
            log.warning("fell back", extra=said)
        else:
            log.exception("fell back", extra=said)
        return _given(hook, _from_memory(hook))
    here.spool.others_were_kept()
    return _answered(hook, answer, kept=True)


def _given_before(hook: Webhook) -> str | None:
    """A repeat of what was answered from memory is not decided anew: the database may be back, and
    not know what the carrier does already.
    """
    return parts().recent.given(*_named(hook)) if hook.kind in _DECIDING else None


def _given(hook: Webhook, given: str | None) -> Response:
    if given and hook.kind in _DECIDING:
        parts().recent.give(*_named(hook), given)
    return _answered(hook, given, kept=_is_kept(hook, given))


def _named(hook: Webhook) -> tuple[str, str]:
    """The call, and which of its requests this is."""
    return hook.form.get("CallSid", ""), report_key(hook.kind, hook.leg, hook.form)


def _work(hook: Webhook) -> Callable[[Deadline], str | None]:
    """What is signed and makes no sense is set aside for a person to look at."""
    here = parts()
    try:
        received = here.intake.read(hook)
    except UnreadableError as error:
        why, given = str(error), _from_memory(hook)
        log.warning("unreadable webhook", extra={"kind": hook.kind, "why": why})
        here.refused.add(Refusal.UNREADABLE_WEBHOOK)
        return lambda _: _put_aside(here, hook, why, given)
    return lambda deadline: here.intake.answer(received, deadline.claim)


def _remember(hook: Webhook) -> None:
    """What a call of which the database could not be asked would have to be known by."""
    recent, form = parts().recent, hook.form
    sid = form.get("CallSid", "")
    match hook.kind:
        case "ring":
            recent.rang(sid, _caller(hook), form.get("To", ""), hook.at)
        case "voicemail":
            recent.ended(sid)
        case "status" if hook.leg is None and form.get("CallStatus") in _OVER:
            recent.ended(sid)


def _caller(hook: Webhook) -> str | None:
    return read_caller(hook.form.get("From"), None).number


def _put_aside(here: Parts, hook: Webhook, why: str, given: str | None) -> str | None:
    here.intake.set_aside(hook, why, given)
    return given


def _is_kept(hook: Webhook, given: str | None) -> bool:
    """Whether it is on this machine's disk, with what was answered, for when the database is
    back. Twice is once, so one that was committed all the same does no harm there.
    """
    here = parts()
    try:
        here.keeping.run(lambda _: here.spool.keep(hook, given))
    except Exception:
        log.exception("a webhook is not kept", extra={"kind": hook.kind})
        here.refused.add(Refusal.UNKEPT_WEBHOOK)
        return False
    return True


def _from_memory(hook: Webhook) -> str | None:
    """The declared fallback of each request, which needs nothing but memory."""
    match hook.kind:
        case "status" | "recording":
            return None
        case "whisper":
            return twiml.whisper("")
        case "voicemail":
            return twiml.thanks()
        case "dialled":
            return _after_dial(hook, hook.leg, did_talk=talked(hook.form, hook.at))
        case "fallback":
            return _instead_of_what_failed(hook)
        case _:
            return _default_destination(hook)


def _instead_of_what_failed(hook: Webhook) -> str:
    """Never the same again."""
    match fallback_meaning(hook.form):
        case RingFailed() if may_have_talked(hook.form):
            return _after_dial(hook, None, did_talk=talked(hook.form, hook.at))
        case RingFailed():
            return _default_destination(hook)
        case DialFailed(leg):
            return _after_dial(hook, leg, did_talk=talked(hook.form, hook.at))
        case WhisperFailed():
            return twiml.whisper("")
        case VoicemailFailed():
            return twiml.thanks()
        case FallbackFailed():
            return twiml.voicemail(parts().intake.addresses)
        case meaning:
            assert_never(meaning)


def _after_dial(hook: Webhook, leg: str | None, *, did_talk: bool | None) -> str:
    """Nobody is rung after a talk, nor where nobody can say whether there was one."""
    if did_talk:
        return twiml.hang_up()
    if did_talk is None or leg == twiml.FALLBACK_LEG:
        return twiml.voicemail(parts().intake.addresses)
    return _default_destination(hook, _attempts(leg))


def _attempts(leg: str | None) -> int:
    try:
        return int(leg_position(leg) or 0)
    except UnreadableError:
        return 0


def _default_destination(hook: Webhook, attempts: int = 0) -> str:
    """``attempts``: how often somebody was rung for this call already."""
    here = parts()
    number, sid = hook.form.get("To", ""), hook.form.get("CallSid", "")
    destination = here.destinations.of(number)
    why = _objection(hook, destination)
    left = here.recent.ringing_left(sid, attempts, hook.at)
    if destination is None or why or not left:
        told = why or "it has rung for as long as calls may"
        log.warning("no default destination is rung", extra={"for": last_two(number), "why": told})
        return twiml.voicemail(here.intake.addresses)
    log.info("default destination rings", extra={"for": last_two(number)})
    here.recent.send_on(sid, _caller(hook), number, hook.at)
    shown = twiml.caller_id(None if is_caller_id_refused(hook.form) else _caller(hook), number)
    seconds = min(left, twiml.FALLBACK_RING_S)
    return twiml.dial_fallback(destination, shown, here.intake.addresses, seconds)


def _objection(hook: Webhook, destination: str | None) -> str | None:
    """A destination that forwards calls back to us would be rung for ever."""
    if destination is None:
        return "none can be rung"
    form = hook.form
    sid, number = form.get("CallSid", ""), form.get("To", "")
    caller = _caller(hook)
    laps = parts().recent.on_their_way(sid, caller, number, hook.at)
    return circle(form.get("ForwardedFrom"), {destination}, laps, withheld=caller is None)


def _answered(hook: Webhook, answer: str | None, *, kept: bool) -> Response:
    """A status is acknowledged once it is kept, and else not: the carrier tries again."""
    if hook.kind in {"status", "recording"}:
        return Response(status=204 if kept else 503)
    return _document(answer) if answer else Response(status=204)


def _document(answer: str) -> Response:
    return Answer(answer, content_type=twiml.CONTENT_TYPE)


def _signed(kind: str) -> Webhook:
    """The request as it was signed; 403 where the signature is not our carrier's."""
    here = parts()
    request.max_content_length = LARGEST_FORM
    body = request.get_data(cache=False).decode("utf-8", "replace")
    target = request.environ["RAW_URI"]
    fields = read_fields(body, MOST_FIELDS)
    signature = request.headers.get("X-Twilio-Signature", "")
    url = signed_url(here.public_base_url, target)
    if not is_signed(signature, url, fields, here.auth_tokens):
        here.refused.add(Refusal.FORGED_WEBHOOK)
        abort(403)
    leg = request.args.get("leg") if request.query_string else None
    return Webhook(kind, leg, tuple(fields), here.clock())

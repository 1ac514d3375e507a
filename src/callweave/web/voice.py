"""For the carrier. Whatever fails in here, the caller hears a person's phone ring.

A request is let in by its signature, read, and handed to the workflows within a time budget.
Past the budget, or on any exception, the declared fallback is answered, which needs nothing
but memory: see ``_without_database``.
"""

import logging
from urllib.parse import parse_qsl

from flask import Blueprint, Response, abort, request

from callweave.domain.phone import last_two, read_caller
from callweave.intake import Webhook
from callweave.storage.database import is_trouble
from callweave.telephony import twiml
from callweave.telephony.callbacks import UnreadableError, says_talk_is_over
from callweave.telephony.signatures import is_signed, signed_url
from callweave.web.budget import TooLateError
from callweave.web.extensions import Parts, parts
from callweave.workflows.count_refusal import Refusal

voice = Blueprint("voice", __name__, url_prefix="/voice")
log = logging.getLogger(__name__)

LARGEST_FORM = 64 * 1024
MOST_FIELDS = 200


@voice.post("/ring", defaults={"kind": "ring"})
@voice.post("/fallback", defaults={"kind": "fallback"})
@voice.post("/dialled", defaults={"kind": "dialled"})
@voice.post("/whisper", defaults={"kind": "whisper"})
@voice.post("/status", defaults={"kind": "status"})
@voice.post("/voicemail", defaults={"kind": "voicemail"})
def hear(kind: str) -> Response:
    here = parts()
    hook = _signed(kind)
    try:
        received = here.intake.read(hook)
    except UnreadableError as why:
        log.warning("unreadable webhook", extra={"kind": kind, "why": str(why)})
        here.refused.add(Refusal.UNREADABLE_WEBHOOK)
        return _without_database(hook, acknowledge=True)
    try:
        answer = here.budget.run(lambda deadline: here.intake.answer(received, deadline.check))
    except Exception as error:
        said = {"kind": kind, "call": received.inbound.call_sid, "why": repr(error)}
        if isinstance(error, TooLateError) or is_trouble(error):
            log.warning("fell back", extra=said)
        else:
            log.exception("fell back", extra=said)
        return _without_database(hook)
    if here.destinations.is_stale:
        here.budget.later(lambda: _tidy(here))
    return _document(answer) if answer else Response(status=204)


def _tidy(here: Parts) -> None:
    """Once a minute, behind a request that went well: what is known from memory is made new."""
    here.destinations.warm()
    here.refused.write_if_due(here.database, here.clock())


def _without_database(hook: Webhook, *, acknowledge: bool = False) -> Response:
    """The declared fallback of each request. A status is acknowledged only when it is kept, or
    when (``acknowledge``) it never could be.
    """
    here = parts()
    match hook.kind:
        case "status":
            return Response(status=204 if acknowledge else 503)
        case "whisper":
            return _document(twiml.whisper(""))
        case "voicemail":
            return _document(twiml.thanks())
        case "dialled" if says_talk_is_over(hook.form, here.clock()):
            return _document(twiml.hang_up())
        case "dialled" if hook.leg == twiml.FALLBACK_LEG:
            return _document(twiml.voicemail(here.intake.addresses))
        case _:
            number = hook.form.get("To", "")
            log.info("default destination rings", extra={"for": last_two(number)})
            shown = twiml.caller_id(read_caller(hook.form.get("From"), None).number, number)
            destination = here.destinations.of(number)
            return _document(twiml.dial_fallback(destination, shown, here.intake.addresses))


def _document(answer: str) -> Response:
    return Response(answer, content_type=twiml.CONTENT_TYPE)


def _signed(kind: str) -> Webhook:
    """The request as it was signed; 403 where the signature is not our carrier's."""
    here = parts()
    request.max_content_length = LARGEST_FORM
    body = request.get_data(cache=False).decode("utf-8", "replace")
    target = request.environ["RAW_URI"]
    try:
        fields = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        fields = []
    signature = request.headers.get("X-Twilio-Signature", "")
    url = signed_url(here.public_base_url, target)
    if not is_signed(signature, url, fields, here.auth_tokens):
        here.refused.add(Refusal.FORGED_WEBHOOK)
        abort(403)
    return Webhook(kind, request.args.get("leg"), tuple(fields), here.clock())

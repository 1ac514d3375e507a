"""For the carrier. Whatever fails in here, the caller hears a person's phone ring.

A request is let in by its signature, read, and handed to the workflows within a time budget.
Past the budget, or on any exception, the declared fallback is answered, which needs nothing
but memory: see ``_without_database``.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from flask import Blueprint, Response, abort, request

from callweave.domain.phone import last_two, read_caller
from callweave.storage.callbook import NewReport
from callweave.storage.database import DuplicateError, is_trouble
from callweave.storage.prepared import HotTransaction
from callweave.telephony import twiml
from callweave.telephony.callbacks import (
    Form,
    Inbound,
    UnreadableError,
    leg_position,
    read_inbound,
    read_report,
    reckoned_ring,
    report_key,
    says_talk_is_over,
)
from callweave.telephony.signatures import is_signed, signed_url
from callweave.web.budget import Deadline, TooLateError
from callweave.web.extensions import Parts, parts
from callweave.workflows.answer_call import Ringing, adopt_call, answer_call
from callweave.workflows.attribute_call import attribute_call
from callweave.workflows.count_refusal import Refusal
from callweave.workflows.follow_call import Reported, follow_call, keep_report
from callweave.workflows.tell_fact import tell_call

voice = Blueprint("voice", __name__, url_prefix="/voice")
log = logging.getLogger(__name__)

LARGEST_FORM = 64 * 1024
MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Webhook:
    kind: str
    leg: str | None
    form: Form

    @property
    def is_of_callers_side(self) -> bool:
        """Then it carries the number that was dialled. Whisper and status tell of a leg."""
        of_leg = self.kind == "whisper" or (self.kind == "status" and self.leg is not None)
        return not of_leg and not self.form.get("ParentCallSid")


@voice.post("/ring", defaults={"kind": "ring"})
@voice.post("/fallback", defaults={"kind": "fallback"})
@voice.post("/dialled", defaults={"kind": "dialled"})
@voice.post("/whisper", defaults={"kind": "whisper"})
@voice.post("/status", defaults={"kind": "status"})
@voice.post("/voicemail", defaults={"kind": "voicemail"})
def hear(kind: str) -> Response:
    pairs = _signed_form()
    hook = Webhook(kind, None, dict(pairs))
    try:
        hook = Webhook(kind, _leg(), _single(pairs))
        heard = _read(hook)
    except UnreadableError as why:
        log.warning("unreadable webhook", extra={"kind": kind, "why": str(why)})
        parts().refused.add(Refusal.UNREADABLE_WEBHOOK)
        return _without_database(hook, acknowledge=True)
    here = parts()
    try:
        answer = here.budget.run(lambda deadline: _handle(here, hook, heard, deadline))
    except Exception as error:
        said = {"kind": kind, "call": heard.inbound.call_sid, "why": repr(error)}
        if isinstance(error, TooLateError) or is_trouble(error):
            log.warning("fell back", extra=said)
        else:
            log.exception("fell back", extra=said)
        return _without_database(hook)
    return _document(answer) if answer else Response(status=204)


@dataclass(frozen=True, slots=True)
class Heard:
    """``rang_at``: when the call rang, by this report alone."""

    inbound: Inbound
    report: NewReport
    rang_at: datetime


def _read(hook: Webhook) -> Heard:
    """Raises UnreadableError for what is signed and still makes no sense."""
    inbound = read_inbound(hook.form)
    report = read_report(hook.kind, hook.leg, hook.form, parts().clock())
    key = report_key(hook.kind, hook.leg, hook.form)
    new = NewReport(inbound.call_sid, key, hook.kind, hook.leg, hook.form)
    return Heard(inbound, new, reckoned_ring(report))


def _handle(here: Parts, hook: Webhook, heard: Heard, deadline: Deadline) -> str | None:
    handle = _ring if hook.kind == "ring" else _follow
    try:
        return handle(here, hook, heard, deadline)
    except DuplicateError:  # the call is there already: by this very report, or by another one
        return _follow(here, hook, heard, deadline)


def _ring(here: Parts, _hook: Webhook, heard: Heard, deadline: Deadline) -> str:
    with here.database.hot() as tx:
        answer = answer_call(tx, here.mint, _ringing(here, heard), here.clock())
        deadline.check()
    if here.destinations.is_stale:
        here.budget.later(lambda: _tidy(here))
    return answer


def _tidy(here: Parts) -> None:
    """Once a minute, behind a ring that went well: what is known from memory is made new."""
    here.destinations.warm()
    here.refused.write_if_due(here.database, here.clock())


def _follow(here: Parts, hook: Webhook, heard: Heard, deadline: Deadline) -> str | None:
    told = Reported(heard.report, here.addresses, here.default_destination)
    now = here.clock()
    with here.database.writing() as session:
        tx = here.database.within(session)
        followed = follow_call(session, tx, told, now)
        if followed is None and hook.is_of_callers_side:
            adopt_call(tx, here.mint, _ringing(here, heard), min(now, heard.rang_at))
            followed = follow_call(session, tx, told, now)
        if followed and followed.ended:
            attribute_call(session, followed.call)
        if followed:
            tell_call(session, here.mint, followed.call, now)
        answer = followed.answer if followed else _keep_for_later(tx, hook, heard, now)
        deadline.check()
    return answer


def _keep_for_later(tx: HotTransaction, hook: Webhook, heard: Heard, now: datetime) -> str | None:
    answer = twiml.whisper("") if hook.kind == "whisper" else None
    return keep_report(tx, heard.report, answer, now)


def _ringing(here: Parts, heard: Heard) -> Ringing:
    return Ringing(heard.inbound, heard.report, here.addresses, here.default_destination)


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
            return _document(twiml.voicemail(here.addresses))
        case _:
            number = hook.form.get("To", "")
            log.info("default destination rings", extra={"for": last_two(number)})
            shown = twiml.caller_id(read_caller(hook.form.get("From"), None).number, number)
            destination = here.destinations.of(number)
            return _document(twiml.dial_fallback(destination, shown, here.addresses))


def _document(answer: str) -> Response:
    return Response(answer, content_type=twiml.CONTENT_TYPE)


def _signed_form() -> list[tuple[str, str]]:
    """The form's fields as they were signed; 403 where the signature is not our carrier's."""
    here = parts()
    request.max_content_length = LARGEST_FORM
    body = request.get_data(cache=False).decode("utf-8", "replace")
    target = request.environ["RAW_URI"]
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        pairs = []
    signature = request.headers.get("X-Twilio-Signature", "")
    url = signed_url(here.public_base_url, target)
    if not is_signed(signature, url, pairs, here.auth_tokens):
        here.refused.add(Refusal.FORGED_WEBHOOK)
        abort(403)
    return pairs


def _single(pairs: list[tuple[str, str]]) -> Form:
    """One value a name: the signature cannot tell which of two was meant."""
    form = {name: value.replace("\x00", "") for name, value in pairs}
    if len(form) != len(pairs):
        raise UnreadableError("a parameter came twice")
    if form.get("AccountSid") != parts().account_sid:
        raise UnreadableError("AccountSid is not ours")
    return form


def _leg() -> str | None:
    return leg_position(request.args.get("leg"))

"""One call: the journey behind it, why it went where it went, and what came of it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from callweave.domain.attribution import Model
from callweave.domain.matching import in_words
from callweave.domain.routing.decisions import Decision
from callweave.domain.routing.explain import explain
from callweave.domain.routing.records import decision_from_data
from callweave.storage import followed
from callweave.storage.accounts import Site
from callweave.storage.calls import Call
from callweave.storage.followed import LockedCall
from callweave.storage.outcomes import Credit
from callweave.storage.prepared import HotTransaction
from callweave.storage.reports.journey import journey_of
from callweave.storage.reports.one_call import (
    credits_of,
    find_call,
    id_by_sid,
    legs_of,
    outcomes_of,
    repairs_of,
    touches_of,
)
from callweave.storage.visits import Touch
from callweave.web.auth import current_person
from callweave.web.extensions import parts
from callweave.web.pages.folding import tell
from callweave.web.pages.outcome_form import OutcomeForm, form_of, read_outcome
from callweave.workflows.attribute_call import attribute_call
from callweave.workflows.record_outcome import record_outcome
from callweave.workflows.tell_fact import tell_outcome


@dataclass(frozen=True, slots=True)
class Candidate:
    """A visit that may have made the call, and why it is thought so. The last two are not known of
    calls from before they were kept.
    """

    touch: Touch | None
    reasons: tuple[str, ...]
    assignment: str
    shown_from: datetime
    shown_until: datetime
    ended_ago: str | None
    shown_since: int | None


@dataclass(frozen=True, slots=True)
class CreditRow:
    """``touch`` is None where no touch is known."""

    touch: Touch | None
    by_model: Mapping[Model, Credit]


# Whatever else stands in an address names no call, and databases do not take all of it.
_ID, _SID = re.compile(r"ca_[0-9a-z]{26}"), re.compile(r"CA[0-9a-f]{32}")


def page(call_id: str) -> str:
    with parts().database.reading() as session:
        return _shown(session, call_id)


def by_sid(sid: str) -> ResponseReturnValue:
    """For systems that know the carrier's id of the call."""
    if not _SID.fullmatch(sid):
        abort(404)
    with parts().database.reading() as session:
        found = id_by_sid(session, current_person().account_id, sid)
    return redirect(url_for("pages.call", call_id=found or abort(404)))


def record(call_id: str) -> ResponseReturnValue:
    person, now = current_person(), parts().clock()
    if not person.role.records_outcomes:
        abort(403)
    stated = read_outcome(request.form, person.name, now)
    if isinstance(stated, OutcomeForm):
        with parts().database.reading() as session:
            return _shown(session, call_id, stated), 422
    with parts().database.hot() as tx:
        call, outcome = record_outcome(tx, parts().mint, _own_locked(tx, call_id), stated, now)
        attribute_call(tx, call)
        tell_outcome(tx, parts().mint, call, outcome, now)
    flash("The outcome is recorded.")
    return redirect(url_for("pages.call", call_id=call_id), 303)


def _shown(session: Session, call_id: str, typed: OutcomeForm | None = None) -> str:
    call, site = _own_call(session, call_id)
    outcomes = outcomes_of(session, call_id)
    decision = _decision(call)
    return render_template(
        "call.html",
        call=call,
        site=site,
        zone=site.time_zone,
        legs=legs_of(session, call_id),
        repairs=repairs_of(session, call_id),
        outcomes=outcomes,
        form=typed or form_of(outcomes[0] if outcomes else None, site.currency),
        journey=tell(journey_of(session, call), call.id),
        candidates=list(_candidates(session, call)),
        decision=decision,
        verdict=explain(decision)[-1] if decision else None,
        credits=_credit_rows(credits_of(session, call_id)),
        voicemail_url=_https(call.voicemail_url),
        recording_url=_https(call.recording_url),
    )


def _own_locked(tx: HotTransaction, call_id: str) -> LockedCall:
    call = followed.lock_by_id(tx, call_id) if _ID.fullmatch(call_id) else None
    if call is None or call.account_id != current_person().account_id:
        abort(404)
    return call


def _own_call(session: Session, call_id: str) -> tuple[Call, Site]:
    if not _ID.fullmatch(call_id):
        abort(404)
    return find_call(session, current_person().account_id, call_id) or abort(404)


def _candidates(session: Session, call: Call) -> Iterator[Candidate]:
    touches = touches_of(session, [candidate["visit"] for candidate in call.candidates])
    for candidate in call.candidates:
        lease = candidate["lease"]
        yield Candidate(
            touch=touches.get(candidate["visit"]),
            reasons=tuple(candidate["reasons"]),
            assignment=lease["assignment"],
            shown_from=datetime.fromisoformat(lease["started_at"]),
            shown_until=datetime.fromisoformat(lease["expires_at"]),
            ended_ago=_ago(candidate.get("ended_s_ago")),
            shown_since=candidate.get("shown_since"),
        )


def _ago(seconds: int | None) -> str | None:
    return in_words(timedelta(seconds=seconds)) if seconds else None


def _decision(call: Call) -> Decision | None:
    """None where none was made: the carrier's fallback or the default destination rang."""
    return decision_from_data(call.decision) if call.decision else None


def _credit_rows(found: Sequence[tuple[Credit, Touch | None]]) -> list[CreditRow]:
    rows: dict[str | None, tuple[Touch | None, dict[Model, Credit]]] = {}
    for credit, touch in found:
        _, by_model = rows.setdefault(credit.touch_id, (touch, {}))
        by_model[_MODELS[credit.model]] = credit
    return [CreditRow(touch, by_model) for touch, by_model in rows.values()]


_MODELS = {model.value: model for model in Model}


def _https(address: str | None) -> str | None:
    """A link from outside is only shown where it can do nothing but open a page."""
    return address if address and address.startswith("https://") else None

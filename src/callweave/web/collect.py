"""For browsers: a page announces its visit and is lent its numbers; later it reports events."""

import logging
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

import crawleruseragents
from flask import Blueprint, Response, jsonify, request
from marshmallow import ValidationError

from callweave.domain.ids import claimed_id
from callweave.domain.leases import PROMISED
from callweave.domain.visits.addresses import legible
from callweave.storage import arrivals
from callweave.storage.database import DuplicateError, is_trouble
from callweave.storage.lending import Lent
from callweave.storage.prepared import HotTransaction
from callweave.storage.sites import ShownNumber, SiteFacts
from callweave.web.bodies import json_body
from callweave.web.errors import Problem
from callweave.web.extensions import parts
from callweave.web.schemas.visits import PageSeen, VisitRequest, read_events, read_visit
from callweave.workflows.count_refusal import Refusal
from callweave.workflows.keep_visit import PageEvent, SeenVisit, keep_visit
from callweave.workflows.welcome_visitor import Arrival, Welcome, welcome_visitor

collect = Blueprint("collect", __name__)
log = logging.getLogger(__name__)

LONGEST_TITLE = 300
# An open page renews this many times in the length of a lease: one lost report costs nothing.
RENEWALS_A_LEASE = 30
SWAPPABLE_POOL = "main"
_T = TypeVar("_T")


@collect.post("/v1/visits", provide_automatic_options=False)
def announce() -> Response:
    wanted = _read(read_visit)
    site = _site(wanted.site)
    refusal = _refusal(wanted)
    if refusal:
        _count(site, refusal)
    answer = _own_numbers(site, wanted) if refusal else _welcomed(site, wanted)
    parts().refused.write_if_due(parts().database, parts().clock())
    return _allowed(answer)


@collect.post("/v1/visits/<sealed>/events", provide_automatic_options=False)
def report(sealed: str) -> Response:
    events = _read(read_events)
    _once_more(lambda tx: _keep(tx, sealed, events))
    return _allowed(Response(status=204))


@collect.route("/v1/visits", methods=["OPTIONS"])
@collect.route("/v1/visits/<sealed>/events", methods=["OPTIONS"])
def preflight(sealed: str = "") -> Response:  # noqa: ARG001  part of the address
    """Whether the origin belongs to the site is decided on the request itself."""
    answer = _allowed(Response(status=204))
    answer.headers["Access-Control-Allow-Methods"] = "POST"
    answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
    answer.headers["Access-Control-Max-Age"] = "86400"
    return answer


def _welcomed(site: SiteFacts, wanted: VisitRequest) -> Response:
    try:
        welcome = _once_more(lambda tx: _welcome(tx, site, wanted))
    except Exception as error:
        if not is_trouble(error):
            raise
        log.warning("the page keeps its own number", extra={"why": repr(error)})
        return _own_numbers(site, wanted)
    for reason in _shortages(wanted, welcome):
        _count(site, reason)
    answer = _lent_numbers(site, wanted, welcome)
    answer.status_code = 201 if welcome.is_new else 200
    return answer


def _welcome(tx: HotTransaction, site: SiteFacts, wanted: VisitRequest) -> Welcome:
    now, seal = parts().clock(), parts().seal
    visitor = seal.open(wanted.visitor, site.id, "vr")
    visit = seal.open(wanted.visit, site.id, "vs")
    pools = [pool for pool in wanted.numbers_wanted if pool in site.pools]
    arrival = _arrival(visitor, visit, wanted.page, pools, (wanted.tz, wanted.language))
    return welcome_visitor(tx, parts().mint, site, arrival, now)


def _keep(tx: HotTransaction, sealed: str, events: list[dict[str, Any]]) -> None:
    """One transaction for all that a page reports at once."""
    now, mint = parts().clock(), parts().mint
    name = claimed_id(sealed, "vs")
    owners = tx.row(arrivals.OWNERS_OF, visit=name) if name else None
    site = parts().sites.get(owners[0]) if owners else None
    visit = parts().seal.open(sealed, site.id, "vs") if site else None
    if owners is None or site is None or visit is None:
        raise Problem(404, "unknown-visit", "There is no such visit.")
    _refuse_foreign_origin(site)
    seen = SeenVisit(owners[1], visit)
    for event in events:
        if event["type"] == "page":
            arrival = _arrival(seen.visitor, visit, event["page"], [], (None, None))
            welcome_visitor(tx, mint, site, arrival, now)
        else:
            keep_visit(tx, mint, site, seen, _event(event), now)


def _arrival(
    visitor: str | None,
    visit: str | None,
    page: PageSeen,
    pools: list[str],
    place: tuple[str | None, str | None],
) -> Arrival:
    title = legible(page.title, LONGEST_TITLE)
    return Arrival(visitor, visit, page.url, page.referrer, title, pools, *place)


def _event(event: dict[str, Any]) -> PageEvent:
    match event["type"]:
        case "identify":
            return PageEvent("identify", event["traits"])
        case "custom":
            return PageEvent("custom", {"name": event["name"], "data": event.get("data", {})})
        case "tel_click":
            return PageEvent("tel_click", {"number": event.get("number")})
        case kind:
            return PageEvent(kind, {})


def _read(read: Callable[[Any], _T]) -> _T:
    try:
        return read(json_body())
    except ValidationError as error:
        detail = "The body is not of the documented form."
        fields: Any = error.messages
        raise Problem(422, "invalid-body", detail, fields) from None


def _site(site_id: str) -> SiteFacts:
    shelf = parts().sites
    try:
        site = shelf.get(site_id)
    except Exception as error:
        site = shelf.last_known(site_id)
        if not is_trouble(error) or site is None:
            raise
    if site is None:
        raise Problem(404, "unknown-site", "No site has this key: check data-site in the snippet.")
    _refuse_foreign_origin(site)
    return site


def _refuse_foreign_origin(site: SiteFacts) -> None:
    if request.headers.get("Origin") not in site.allowed_origins:
        _count(site, Refusal.FOREIGN_ORIGIN)
        detail = "This origin is not among the allowed origins of the site."
        raise Problem(403, "foreign-origin", detail)


def _refusal(wanted: VisitRequest) -> Refusal | None:
    if wanted.consent != "granted":
        return Refusal.CONSENT_MISSING
    return Refusal.BOT if _is_bot(request.headers.get("User-Agent", "")) else None


@lru_cache(maxsize=4096)
def _is_bot(user_agent: str) -> bool:
    """Looking through a thousand patterns takes a millisecond; few browsers are one of a kind."""
    return not user_agent or bool(crawleruseragents.is_crawler(user_agent))


def _count(site: SiteFacts, reason: Refusal) -> None:
    parts().refused.add(reason, site.id)


def _shortages(wanted: VisitRequest, welcome: Welcome) -> Iterator[Refusal]:
    if len(welcome.numbers) < len(wanted.numbers_wanted):
        yield Refusal.UNKNOWN_POOL
    for number in welcome.numbers:
        if not isinstance(number, Lent):
            yield Refusal.POOL_EXHAUSTED
        elif number.assignment == "shared" and welcome.is_new:
            yield Refusal.SHARED_NUMBER


def _once_more(action: Callable[[HotTransaction], _T]) -> _T:
    """Two first requests of one browser at once: the second finds what the first has written."""
    try:
        with parts().database.hot() as tx:
            return action(tx)
    except DuplicateError:
        with parts().database.hot() as tx:
            return action(tx)


def _lent_numbers(site: SiteFacts, wanted: VisitRequest, welcome: Welcome) -> Response:
    lent = {number.pool: number for number in welcome.numbers if isinstance(number, Lent)}
    lease_s = min((site.pools[pool].lease_s for pool in lent), default=1800)
    seal = parts().seal
    return jsonify(
        visitor=seal.close(welcome.visitor, site.id),
        visit=seal.close(welcome.visit, site.id),
        numbers=[
            _offer(site, pool, lent[pool].number, lent[pool].assignment)
            if pool in lent
            else _offer(site, pool, site.own_number, "default")
            for pool in wanted.numbers_wanted
        ],
        renew_every=max(1, lease_s // RENEWALS_A_LEASE),
        expires_in=int(lease_s * PROMISED),
    )


def _own_numbers(site: SiteFacts, wanted: VisitRequest) -> Response:
    return jsonify(
        visitor=None,
        visit=None,
        numbers=[_offer(site, pool, site.own_number, "default") for pool in wanted.numbers_wanted],
    )


def _offer(site: SiteFacts, pool: str, number: ShownNumber, assignment: str) -> dict[str, Any]:
    return {
        "pool": pool,
        "e164": number.e164,
        "national": number.national,
        "international": number.international,
        "assignment": assignment,
        "replaces": site.swappable if pool == SWAPPABLE_POOL else [],
    }


def _allowed(answer: Response) -> Response:
    """Readable for the page's own origin; cookies are neither sent nor wanted."""
    origin = request.headers.get("Origin")
    if origin:
        answer.headers["Access-Control-Allow-Origin"] = origin
    answer.headers["Vary"] = "Origin"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer

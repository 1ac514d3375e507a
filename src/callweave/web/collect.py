"""For browsers: a page announces its visit and is lent its numbers; later it reports events."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

import crawleruseragents
from flask import Blueprint, Response, jsonify, request
from marshmallow import ValidationError

from callweave.domain.ids import claimed_id
from callweave.domain.visits.addresses import legible
from callweave.storage import arrivals
from callweave.storage.database import Database, DuplicateError, is_trouble
from callweave.storage.prepared import HotTransaction
from callweave.storage.sites import SiteFacts
from callweave.web.bodies import json_body
from callweave.web.carrying import known_visitor, remember
from callweave.web.errors import Problem
from callweave.web.extensions import Parts, parts
from callweave.web.networks import client_network
from callweave.web.offers import (
    NO_ORIGIN,
    allowed,
    lent_numbers,
    own_numbers,
    source_numbers,
    spoken_language,
)
from callweave.web.schemas.visits import PageSeen, VisitRequest, read_events, read_visit
from callweave.web.shortages import count_steps, shortages
from callweave.workflows.count_refusal import Refusal
from callweave.workflows.keep_visit import PageEvent, SeenVisit, keep_visit
from callweave.workflows.welcome_visitor import Arrival, Welcome, welcome_back, welcome_visitor

collect = Blueprint("collect", __name__)
log = logging.getLogger(__name__)

LONGEST_TITLE = 300
# What these say any page may read; a foreign origin is for the browser to report.
READABLE_ERRORS = {400, 404, 413, 422}
_T = TypeVar("_T")


@collect.post("/v1/visits", provide_automatic_options=False)
def announce() -> Response:
    here, wanted = parts(), _read(read_visit)
    site = _site(here, wanted.site)
    refusal = _refusal(wanted)
    if refusal:
        here.refused.add(refusal, site.id)
        return _refused(here, site, wanted, refusal)
    return _welcomed(here, site, wanted)


@collect.post("/v1/visits/<sealed>/events", provide_automatic_options=False)
def report(sealed: str) -> Response:
    here, told = parts(), _read(read_events)
    _once_more(here.database, lambda tx: _keep(tx, here, sealed, told.kept))
    if told.faults:
        return allowed(jsonify(kept=len(told.kept), errors={"events": told.faults}))
    return allowed(Response(status=204))


@collect.route("/v1/visits", methods=["OPTIONS"])
@collect.route("/v1/visits/<sealed>/events", methods=["OPTIONS"])
@collect.route("/v1/visits/<sealed>/links", methods=["OPTIONS"])
def preflight(sealed: str = "") -> Response:  # noqa: ARG001  part of the address
    """Whether the origin belongs to the site is decided on the request itself."""
    answer = allowed(Response(status=204))
    answer.headers["Access-Control-Allow-Methods"] = "POST"
    answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
    answer.headers["Access-Control-Max-Age"] = "86400"
    return answer


@collect.errorhandler(Problem)
def tell_why(problem: Problem) -> Response:
    """A browser reports what a page may not read as a matter of origins, which it mostly is not."""
    answer = problem.response()
    return allowed(answer) if problem.status in READABLE_ERRORS else answer


def _welcomed(here: Parts, site: SiteFacts, wanted: VisitRequest) -> Response:
    pools = [name for name in wanted.numbers_wanted if name in site.serving]
    place = (wanted.tz, wanted.language or spoken_language())
    try:
        arrival = _arrival(*known_visitor(site, wanted), wanted.page, pools, place)
        welcome = _welcome(here, site, arrival)
    except Exception as error:
        if not is_trouble(error):
            raise
        log.warning("the page keeps its own number", extra={"why": repr(error)})
        return source_numbers(site, wanted, "unavailable", here.clock())
    if welcome is None:
        here.refused.add(Refusal.CROWDED_NETWORK, site.id)
        return _refused(here, site, wanted, Refusal.CROWDED_NETWORK)
    for reason in shortages(wanted, welcome):
        here.refused.add(reason, site.id)
    count_steps(here, welcome)
    answer = lent_numbers(here.seal, site, wanted, welcome)
    remember(answer, site, wanted, welcome.visitor)
    return answer


def _refused(here: Parts, site: SiteFacts, wanted: VisitRequest, reason: Refusal) -> Response:
    if reason is Refusal.BOT:
        return own_numbers(site, wanted, reason.value)
    return source_numbers(site, wanted, reason.value, here.clock())


def _welcome(here: Parts, site: SiteFacts, arrival: Arrival) -> Welcome | None:
    """None when the visitor's network has begun its share of visits, and this would be another.

    Without ids that we gave away that is known at once: a flood costs no database.
    """
    network = client_network()
    if arrival.visitor is None and not here.new_visits.allows(network, here.clock()):
        return None
    return _once_more(here.database, lambda tx: _admit(tx, here, network, site, arrival))


def _admit(
    tx: HotTransaction, here: Parts, network: str | None, site: SiteFacts, arrival: Arrival
) -> Welcome | None:
    now, mint = here.clock(), here.mint
    if not here.new_visits.allows(network, now):
        return welcome_back(tx, mint, site, arrival, now)
    if here.new_visits.are_a_crowd(network, now):
        arrival = replace(arrival, crowded=True)
    welcome = welcome_visitor(tx, mint, site, arrival, now)
    if welcome.is_new:
        here.new_visits.count(network, now)
    return welcome


def _keep(tx: HotTransaction, here: Parts, sealed: str, events: list[dict[str, Any]]) -> None:
    """One transaction for all that a page reports at once."""
    now, mint = here.clock(), here.mint
    name = claimed_id(sealed, "vs")
    owners = tx.row(arrivals.OWNERS_OF, visit=name) if name else None
    site = here.sites.get(owners[0]) if owners else None
    visit = here.seal.open(sealed, site.id, "vs") if site else None
    if owners is None or site is None or visit is None:
        raise Problem(404, "unknown-visit", "There is no such visit.")
    # what "null" hides is no matter here: only a page of the site was given the sealed id
    if request.headers.get("Origin") != NO_ORIGIN:
        _refuse_foreign_origin(here, site)
    seen = SeenVisit(owners[1], visit)
    for event in events:
        if event["type"] == "page":
            arrival = _arrival(seen.visitor, visit, event["page"], [], (None, None))
            if _admit(tx, here, client_network(), site, arrival) is None:
                here.refused.add(Refusal.CROWDED_NETWORK, site.id)
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


def _site(here: Parts, site_id: str) -> SiteFacts:
    shelf = here.sites
    try:
        site = shelf.get(site_id)
    except Exception as error:
        site = shelf.last_known(site_id)
        if not is_trouble(error) or site is None:
            raise
    if site is None:
        raise Problem(404, "unknown-site", "No site has this key: check data-site in the snippet.")
    _refuse_foreign_origin(here, site)
    return site


def _refuse_foreign_origin(here: Parts, site: SiteFacts) -> None:
    if request.headers.get("Origin") not in site.allowed_origins:
        here.refused.add(Refusal.FOREIGN_ORIGIN, site.id)
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


def _once_more(database: Database, action: Callable[[HotTransaction], _T]) -> _T:
    """Two first requests of one browser at once: the second finds what the first has written."""
    try:
        with database.hot() as tx:
            return action(tx)
    except DuplicateError:
        with database.hot() as tx:
            return action(tx)

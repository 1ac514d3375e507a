"""What pages are answered: the numbers that they may show, readable for their own origin."""

import re
from collections.abc import Mapping
from datetime import datetime
from json import JSONEncoder
from typing import Any, assert_never

from flask import Response, request

from callweave.domain.ids import Seal
from callweave.domain.leases import PROMISED
from callweave.domain.leases.pools import Showing, Step
from callweave.domain.visits.addresses import address_parameters
from callweave.domain.visits.touches import read_touch
from callweave.storage.lending import Lent, PoolExhausted
from callweave.storage.offering import NoneFits, Offer
from callweave.storage.sites import ShownNumber, SiteFacts
from callweave.web.answers import Answer
from callweave.web.schemas.visits import VisitRequest
from callweave.workflows.welcome_visitor import Welcome

# An open page renews this many times in the length of a lease: one lost report costs nothing.
RENEWALS_A_LEASE = 30
SWAPPABLE_POOL = "main"
# Of pages that tell nobody who they are (fetch.spec.whatwg.org/#append-a-request-origin-header):
# beacons under Referrer-Policy no-referrer or same-origin; and of all that runs in a sandbox.
NO_ORIGIN = "null"
_FOR_ALL = (
    ("Vary", "Origin"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")  # of BCP 47, 35 letters at most
_json = JSONEncoder(separators=(",", ":")).encode


def lent_numbers(seal: Seal, site: SiteFacts, wanted: VisitRequest, welcome: Welcome) -> Response:
    offers = {offer.pool: offer for offer in welcome.numbers}
    lent = (offer for offer in offers.values() if isinstance(offer, Lent))
    lease_s = min((offer.lease_s for offer in lent), default=1800)
    told = {
        "visitor": seal.close(welcome.visitor, site.id),
        "visit": seal.close(welcome.visit, site.id),
        "numbers": [_lent(site, name, offers.get(name)) for name in wanted.numbers_wanted],
        "renew_every": max(1, lease_s // RENEWALS_A_LEASE),
        "expires_in": int(lease_s * PROMISED),
    }
    return _readable(told, 201 if welcome.is_new else 200)


def own_numbers(site: SiteFacts, wanted: VisitRequest, reason: str) -> Response:
    """What the page has already, which search engines are to find."""
    names = wanted.numbers_wanted
    return _unlent([_shown(site, name, site.own_number, "default", reason) for name in names])


def source_numbers(site: SiteFacts, wanted: VisitRequest, reason: str, now: datetime) -> Response:
    """For somebody of whom nothing is kept: the number of their source, where it has one."""
    page = wanted.page
    showing = Showing(
        read_touch(url=page.url, referrer=page.referrer, at=now, own_hosts=site.own_hosts),
        address_parameters(page.url, site.parameters),
        wanted.tz,
        wanted.language or spoken_language(),
    )
    found = {name: site.source_number(name, showing) for name in wanted.numbers_wanted}
    return _unlent(
        [
            _shown(site, name, number, "shared", reason)
            if number
            else _shown(site, name, site.own_number, "default", reason)
            for name, number in found.items()
        ]
    )


def _unlent(numbers: list[dict[str, Any]]) -> Response:
    return _readable({"visitor": None, "visit": None, "numbers": numbers}, 200)


def _readable(told: Mapping[str, object], status: int) -> Response:
    return Answer(_json(told), status, _for_origin(), content_type="application/json")


def _lent(site: SiteFacts, name: str, offer: Offer | None) -> dict[str, Any]:
    match offer:
        case Lent():
            return _shown(site, name, offer.number, offer.assignment, offer.reason)
        case PoolExhausted():
            reason = Step.HELD_BACK.value if offer.held_back else "pool_exhausted"
        case NoneFits():
            reason = "none_fits"
        case None:
            reason = "unknown_pool"
        case _:
            assert_never(offer)
    return _shown(site, name, site.own_number, "default", reason)


def _shown(
    site: SiteFacts, name: str, number: ShownNumber, assignment: str, reason: str
) -> dict[str, Any]:
    return {
        "pool": name,
        "e164": number.e164,
        "national": number.national,
        "international": number.international,
        "assignment": assignment,
        "reason": reason,
        "replaces": site.swappable if name == SWAPPABLE_POOL else [],
    }


def spoken_language() -> str | None:
    """The one that the browser asks for first, where the page does not say."""
    told = request.headers.get("Accept-Language", "")
    first = told.partition(",")[0].partition(";")[0].strip()
    return first if _LANGUAGE.fullmatch(first) else None


def allowed(answer: Response) -> Response:
    answer.headers.extend(_for_origin())
    return answer


def _for_origin() -> list[tuple[str, str]]:
    """What lets the page's own origin read an answer; cookies are neither sent nor wanted."""
    origin = request.headers.get("Origin")
    named = [("Access-Control-Allow-Origin", origin)] if origin and origin != NO_ORIGIN else []
    return [*named, *_FOR_ALL]

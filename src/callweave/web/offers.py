"""What pages are answered: the numbers that they may show, readable for their own origin."""

from typing import Any

from flask import Response, jsonify, request

from callweave.domain.ids import Seal
from callweave.domain.leases import PROMISED
from callweave.storage.lending import Lent
from callweave.storage.sites import ShownNumber, SiteFacts
from callweave.web.schemas.visits import VisitRequest
from callweave.workflows.welcome_visitor import Welcome

# An open page renews this many times in the length of a lease: one lost report costs nothing.
RENEWALS_A_LEASE = 30
SWAPPABLE_POOL = "main"


def lent_numbers(seal: Seal, site: SiteFacts, wanted: VisitRequest, welcome: Welcome) -> Response:
    lent = {number.pool: number for number in welcome.numbers if isinstance(number, Lent)}
    lease_s = min((site.pools[pool].lease_s for pool in lent), default=1800)
    answer = jsonify(
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
    answer.status_code = 201 if welcome.is_new else 200
    return answer


def own_numbers(site: SiteFacts, wanted: VisitRequest) -> Response:
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


def allowed(answer: Response) -> Response:
    """Readable for the page's own origin; cookies are neither sent nor wanted."""
    origin = request.headers.get("Origin")
    if origin:
        answer.headers["Access-Control-Allow-Origin"] = origin
    answer.headers["Vary"] = "Origin"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer

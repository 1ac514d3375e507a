"""Numbers for pages that run no script of ours: rendered on a server, or AMP documents.

Public, like the snippet's own endpoints: what they say stands on the site's pages. Nobody is told
an exclusive number unless they hold the sealed id of the visit that it is lent to.
"""

import base64
import hashlib
from datetime import datetime

from flask import Blueprint, Response, jsonify, request

from callweave.domain.leases.pools import Conditions, Kind
from callweave.storage.database import is_trouble
from callweave.storage.lending import numbers_held
from callweave.storage.sites import PoolFacts, ShownNumber, SiteFacts
from callweave.web.errors import Problem
from callweave.web.extensions import parts

rendering = Blueprint("rendering", __name__)

KEPT_S = 300
LONGEST_LABEL = 63
# `cacheDomain` of those in https://cdn.ampproject.org/caches.json
AMP_CACHES = ("cdn.ampproject.org", "bing-amp.com")


@rendering.get("/v1/number")
def number() -> Response:
    """For a template: the visit's own number with ``visit``, else the one that all may see."""
    site, pool = _site(), request.args.get("pool", "main")
    held = _held(site, pool, request.args.get("visit"))
    shown, assignment = held or _for_everybody(site, pool)
    answer = jsonify(
        pool=pool,
        e164=shown.e164,
        national=shown.national,
        international=shown.international,
        tel=f"tel:{shown.e164}",
        assignment=assignment,
        max_age=0 if held else KEPT_S,
    )
    answer.headers["Cache-Control"] = "private, no-store" if held else f"public, max-age={KEPT_S}"
    return answer


@rendering.get("/v1/amp")
def amp() -> Response:
    """For `amp-call-tracking`, by the rules of "CORS in AMP" (amp.dev)."""
    site, origin = _site(), request.headers.get("Origin")
    if not (origin in _amp_origins(site) if origin else _is_amp_on_its_own_site()):
        raise Problem(
            403, "foreign-origin", "Neither an origin of the site nor an AMP cache of it."
        )
    shown, _ = _for_everybody(site, request.args.get("pool", "main"))
    answer = jsonify(phoneNumber=shown.e164, formattedPhoneNumber=shown.national)
    if origin:
        answer.headers["Access-Control-Allow-Origin"] = origin
        # AMP asks with cookies, which we do not read: what is kept in public depends on none
        answer.headers["Access-Control-Allow-Credentials"] = "true"
    answer.headers["Vary"] = "Origin, AMP-Same-Origin"
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _is_amp_on_its_own_site() -> bool:
    return request.headers.get("AMP-Same-Origin") == "true"


def amp_label(host: str) -> str:
    """What AMP caches call a site's host (developers.google.com/amp/cache/overview)."""
    try:
        readable = host.encode().decode("idna").replace("-", "--").replace(".", "-")
        label = readable.encode("idna").decode()
    except UnicodeError:  # too long for a label
        return _hashed(host)
    if readable[2:4] == "--" and not label.startswith("xn--"):
        label = f"0-{label}-0"
    return label if len(label) <= LONGEST_LABEL and "." in host else _hashed(host)


def _hashed(host: str) -> str:
    return base64.b32encode(hashlib.sha256(host.encode()).digest()).decode().lower().rstrip("=")


def _amp_origins(site: SiteFacts) -> set[str]:
    caches = {f"https://{amp_label(h)}.{cache}" for h in site.own_hosts for cache in AMP_CACHES}
    return {*site.allowed_origins, *caches}


def _site() -> SiteFacts:
    shelf, key = parts().sites, request.args.get("site", "")
    try:
        site = shelf.get(key)
    except Exception as error:
        site = shelf.last_known(key)
        if not is_trouble(error) or site is None:
            raise
    if site is None:
        raise Problem(404, "unknown-site", "No site has this key.")
    return site


def _lending(site: SiteFacts, name: str) -> list[PoolFacts]:
    """Those whose numbers strangers may see: not of a source, and none that no page shows."""
    return [pool for pool in site.serving.get(name, ()) if pool.kind is Kind.VISITOR]


def _for_everybody(site: SiteFacts, name: str) -> tuple[ShownNumber, str]:
    for_all = (pool for pool in _lending(site, name) if pool.conditions == Conditions())
    shared = next((pool.overflow for pool in for_all if pool.overflow), None)
    return (shared, "shared") if shared else (site.own_number, "default")


def _held(site: SiteFacts, name: str, sealed: str | None) -> tuple[ShownNumber, str] | None:
    visit = parts().seal.open(sealed, site.id, "vs")
    if visit is None:
        return None
    try:
        return _lent(visit, _lending(site, name), parts().clock())
    except Exception as error:
        if not is_trouble(error):
            raise
        return None


def _lent(visit: str, pools: list[PoolFacts], now: datetime) -> tuple[ShownNumber, str] | None:
    with parts().database.hot() as tx:
        held = numbers_held(tx, visit)
    wanted = (held[pool.id] for pool in pools if pool.id in held)
    shown = next((each.shown for each in wanted if each.until > now), None)
    return (shown, "exclusive") if shown else None

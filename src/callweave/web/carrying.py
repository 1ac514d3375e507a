"""How a visitor is known again where the script's own memory does not reach: by a link from another
domain of the same site, and by a cookie that the site's own host sets (it passes us on).
"""

from datetime import timedelta

from flask import Blueprint, Response, jsonify, request

from callweave.domain.ids import claimed_id
from callweave.storage import arrivals
from callweave.storage.prepared import HotTransaction
from callweave.storage.sites import SiteFacts
from callweave.web.errors import Problem
from callweave.web.extensions import parts
from callweave.web.offers import allowed
from callweave.web.schemas.visits import VisitRequest

carrying = Blueprint("carrying", __name__)

GOOD_FOR = timedelta(minutes=2)
# Browsers keep no cookie for longer than 400 days.
COOKIE_LIFETIME = timedelta(days=400)
COOKIES = "callweave_visitor_"


@carrying.post("/v1/visits/<sealed>/links", provide_automatic_options=False)
def make_link(sealed: str) -> Response:
    """A word that stands for this visitor once, for two minutes, on any domain of the site."""
    with parts().database.hot() as tx:
        link = _made(tx, sealed)
    answer = allowed(jsonify(link=link, expires_in=int(GOOD_FOR.total_seconds())))
    answer.status_code = 201
    return answer


@carrying.post("/v1/forget")
def forget() -> Response:
    """Takes the cookies back, which no script can see."""
    answer = Response(status=204)
    if _is_same_origin():
        for name in request.cookies:
            if name.startswith(COOKIES):
                # no path: the folder that it was set for
                answer.set_cookie(
                    name, max_age=0, path=None, secure=True, httponly=True, samesite="Lax"
                )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def known_visitor(site: SiteFacts, wanted: VisitRequest) -> tuple[str | None, str | None]:
    """The ids of visitor and visit as far as their seals are ours."""
    seal = parts().seal
    link = seal.open(wanted.link, site.id, "lk")
    carried = _redeemed(site, link) if link else None
    if carried:
        return carried, None  # the visit that goes on is found by its visitor
    visitor = seal.open(wanted.visitor, site.id, "vr")
    if visitor is None and wanted.cookie and _is_same_origin():
        visitor = seal.open(request.cookies.get(COOKIES + site.id), site.id, "vr")
    return visitor, seal.open(wanted.visit, site.id, "vs")


def remember(answer: Response, site: SiteFacts, wanted: VisitRequest, visitor: str) -> None:
    """Where the page's own host asks for it. Without a path the cookie goes where it came from and
    nowhere else on the site.
    """
    if wanted.cookie and _is_same_origin():
        answer.set_cookie(
            COOKIES + site.id,
            parts().seal.close(visitor, site.id),
            max_age=COOKIE_LIFETIME,
            path=None,
            secure=True,
            httponly=True,
            samesite="Lax",
        )


def _is_same_origin() -> bool:
    """By the browser's word, which no page can put into its mouth."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _made(tx: HotTransaction, sealed: str) -> str:
    name = claimed_id(sealed, "vs")
    owners = tx.row(arrivals.OWNERS_OF, visit=name) if name else None
    site = parts().sites.get(owners[0]) if owners else None
    visit = parts().seal.open(sealed, site.id, "vs") if site else None
    if site is None or visit is None:
        raise Problem(404, "unknown-visit", "There is no such visit.")
    if request.headers.get("Origin") not in site.allowed_origins:
        detail = "This origin is not among the allowed origins of the site."
        raise Problem(403, "foreign-origin", detail)
    now = parts().clock()
    link = parts().mint.new("lk", now)
    tx.run(arrivals.WRITE_EVENT, event=link, visit=visit, now=now, type="link", detail={})
    return parts().seal.close(link, site.id)


def _redeemed(site: SiteFacts, link: str) -> str | None:
    oldest = parts().clock() - GOOD_FOR
    with parts().database.hot() as tx:
        used = tx.row(arrivals.USE_LINK, link=link, oldest=oldest)
        owners = tx.row(arrivals.OWNERS_OF, visit=used[0]) if used else None
    return owners[1] if owners and owners[0] == site.id else None

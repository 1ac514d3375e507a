from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from flask import Blueprint, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from callweave.simulator.demo import DemoNumber
from callweave.simulator.shop.arrivals import ARRIVALS
from callweave.simulator.shop.destinations import Destination, destinations

WORDMARK = "Farshore"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a call went where it went, in sentences: what counted first, `details` for the curious.

    `page` is the address of the call's own page.
    """

    reasons: tuple[str, ...]
    page: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopFront:
    """What the pages need to know.

    `site` is the public key for the snippet, `carrier` the address of the simulated carrier as
    browsers reach it, `names` who is at the end of each endpoint. `why` explains a call by its
    sid; None while the service does not know it yet.
    """

    site: str
    pool: str
    number: DemoNumber
    carrier: str
    names: Mapping[str, str]
    why: Callable[[str], Explanation | None]


def shop_blueprint(front: ShopFront) -> Blueprint:
    """The holiday shop; register it with `url_prefix="/demo"`, the address in the topic list."""
    shop = Blueprint("shop", __name__, template_folder="templates", static_folder="static")

    @shop.get("/")
    def home() -> str:
        return _page(front, "shop/home.html")

    @shop.get("/<slug>")
    def destination(slug: str) -> str:
        found = destinations().get(slug)
        return abort(404) if found is None else _page(front, "shop/destination.html", found)

    @shop.get("/why/<sid>")
    def why(sid: str) -> ResponseReturnValue:
        explanation = front.why(sid)
        if explanation is None:
            return jsonify(error="this call is not known yet"), 404
        return jsonify(asdict(explanation))

    @shop.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _policy(front)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        return response

    return shop


def _policy(front: ShopFront) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self' {front.carrier}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _page(front: ShopFront, template: str, destination: Destination | None = None) -> str:
    return render_template(
        template,
        front=front,
        wordmark=WORDMARK,
        destination=destination,
        destinations=destinations().values(),
        arrivals=ARRIVALS,
    )

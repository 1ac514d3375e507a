"""The browser snippet as files: under plain names for sites, and under ones that never change."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from flask import Blueprint, Response, abort, request

A_FEW_MINUTES = "public, max-age=300, stale-while-revalidate=86400"
FOR_EVER = "public, max-age=31536000, immutable"
# As HTTP calls them, best first, with the endings of what the build left beside the file.
ENCODINGS = {"br": ".br", "gzip": ".gz"}


@dataclass(frozen=True, slots=True)
class Snippet:
    """``name`` is callweave or callweave.full; ``packed`` its bytes by content coding;
    ``integrity`` is for the attribute of the same name (W3C Subresource Integrity).
    """

    name: str
    body: bytes
    packed: Mapping[str, bytes]
    fingerprint: str
    integrity: str

    @property
    def path(self) -> str:
        """Where exactly these bytes are, for as long as this release runs."""
        return f"/{self.name}.{self.fingerprint}.js"


def snippet_of(name: str, body: bytes, packed: Mapping[str, bytes]) -> Snippet:
    digest = base64.b64encode(hashlib.sha384(body).digest()).decode()
    fingerprint = hashlib.sha256(body).hexdigest()[:16]
    return Snippet(name, body, packed, fingerprint, f"sha384-{digest}")


def built_snippet(name: str = "callweave") -> Snippet:
    folder = files("callweave.snippet").joinpath("built")
    packed = {
        coding: folder.joinpath(f"{name}.js{ending}").read_bytes()
        for coding, ending in ENCODINGS.items()
    }
    return snippet_of(name, folder.joinpath(f"{name}.js").read_bytes(), packed)


def built() -> tuple[Snippet, Snippet]:
    """For most sites; and for those of several domains, or that pass us on under their own host."""
    return built_snippet(), built_snippet("callweave.full")


def snippet_blueprint(*snippets: Snippet) -> Blueprint:
    blueprint = Blueprint("snippet", __name__)
    by_name = {f"{snippet.name}.js": snippet for snippet in snippets}
    by_path = {snippet.path.lstrip("/"): snippet for snippet in snippets}

    @blueprint.get("/callweave.<rest>")
    def script(rest: str) -> Response:
        file = f"callweave.{rest}"
        if file in by_name:
            return _answer(by_name[file], cached=A_FEW_MINUTES)
        if file not in by_path:
            abort(404)
        return _answer(by_path[file], cached=FOR_EVER)

    return blueprint


def _answer(snippet: Snippet, *, cached: str) -> Response:
    coding = _coding()
    body = snippet.packed[coding] if coding else snippet.body
    answer = Response(body, content_type="text/javascript; charset=utf-8")
    answer.set_etag(f"{snippet.fingerprint}-{coding}" if coding else snippet.fingerprint)
    if coding:
        answer.headers["Content-Encoding"] = coding
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Cache-Control"] = cached
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # any site may embed it, and check it: an integrity attribute needs CORS
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.make_conditional(request)
    return answer


def _coding() -> str | None:
    """What the browser likes best of what there is; among equals the smaller (RFC 9110, 12.5.3)."""
    accepted = request.accept_encodings
    likes = {coding: accepted[coding] for coding in ENCODINGS}
    best = max(likes, key=lambda coding: likes[coding])
    return best if likes[best] > 0 and likes[best] >= accepted["identity"] else None

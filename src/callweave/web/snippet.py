"""The browser snippet as a file: under a plain name for sites, and under one that never changes."""

import base64
import gzip
import hashlib
from dataclasses import dataclass
from importlib.resources import files

from flask import Blueprint, Response, abort, request

A_FEW_MINUTES = "public, max-age=300, stale-while-revalidate=86400"
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Snippet:
    """``integrity`` is for the attribute of the same name (W3C Subresource Integrity)."""

    body: bytes
    zipped: bytes
    fingerprint: str
    integrity: str

    @property
    def path(self) -> str:
        """Where exactly these bytes are, for as long as this release runs."""
        return f"/callweave.{self.fingerprint}.js"


def snippet_of(body: bytes) -> Snippet:
    digest = base64.b64encode(hashlib.sha384(body).digest()).decode()
    fingerprint = hashlib.sha256(body).hexdigest()[:16]
    return Snippet(body, gzip.compress(body, mtime=0), fingerprint, f"sha384-{digest}")


def built_snippet() -> Snippet:
    return snippet_of(files("callweave.snippet").joinpath("built", "callweave.js").read_bytes())


def snippet_blueprint(snippet: Snippet) -> Blueprint:
    blueprint = Blueprint("snippet", __name__)

    @blueprint.get("/callweave.js")
    def newest() -> Response:
        return _answer(snippet, cached=A_FEW_MINUTES)

    @blueprint.get("/callweave.<fingerprint>.js")
    def exactly(fingerprint: str) -> Response:
        if fingerprint != snippet.fingerprint:
            abort(404)
        return _answer(snippet, cached=FOR_EVER)

    return blueprint


def _answer(snippet: Snippet, *, cached: str) -> Response:
    zipped = request.accept_encodings["gzip"] > 0
    answer = Response(
        snippet.zipped if zipped else snippet.body, content_type="text/javascript; charset=utf-8"
    )
    answer.set_etag(f"{snippet.fingerprint}-gzip" if zipped else snippet.fingerprint)
    if zipped:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Cache-Control"] = cached
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # any site may embed it, and check it: an integrity attribute needs CORS
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.make_conditional(request)
    return answer

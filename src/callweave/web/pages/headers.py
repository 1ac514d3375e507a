"""What browsers are told about every page: load from here, show nowhere else, keep nothing."""

from flask import Response, request

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # not "no-referrer": the CSRF check compares the referrer where there is TLS
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_A_YEAR, _A_DAY = 31_536_000, 86_400


def secure(response: Response) -> Response:
    response.headers.update(_HEADERS)
    if request.endpoint == "static":
        return _cached(response)
    response.cache_control.no_store = True
    return response


def _cached(response: Response) -> Response:
    """Addresses with a version change with the file, so browsers may keep what they have."""
    response.cache_control.no_cache = None
    response.cache_control.public = True
    response.cache_control.max_age = _A_YEAR if "v" in request.args else _A_DAY
    response.cache_control.immutable = "v" in request.args
    return response

"""Whether a webhook comes from our carrier.

The signature covers the public address that the carrier was given, so scheme and host come
from configuration and the rest from the raw request target: what a framework has decoded
can no longer be compared (twilio.com/docs/usage/security).
"""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Sequence

from twilio.request_validator import RequestValidator

Form = Sequence[tuple[str, str]]


def is_signed(signature: str, url: str, form: Form, tokens: Iterable[str]) -> bool:
    """``tokens``: the auth token, and during a rotation the other one too."""
    return any(
        hmac.compare_digest(_signature(token, url, form), signature.encode())
        or _by_the_library(token, url, form, signature)
        for token in tokens
    )


def _signature(token: str, url: str, form: Form) -> bytes:
    """The documented rule; repeated names contribute each different value once."""
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1))


def _by_the_library(token: str, url: str, form: Form, signature: str) -> bool:
    """Twilio's own validator knows more forms (ports, bodySHA256) and has the last word."""
    values: dict[str, list[str]] = {}
    for name, value in form:
        values.setdefault(name, []).append(value)
    single = {name: found[0] if len(found) == 1 else found for name, found in values.items()}
    answer: bool = RequestValidator(token).validate(url, single, signature)
    return answer

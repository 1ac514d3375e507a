"""Whether a webhook comes from our carrier.

The signature covers the public address that the carrier was given, so scheme and host come
from configuration and the rest from the raw request target: what a framework has decoded
can no longer be compared (twilio.com/docs/usage/security).
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_plus

Form = Sequence[tuple[str, str]]
_PORT = re.compile(r":[0-9]+$")


def read_fields(body: str, most: int) -> list[tuple[str, str]]:
    """Of a form's text, in its order; none where they are more than ``most``.

    The same as the standard library's ``parse_qsl`` finds, which takes every word apart: few of
    those that the carrier sends have anything escaped in them.
    """
    if body.count("&") >= most:
        return []
    named = (field.partition("=") for field in body.split("&") if field)
    return [(_unescaped(name), _unescaped(value)) for name, _, value in named]


def _unescaped(word: str) -> str:
    return unquote_plus(word) if "%" in word or "+" in word else word


def is_signed(signature: str, url: str, form: Form, tokens: Iterable[str]) -> bool:
    """``url``: see ``signed_url``. ``tokens``: the auth token, and during a rotation both."""
    given = signature.encode()
    return any(hmac.compare_digest(_signature(token, url, form), given) for token in tokens)


def signed_url(base: str, target: str) -> str:
    """What the carrier signs of an address: over HTTPS it leaves the port out."""
    return (_PORT.sub("", base) if base.startswith("https:") else base) + target


def signed_text(form: Form) -> str:
    """What the carrier signs of a form: repeated names contribute each different value once. It
    does not tell where a name ends, so many forms have one text.
    """
    return "".join(name + value for name, value in sorted(set(form)))


def _signature(token: str, url: str, form: Form) -> bytes:
    text = url + signed_text(form)
    return b64encode(hmac.digest(token.encode(), text.encode(), hashlib.sha1))

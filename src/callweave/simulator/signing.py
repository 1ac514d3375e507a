import base64
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit


def signed_form(url: str) -> str:
    """The address as Twilio signs it: no userinfo, no fragment, and over HTTPS no port."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        host = host.rpartition(":")[0]
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def signature(auth_token: str, url: str, params: Mapping[str, str]) -> str:
    """X-Twilio-Signature for a form POST, or with no params for a GET.

    Rule: www.twilio.com/docs/usage/security, "Validating requests": the address, then every
    parameter's name and value in case-sensitive order of the names, HMAC-SHA1, Base64.
    """
    text = signed_form(url) + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.digest(auth_token.encode(), text.encode(), "sha1")).decode()

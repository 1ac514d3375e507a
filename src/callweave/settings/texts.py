"""What the text of a variable must look like, and the value that it becomes."""

import ipaddress
import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

_WEAK_WORDS = ("changeme", "change-me", "change_me", "secret", "password", "example", "12345678")
_SHORTEST_SECRET = 32
_FEWEST_CHARACTERS = 8


def optional(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    return lambda text: parse(text) if text else None


def matching(pattern: str, wanted: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be {wanted}")
        return text

    return parse


def whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def database_url(text: str) -> str:
    if re.match("postgres(ql)?://.", text):
        return "postgresql://" + text.partition("://")[2]
    if re.match("sqlite:///[^:?]", text):
        return text
    raise ValueError("must begin with postgresql://, or name a file as in sqlite:////srv/calls.db")


def origin(text: str) -> str:
    if not re.fullmatch(r"https?://([\w.-]+|\[[\da-f:]+\])(:\d{1,5})?/?", text, re.ASCII):
        raise ValueError("must be scheme and host alone, as in https://calls.example.com")
    if text.startswith("http:") and not _is_this_machine(urlsplit(text).hostname or ""):
        raise ValueError("must begin with https:// (http:// is for this machine only)")
    return text.removesuffix("/")


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def unguessable(text: str) -> str:
    if len(text) < _SHORTEST_SECRET:
        raise ValueError(f"is shorter than {_SHORTEST_SECRET} characters")
    if any(word in text.lower() for word in _WEAK_WORDS) or len(set(text)) < _FEWEST_CHARACTERS:
        raise ValueError("can be guessed; make one with: openssl rand -hex 32")
    return text


def ip_address(text: str) -> str:
    """As it stands before a port: IPv6 in brackets."""
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        raise ValueError("must be an IP address") from None
    return str(address) if address.version == 4 else f"[{address}]"  # noqa: PLR2004  IPv4


def log_level(text: str) -> str:
    return matching("DEBUG|INFO|WARNING|ERROR", "debug, info, warning or error")(text.upper())


auth_token = matching("[!-~]{32,}", "at least 32 characters without spaces")
account_sid = matching("AC[0-9a-f]{32}", "AC and 32 hexadecimal digits, in lower case")
e164 = matching(r"\+[1-9][0-9]{6,14}", "a phone number in E.164, as in +442079460123")

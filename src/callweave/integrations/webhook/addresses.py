"""Where a webhook may go: to the outside, whatever its name says or comes to say later."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

import requests

Address: TypeAlias = IPv4Address | IPv6Address
Resolve: TypeAlias = Callable[[str, int], list[str]]

HTTPS_PORT = 443
LONGEST_ADDRESS = 2000
_USUAL_PORTS = {"https": HTTPS_PORT, "http": 80}

# On top of what ``ipaddress`` calls not global, which differs between versions of Python:
# ways to write an IPv4 address in IPv6, and networks that mean something inside.
DENIED = tuple(
    ip_network(network)
    for network in (
        "100.64.0.0/10",  # carriers' and clouds' own (RFC 6598)
        "168.63.129.16/32",  # Azure's host
        "192.0.0.0/24",  # protocol assignments, some clouds' metadata (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "fec0::/10",  # site-local
    )
)


class NotAllowedError(ValueError):
    """An address that no name can help; the message says why."""


class NotReachableError(Exception):
    """The host has no address, or none that may be called; the message says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """``host`` as it stands in certificates, ``authority`` as in a Host header."""

    url: str
    scheme: str
    host: str
    port: int
    authority: str


def read_place(address: str, *, allow_private: bool) -> Place:
    """Read once, by the library that will call it. Raises NotAllowedError."""
    if len(address) > LONGEST_ADDRESS:
        raise NotAllowedError(f"an address has at most {LONGEST_ADDRESS:,} characters")
    try:
        url = requests.Request("POST", address).prepare().url or ""
        parts = urlsplit(url)
        port = parts.port or _USUAL_PORTS.get(parts.scheme, 0)
    except ValueError as error:  # requests' own errors are ValueErrors, too
        raise NotAllowedError(f"not an address: {error}") from error
    if parts.scheme not in _USUAL_PORTS or not parts.hostname:
        raise NotAllowedError("not an address: it has to begin with https:// and a host")
    if "@" in parts.netloc:
        raise NotAllowedError("a name or password has no place in an address")
    if not allow_private and (parts.scheme, port) != ("https", HTTPS_PORT):
        raise NotAllowedError("only https:// on port 443 may be called outside your own network")
    return Place(url, parts.scheme, parts.hostname, port, parts.netloc)


def addresses_of(place: Place, resolve: Resolve, *, allow_private: bool) -> list[str]:
    """All that the name means just now; asked once, so that it cannot change its mind between
    the check and the call. Raises NotReachableError.
    """
    try:
        found = resolve(place.host, place.port)
    except (OSError, UnicodeError) as error:
        raise NotReachableError(f"{place.host} has no address: {error}") from error
    if not found:
        raise NotReachableError(f"{place.host} has no address")
    inside = [] if allow_private else [each for each in found if not is_outside(each)]
    if inside:
        raise NotReachableError(f"{place.host} is {inside[0]}, which is not a public address")
    return found


def resolve_by_system(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_own_address(address: Address) -> bool:
    """Whether this machine would talk to itself. Connecting a UDP socket sends nothing."""
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), HTTPS_PORT))
            return bool(probe.getsockname()[0] == str(address))
    except OSError:  # no way there, or no such family of addresses here
        return False


def is_outside(text: str, is_own: Callable[[Address], bool] = is_own_address) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return _is_public(address) and not is_own(address)


def _is_public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in DENIED)

"""Where a request comes from, and how many new visits each network may begin."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Lock

from flask import request

MOST_NETWORKS = 10_000
_MINUTE = timedelta(minutes=1)
# More than come to one site from an office, or from the few hundred phones that share an address.
EVERY_HALF_HOUR = 10
# An office or a provider's customers share a /24; IPv6 is handed out by the /64, so one address
# of it means nothing.
_NETWORK = (24, 64)
_CUSTOMER = (32, 64)
# Where proxies of ours may stand; config/nginx.conf believes the same ones. `is_private` says more
# than that: until Python 3.13 every IPv4 address, written as one of IPv6, is private to it.
_NEAR = tuple(
    ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)


def client_address() -> str | None:
    """A proxy of ours is on this machine or in its network and says for whom it asks; what anybody
    else says of themselves is not believed.
    """
    address = request.remote_addr
    return (_told() if _is_near(address) else None) or address


def client_network() -> str | None:
    """None: nobody knows. A proxy that does not say for whom it asks must not make all visitors
    look like one crowd, and neither must a browser on this machine.
    """
    address = request.remote_addr
    return _network(_told() if _is_near(address) else address, _NETWORK)


def customer(address: str | None) -> str:
    """Whom an address was given to, as far as that can be told from it."""
    return _network(address, _CUSTOMER) or "nowhere"


def _told() -> str | None:
    """Proxies add to the end whom they saw, so what comes before is anybody's word."""
    return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or None


@lru_cache(maxsize=1_000)
def _is_near(peer: str | None) -> bool:
    """Peers on a Unix socket have no address."""
    found = _parsed(peer)
    return found is None or any(found in network for network in _NEAR)


@lru_cache(maxsize=1_000)
def _network(address: str | None, bits: tuple[int, int]) -> str | None:
    found = _parsed(address)
    if found is None:
        return None
    of_v4, of_v6 = bits
    length = of_v4 if isinstance(found, IPv4Address) else of_v6
    return str(ip_network((int(found), length), strict=False))


def _parsed(address: str | None) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    return (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found


@dataclass(slots=True)
class Share:
    """A network may begin a span's worth at once and then one at a time, as its debt is paid off.

    One moment is kept for each network: when it owes nothing any more (the "generic cell rate
    algorithm" of ATM networks). Each process counts for itself.
    """

    visits: int
    span: timedelta
    _paid_at: dict[str, datetime] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def _price(self) -> timedelta:
        """Rounded down, so that a span's worth fits into a span."""
        return timedelta(microseconds=self.span // timedelta(microseconds=1) // self.visits)

    def allows(self, network: str | None, now: datetime) -> bool:
        if network is None:
            return True
        with self._lock:
            return self._debt(network, now) + self._price <= self.span

    def count(self, network: str | None, now: datetime) -> None:
        if network is None:
            return
        with self._lock:
            owed = min(self._debt(network, now) + self._price, self.span)
            self._paid_at.pop(network, None)  # to stand at the end again, the first to go being
            if len(self._paid_at) >= MOST_NETWORKS:  # the one that was quiet the longest
                del self._paid_at[next(iter(self._paid_at))]
            self._paid_at[network] = now + owed

    def _debt(self, network: str, now: datetime) -> timedelta:
        """Never more than a span's: where there seems to be more, the clock was put back."""
        paid_at = self._paid_at.get(network, now)
        if paid_at - now > self.span:
            paid_at = self._paid_at[network] = now + self.span
        return max(paid_at - now, timedelta())


class NewVisits:
    """Two shares of each network: of new visits at all, and of those that may take a number which
    others may need. Who is beyond the second is a crowd: half of a pool is kept from it.
    """

    def __init__(self, a_minute: int) -> None:
        self._at_all = Share(a_minute, _MINUTE)
        self._in_need = Share(EVERY_HALF_HOUR, timedelta(minutes=30))

    def allows(self, network: str | None, now: datetime) -> bool:
        return self._at_all.allows(network, now)

    def are_a_crowd(self, network: str | None, now: datetime) -> bool:
        return not self._in_need.allows(network, now)

    def count(self, network: str | None, now: datetime) -> None:
        self._at_all.count(network, now)
        self._in_need.count(network, now)

"""Which addresses a webhook may go to: none inside, however it is written."""

from ipaddress import ip_address

import pytest

from callweave.integrations.webhook.addresses import (
    NotAllowedError,
    NotReachableError,
    addresses_of,
    is_outside,
    is_own_address,
    read_place,
)

PUBLIC = "93.184.216.34"
INSIDE = (
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.0.9",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::169.254.169.254",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:a9fe:a9fe::1",
    "2002:0808:0808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
)
OUTSIDE = (PUBLIC, "8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:2800:220:1::1", "2a00:1450::1")


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_is_called(address: str) -> None:
    assert not is_outside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_rest_of_the_world_may_be_called(address: str) -> None:
    assert is_outside(address)


def test_this_machine_itself_is_inside_at_its_public_address_too() -> None:
    assert not is_outside(PUBLIC, is_own=lambda _: True)
    assert is_own_address(ip_address("127.0.0.1"))
    assert not is_own_address(ip_address(PUBLIC))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://hooks.example.com:8443/",
        "https://me@hooks.example.com/",
        "https://me:secret@hooks.example.com/",
        "https://hooks.example.com@127.0.0.1/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "//hooks.example.com/",
        "hooks.example.com",
        "https://",
        "https:///path",
        "https://hooks.example.com:port/",
        "https://hooks.example.com:99999/",
        "https://[::1",
        "https://*.example.com/",
        "https://hooks\u3002example\u3002com/",
        "https://hooks.example.com/" + "a" * 2_000,
        "",
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str) -> None:
    with pytest.raises(NotAllowedError):
        read_place(url, allow_private=False)


@pytest.mark.parametrize(
    ("url", "host", "authority"),
    [
        ("https://hooks.example.com", "hooks.example.com", "hooks.example.com"),
        ("HTTPS://Hooks.Example.COM:443/x?y", "hooks.example.com", "hooks.example.com:443"),
        ("https://bücher.example/", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://[2606:2800::1]/", "2606:2800::1", "[2606:2800::1]"),
    ],
)
def test_an_address_is_read_as_it_will_be_called(url: str, host: str, authority: str) -> None:
    place = read_place(url, allow_private=False)
    assert (place.host, place.authority.lower(), place.port) == (host, authority, 443)


@pytest.mark.parametrize(
    ("url", "port"), [("http://crm.internal/", 80), ("https://10.0.0.7:8443/hook", 8443)]
)
def test_in_ones_own_network_plain_http_and_other_ports_will_do(url: str, port: int) -> None:
    assert read_place(url, allow_private=True).port == port


@pytest.mark.parametrize(
    "answers", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1", PUBLIC], [PUBLIC, "64:ff9b::1"], []]
)
def test_one_address_inside_spoils_a_name(answers: list[str]) -> None:
    place = read_place("https://hooks.example.com/", allow_private=False)
    with pytest.raises(NotReachableError, match="hooks"):
        addresses_of(place, lambda _host, _port: answers, allow_private=False)


def test_a_name_with_public_addresses_only_is_called_there() -> None:
    place = read_place("https://hooks.example.com/", allow_private=False)
    answers = [PUBLIC, "2606:2800:220:1::1"]
    assert addresses_of(place, lambda _host, _port: answers, allow_private=False) == answers


def test_ones_own_network_may_be_called_when_that_was_said() -> None:
    place = read_place("http://crm.internal/", allow_private=True)
    assert addresses_of(place, lambda _host, _port: ["10.0.0.7"], allow_private=True)

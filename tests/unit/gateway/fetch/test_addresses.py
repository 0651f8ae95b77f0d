"""Which addresses are public, in every way they can be written."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fetch.addresses import allowed, parse, public

INSIDE = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
]  # fmt: skip
inside = st.sampled_from(INSIDE).flatmap(
    lambda net: st.integers(0, IPv4Network(net).num_addresses - 1).map(lambda at: IPv4Network(net)[at])
)


@given(inside)
def test_no_inner_ipv4_address_is_public_however_it_is_wrapped(address: IPv4Address) -> None:
    number = int(address)
    assert not public(address)
    assert not public(parse(f"::ffff:{address}"))
    assert not public(parse(f"64:ff9b::{address}"))
    assert not public(parse(f"::{address}"))  # IPv4-compatible, deprecated
    assert not public(IPv6Address((0x2002 << 112) | (number << 80) | 1))
    assert not public(IPv6Address((0x2A00_1450 << 96) | (0x5EFE << 32) | number))


@pytest.mark.parametrize(
    "text",
    [
        "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "2001::1", "3fff::1", "5f00::1", "100::1", "64:ff9b:1::a", "4000::1", "2606:4700::1111%lo",
    ],
)  # fmt: skip
def test_inner_ipv6_addresses_are_not_public(text: str) -> None:
    assert not public(parse(text))


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
)
def test_public_ones_are(text: str) -> None:
    assert public(parse(text))


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_and_its_mapped_form_are_judged_alike(number: int) -> None:
    assert public(IPv4Address(number)) == public(IPv6Address((0xFFFF << 32) | number))


def test_named_networks_may_be_reached() -> None:
    networks = [ip_network("10.1.2.0/24"), ip_network("fd00:1::/32")]
    assert allowed(parse("10.1.2.3"), networks) and allowed(parse("fd00:1::5"), networks)
    assert not allowed(parse("10.1.3.3"), networks)
    # Only as what it is: a wrapped form is another address.
    assert not allowed(parse("::ffff:10.1.2.3"), networks)

"""Which IP addresses belong to the public internet.

Python's `is_global` follows the IANA registries, but lets through multicast and IPv6 addresses that stand for an IPv4
address: those are judged by what they stand for. Of IPv6 only 2000::/3 is given out at all (RFC 4291, IANA).
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_6TO4 = IPv6Network("2002::/16")  # RFC 3056
_CLOSED = (
    IPv6Network("2001::/23"),  # protocol assignments, Teredo among them
    IPv6Network("2001:db8::/32"),  # documentation, RFC 3849
    IPv6Network("3fff::/20"),  # documentation, RFC 9637
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, RFC 7526
    IPv4Network("192.0.0.0/24"),  # protocol assignments
)
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214: an interface id that holds an IPv4 address


def public(address: Address) -> bool:
    """Whether anybody on the internet could reach this address."""
    if isinstance(address, IPv6Address):
        stands_for = _embedded(address)
        if stands_for is not None:
            return public(stands_for)
        if address not in _UNICAST or address.scope_id is not None:
            return False
    if any(address.version == net.version and address in net for net in _CLOSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def allowed(address: Address, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    """Public, or named by the operator."""
    return public(address) or any(address.version == net.version and address in net for net in networks)


def parse(text: str) -> Address:
    """An address as a resolver gives it. Raises ValueError."""
    return ip_address(text)


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address behind an IPv6 one."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    if int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None

"""Addresses: what a socket is connected to, in which order they are tried, which are public."""

import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from concurrent_fetch._failure_kinds import FailureKind, Refusal

_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
# What some Pythons take for global, and who routes it does not. Source: the registries of IANA for
# special-purpose addresses, as of 2026.
_NOT_GLOBAL = tuple(
    map(
        IPv6Network,
        (
            "::/96",  # IPv4-compatible, long out of use
            "::ffff:0:0:0/96",  # IPv4-translated
            "64:ff9b:1::/48",  # NAT64 of some network
            "100:0:0:1::/64",  # a dummy prefix
            "2002::/16",  # 6to4: carries an IPv4 address
            "3fff::/20",  # for documentation
            "5f00::/16",  # segment routing
            "fec0::/10",  # site-local, long out of use
        ),
    )
)
_NOT_GLOBAL_4 = IPv4Network("192.0.0.0/24")


class Address(NamedTuple):
    """Where a socket can be connected to."""

    family: int
    at: tuple[Any, ...]
    """As sockets take it: the literal first, then the port."""

    @property
    def literal(self) -> str:
        """In numbers; a link-local one without its zone."""
        return str(self.at[0]).partition("%")[0]


def literal_address(host: str, port: int) -> Address | None:
    """Return the address that a host is, if it is one itself."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if family == socket.AF_INET and not host[-1:].isdigit():
        return None
    try:
        socket.inet_pton(family, host)
    except (OSError, UnicodeError):
        return None
    return Address(family, (host, port))


def interleaved(addresses: Iterable[Address]) -> list[Address]:
    """Return them with the families in turn, beginning with that of the first (RFC 8305, 4)."""
    by_family: dict[int, list[Address]] = {}
    for address in dict.fromkeys(addresses):
        by_family.setdefault(address.family, []).append(address)
    return [a for a in chain.from_iterable(zip_longest(*by_family.values())) if a is not None]


def allowed(addresses: list[Address], host: str, *, every: bool = False) -> list[Address]:
    """Return those that are public; `every` one is to be, where somebody else will choose.

    Raises `Refusal` of kind `not_allowed`.
    """
    public = [address for address in addresses if is_public(address.literal)]
    if not public or (every and len(public) < len(addresses)):
        private = next(a.literal for a in addresses if a not in public)
        named = private if private == host else f"{private}, an address of {host},"
        raise Refusal(
            FailureKind.NOT_ALLOWED, f"{named} is not public, and allow_private=False is set"
        )
    return public


@lru_cache(1024)
def is_public(literal: str) -> bool:
    """Whether an address belongs to the internet at large, whichever way it is written."""
    address = ip_address(literal)
    if isinstance(address, IPv6Address):
        if address in _MAPPED or address in _NAT64:
            return is_public(str(IPv4Address(int(address) & 0xFFFFFFFF)))
        known = any(address in network for network in _NOT_GLOBAL)
    else:
        known = address in _NOT_GLOBAL_4
    return address.is_global and not address.is_multicast and not known

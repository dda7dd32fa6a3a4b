"""Which host and port a URL may name: DNS names in ASCII, strict IPv4, bracketed IPv6.

Messages name the rule that was broken and show no more than one character of the host: a mistyped
URL may hold a password anywhere. Sources: RFC 3986 (syntax), RFC 1035 (lengths), UTS #46 (names).
"""

import re

from concurrent_fetch._failure_kinds import FailureKind, Refusal

LABEL = "[a-z0-9_-][a-z0-9_-]{0,62}+"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_LONGEST = 253

_HOST_AND_PORT = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::([^:]*))?")
_PORT = re.compile("0*([0-9]{1,5})")
_STRICT_IPV4 = re.compile(IPV4)
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
_NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*\.?")
_NOT_IN_NAME = re.compile("[^a-z0-9_.-]")


def invalid_url(message: str) -> Refusal:
    """Return the refusal of a URL."""
    return Refusal(FailureKind.INVALID_URL, message)


def host_and_port(text: str, default: int) -> tuple[str, int]:
    """Check what stands before the path, user info taken off; an empty port means the default.

    Raises `Refusal` of kind `invalid_url`.
    """
    match = _HOST_AND_PORT.fullmatch(text)
    if match is None:
        raise invalid_url("the host is malformed; write host:port, and IPv6 as in [::1]:80")
    address, name, digits = match.groups()
    host = _name(name) if address is None else _ipv6(address)
    return host, _port(digits) if digits else default


def _port(digits: str) -> int:
    match = _PORT.fullmatch(digits)
    port = int(match[1]) if match else 0
    if not 1 <= port <= 65535:
        raise invalid_url("the port must be a number from 1 to 65535, in ASCII digits")
    return port


def _ipv6(text: str) -> str:
    """Return the shortest form; an IPv4-mapped address in hexadecimal, whatever the Python."""
    if "%" in text:
        raise invalid_url("an IPv6 address with a zone id cannot be fetched; leave the zone out")
    import ipaddress  # noqa: PLC0415 - few hosts are IPv6 literals, and every import would pay

    try:
        address = ipaddress.IPv6Address(text)
    except ipaddress.AddressValueError:
        raise invalid_url("what stands in brackets is no IPv6 address") from None
    mapped = address.ipv4_mapped
    if mapped is None:
        return address.compressed
    return f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}"


def _name(text: str) -> str:
    """Return a DNS name or a strict IPv4 address, in lower-case ASCII."""
    host = text.lower() if text.isascii() else _idna(text)
    if not host:
        raise invalid_url("the host is missing; write http://host/path")
    foreign = _NOT_IN_NAME.search(host)
    if foreign is not None:
        found = "percent-encoding" if foreign[0] == "%" else f"the character {foreign[0]!a}"
        raise invalid_url(f"{found} in the host; it may have letters, digits, '-', '_' and '.'")
    if _ENDS_IN_NUMBER.fullmatch(host):
        if not _STRICT_IPV4.fullmatch(host):
            raise invalid_url("an IPv4 address must be four numbers up to 255, as in 127.0.0.1")
    elif len(host.removesuffix(".")) > _LONGEST or not _NAME.fullmatch(host):
        raise invalid_url("a host has at most 253 characters, in labels of 1 to 63 between dots")
    return host


def _idna(text: str) -> str:
    import idna  # noqa: PLC0415 - its tables cost milliseconds, and few hosts need them

    if len(text) > _LONGEST:
        raise invalid_url(f"a host has at most {_LONGEST} characters")
    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except UnicodeError:  # idna.IDNAError is one
        raise invalid_url("the host is no valid international name; try its xn-- form") from None

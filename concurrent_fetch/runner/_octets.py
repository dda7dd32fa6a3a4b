"""Octets: how many bytes have entered this machine by IP, or this container, as Linux counts them.

They are of everybody on it. Other systems tell none.
"""

import contextlib
import os

from concurrent_fetch._units import Bytes

_IPV4 = "/proc/self/net/netstat"  # two lines for each protocol: names, then numbers
_IPV6 = "/proc/self/net/snmp6"  # a name and a number on each line
_NAME = b"InOctets"
_MOST: Bytes = 65_536


class Octets:
    """The counters: opened once, and where in them to look is found once."""

    def __init__(self) -> None:
        self._column: int | None = None
        self._has_ipv6 = True
        if (told := _content(_IPV4)) is not None:
            names = told.partition(b"IpExt:")[2].partition(b"\n")[0].split()
            self._column = names.index(_NAME) if _NAME in names else None

    def read(self) -> Bytes | None:
        """Return how many there have been; None where the system does not tell, or not so."""
        told = None if self._column is None else _content(_IPV4)
        if told is None or self._column is None:
            return None
        with contextlib.suppress(IndexError, ValueError):  # it has other names, or no numbers
            return self._counted(told, self._column)
        return None

    def _counted(self, told: bytes, column: int) -> Bytes:
        numbers = told[told.rfind(b"IpExt:") :].split(None, column + 2)
        return int(numbers[column + 1]) + self._ipv6()

    def _ipv6(self) -> Bytes:
        told = _content(_IPV6) if self._has_ipv6 else None
        if told is None:
            self._has_ipv6 = False
            return 0
        return int(told.partition(b"Ip6" + _NAME)[2].split(None, 1)[0])


def _content(path: str) -> bytes | None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            return os.read(descriptor, _MOST)
        finally:
            os.close(descriptor)
    return None

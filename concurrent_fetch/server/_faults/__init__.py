"""The faults of the server: tables of rows, one table for each part of a response."""

from collections.abc import Mapping

from concurrent_fetch.server._arguments import UnusableError
from concurrent_fetch.server._faults import (
    _charsets,
    _chunks,
    _codings,
    _connections,
    _cookies,
    _fields,
    _lengths,
    _redirects,
    _slow,
    _status_lines,
    _tls,
)
from concurrent_fetch.server._faults._fault import Answered, Expected, Fault
from concurrent_fetch.words import did_you_mean

GROUPS: Mapping[str, tuple[Fault, ...]] = {
    "Status lines": _status_lines.FAULTS,
    "Header fields": _fields.FAULTS,
    "Lengths of bodies": _lengths.FAULTS,
    "Chunks": _chunks.FAULTS,
    "Content codings": _codings.FAULTS,
    "Text": _charsets.FAULTS,
    "Redirects": _redirects.FAULTS,
    "Cookies": _cookies.FAULTS,
    "Connections": _connections.FAULTS,
    "Time": _slow.FAULTS,
    "TLS": _tls.FAULTS,
}
"""The faults by what they are about."""

FAULTS: Mapping[str, Fault] = {fault.name: fault for group in GROUPS.values() for fault in group}
"""Every fault by its name."""

__all__ = ["FAULTS", "GROUPS", "Answered", "Expected", "Fault", "find_fault"]


def find_fault(name: str) -> Fault:
    """Return the fault of that name; raises UnusableError, a ValueError, if there is none."""
    fault = FAULTS.get(name)
    if fault is None:
        raise UnusableError(
            f"no fault is called {name!r}{did_you_mean(name, FAULTS)}; /fault lists them"
        )
    return fault

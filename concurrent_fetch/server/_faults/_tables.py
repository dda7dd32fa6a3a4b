"""The faults of the server: tables of rows, one table for each part of a response."""

from collections.abc import Mapping

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
from concurrent_fetch.server._faults._fault import Fault

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

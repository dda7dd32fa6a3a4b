"""TLS: connections that end or go wrong before, within and below it."""

from collections.abc import Sequence
from typing import Any

import attrs

from concurrent_fetch._failure_kinds import FailureKind as Kind
from concurrent_fetch.server._faults._fault import Answered, Expected, Fault, fault
from concurrent_fetch.server._faults._wires import ends, head, later, once, reply
from concurrent_fetch.server._reply import End, Part, Wire

_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # fatal: handshake_failure (RFC 8446, section 6)


def _handshake(
    name: str,
    does: str,
    end: End,
    *expected: Expected,
    data: bytes = b"",
    pause: float = 0.0,
    **options: Any,
) -> Fault:
    """Return a fault in answer to the first bytes of a connection: of use without a certificate."""
    row = fault(f"tls_handshake_{name}", does, once(), *expected, **options)
    parts: Sequence[Part] = (Part(data, pause),)
    return attrs.evolve(row, greeting=Wire(data=b"", parts=parts, end=end))


FAULTS = (
    _handshake("fin", "closes within the handshake", End.CLOSE, Kind.DISCONNECTED),
    _handshake("rst", "resets within the handshake", End.RESET, Kind.DISCONNECTED),
    _handshake("alert", "refuses the handshake", End.CLOSE, Kind.TLS, data=_ALERT),
    _handshake("http", "answers in plain HTTP", End.CLOSE, Kind.TLS, data=reply(b"hello")),
    _handshake(
        "garbage",
        "answers with bytes of all values",
        End.CLOSE,
        Kind.TLS,
        data=bytes(range(1, 256)),
    ),
    _handshake(
        "silence",
        "never answers a handshake",
        End.HOLD,
        Kind.TIMEOUT,
        timeout=9.0,
        connect_timeout=0.5,
    ),
    fault(
        "tls_cut_in_head",
        "drops the connection within the head",
        ends(End.CUT, b"HTTP/1.1 20", later(b"")),
        Kind.DISCONNECTED,
    ),
    fault(
        "tls_cut_in_body",
        "drops the connection within the body",
        ends(End.CUT, head("Content-Length: 100") + b"half", later(b"")),
        Kind.INCOMPLETE,
    ),
    fault(
        "tls_cut_close_delimited",
        "drops the connection in a body without length",
        ends(End.CUT, head() + b"hello", later(b"")),
        Answered(body=b"hello"),  # asyncio does not tell this end from a proper one
    ),
    fault(
        "tls_garbage_in_head",
        "breaks TLS within the head",
        ends(End.GARBLE, b"HTTP/1.1 20", later(b"")),
        Kind.TLS,
    ),
    fault(
        "tls_garbage_in_body",
        "breaks TLS within the body",
        # Long enough for a busy client: asyncio drops what breaks TLS with all that came beside it.
        ends(End.GARBLE, head("Content-Length: 100") + b"half", later(b"", 0.5)),
        Kind.INCOMPLETE,
    ),
)

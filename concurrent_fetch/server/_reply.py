"""From replies to bytes, without any I/O: what a route says, and what is written for it."""

import functools
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from http import HTTPStatus
from typing import NamedTuple

import attrs

from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.server._request import METHODS, Refused, Request

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_BODILESS = frozenset({204, 304})


@attrs.frozen
class Part:
    """Bytes that are written `pause` seconds after what stands before them."""

    data: bytes
    pause: Seconds = 0.0


@attrs.frozen(kw_only=True)
class Reply:
    """What a route says: a status, headers, and a body in one piece or in parts.

    Parts of a known `length` (in bytes) are sent with it, others chunked. `delay` (seconds) comes
    before the first byte, on top of the server's latency.
    """

    status: int = 200
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    parts: Iterable[Part] | None = None
    length: Bytes | None = None
    delay: Seconds = 0.0


class Flaky(NamedTuple):
    """What a route says of a URL whose `first` tries are answered 503: what comes `then`."""

    first: int
    then: Reply


class End(Enum):
    """What the server does once all is written."""

    KEEP = auto()
    """Wait for the next request on this connection."""
    CLOSE = auto()
    """Close as one should: over TLS with its farewell, then with a FIN."""
    CUT = auto()
    """Close with a FIN and, over TLS, without its farewell."""
    RESET = auto()
    """Send a RST."""
    HOLD = auto()
    """Say nothing more, until the client leaves."""
    GARBLE = auto()
    """Write bytes below TLS that are no record of it, then as CUT."""


@attrs.frozen(kw_only=True)
class Wire:
    """What is written, byte for byte: `data` after `delay` seconds, the parts, if any, the end."""

    data: bytes
    parts: Iterable[Part] | None = None
    delay: Seconds = 0.0
    end: End = End.KEEP


def to_wire(reply: Reply, request: Request) -> Wire:
    """Return the bytes of a reply, as the request's method and version want them."""
    silent = request.method == "HEAD" or reply.status in _BODILESS
    chunked = reply.parts is not None and reply.length is None and request.chunked_allowed
    framing = _framing(reply, chunked=chunked)
    head = _head(reply.status, reply.content_type, framing, reply.headers, request.keep_alive)
    return Wire(
        data=head if silent else head + reply.body,
        parts=None if silent or reply.parts is None else _framed(reply.parts, chunked=chunked),
        delay=reply.delay,
        end=End.KEEP if request.keep_alive else End.CLOSE,
    )


def refusal(refused: Refused) -> bytes:
    """Return the bytes that answer a refused request; the connection ends after them."""
    allow = (("Allow", ", ".join(METHODS)),) if refused.status == 405 else ()
    body = f"{refused.reason}\n".encode()
    framing = f"Content-Length: {len(body)}"
    return _head(refused.status, "text/plain", framing, allow, False) + body


def _framing(reply: Reply, *, chunked: bool) -> str:
    """Return the field that says where the body ends; nothing if there is none, or closing does."""
    if chunked:
        return "Transfer-Encoding: chunked"
    length = len(reply.body) if reply.parts is None and reply.length is None else reply.length
    return "" if length is None or reply.status in _BODILESS else f"Content-Length: {length}"


@functools.lru_cache(maxsize=256)  # few heads are written again and again
def _head(
    status: int,
    content_type: str,
    framing: str,
    headers: tuple[tuple[str, str], ...],
    keep_alive: bool,
) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}"]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    if framing:
        lines.append(framing)
    lines.extend(f"{name}: {value}" for name, value in headers)
    if not keep_alive:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _framed(parts: Iterable[Part], *, chunked: bool) -> Iterator[Part]:
    if not chunked:
        yield from parts
        return
    for part in parts:
        yield Part(b"%x\r\n%b\r\n" % (len(part.data), part.data), part.pause)
    yield Part(b"0\r\n\r\n")

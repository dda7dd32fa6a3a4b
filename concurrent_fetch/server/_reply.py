"""From replies to bytes, without any I/O: what a route says, and what is written for it."""

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from http import HTTPStatus

import attrs

from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.server._request import Refused, Request

_REASONS = {status.value: status.phrase for status in HTTPStatus}


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
    silent = request.method == "HEAD" or _bodiless(reply.status)
    chunked = reply.parts is not None and reply.length is None and request.chunked_allowed
    head = _head(reply, chunked=chunked, close=not request.keep_alive)
    return Wire(
        data=head if silent else head + reply.body,
        parts=None if silent or reply.parts is None else _framed(reply.parts, chunked=chunked),
        delay=reply.delay,
        end=End.KEEP if request.keep_alive else End.CLOSE,
    )


def refusal(refused: Refused) -> bytes:
    """Return the bytes that answer a refused request; the connection ends after them."""
    allow = (("Allow", "GET, HEAD"),) if refused.status == 405 else ()
    body = f"{refused.reason}\n".encode()
    reply = Reply(status=refused.status, content_type="text/plain", headers=allow, body=body)
    return _head(reply, chunked=False, close=True) + body


def _bodiless(status: int) -> bool:
    return status in {204, 304}


def _head(reply: Reply, *, chunked: bool, close: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}"]
    if reply.content_type:
        lines.append(f"Content-Type: {reply.content_type}")
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    elif not _bodiless(reply.status) and (reply.parts is None or reply.length is not None):
        lines.append(f"Content-Length: {len(reply.body) if reply.length is None else reply.length}")
    lines.extend(f"{name}: {value}" for name, value in reply.headers)
    if close:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _framed(parts: Iterable[Part], *, chunked: bool) -> Iterator[Part]:
    if not chunked:
        yield from parts
        return
    for part in parts:
        yield Part(b"%x\r\n%b\r\n" % (len(part.data), part.data), part.pause)
    yield Part(b"0\r\n\r\n")

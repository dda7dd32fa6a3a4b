"""Bytes of responses, and what a server does after them: what the tables of faults are made of."""

import functools
import itertools
from collections.abc import Callable, Iterable

from concurrent_fetch._units import Seconds
from concurrent_fetch.server._faults._fault import Answer
from concurrent_fetch.server._reply import End, Part, Wire
from concurrent_fetch.server._request import Request


def head(*fields: str, status: str = "200 OK") -> bytes:
    """Return a response head with these fields only."""
    return "\r\n".join([f"HTTP/1.1 {status}", *fields, "", ""]).encode("latin-1")


def reply(body: bytes = b"", *fields: str, status: str = "200 OK") -> bytes:
    """Return a response with Content-Length."""
    return head(f"Content-Length: {len(body)}", *fields, status=status) + body


def chunked(*chunks: bytes) -> bytes:
    """Return a chunked body."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def ends(end: End, *pieces: bytes | Part) -> Answer:
    """Write the pieces, each with the pause before it, then do `end`."""
    parts = tuple(piece if isinstance(piece, Part) else Part(piece) for piece in pieces)
    return lambda _request, _turn: Wire(data=b"", parts=parts, end=end)


def once(*pieces: bytes | Part) -> Answer:
    """Write the pieces, then close."""
    return ends(End.CLOSE, *pieces)


def kept(*pieces: bytes | Part) -> Answer:
    """Write the pieces, then wait for the next request."""
    return ends(End.KEEP, *pieces)


def held(*pieces: bytes | Part) -> Answer:
    """Write the pieces, then be silent."""
    return ends(End.HOLD, *pieces)


def resets(*pieces: bytes | Part) -> Answer:
    """Write the pieces, and when they have been read, reset."""
    return ends(End.RESET, *pieces, later(b""))


def later(data: bytes, pause: Seconds = 0.05) -> Part:
    """Return bytes that come in a segment of their own."""
    return Part(data, pause)


def lasting(first: bytes, parts: Callable[[], Iterable[Part]]) -> Answer:
    """Write parts that are made as they are sent, perhaps without end."""
    return lambda _request, _turn: Wire(data=first, parts=parts(), end=End.HOLD)


def without_end(first: bytes, piece: bytes) -> Answer:
    """Write a piece again and again, some KiB at a time."""
    many = Part(piece * (1 + 4096 // len(piece)), 0.001)
    return lasting(first, lambda: itertools.repeat(many))


def made_when_asked(make: Callable[[], Answer]) -> Answer:
    """Answer as `make()` says, called once: what is large costs only who asks for it."""
    made = functools.cache(make)

    def answer(request: Request, turn: int) -> Wire:
        return made()(request, turn)

    return answer


def drips(first: bytes, rest: bytes, pause: Seconds = 0.05) -> Answer:
    """Write the rest one byte at a time."""
    return lasting(first, lambda: (Part(rest[at : at + 1], pause) for at in range(len(rest))))


def by_turn(*answers: Answer) -> Answer:
    """Answer the first request of a connection in the first way, and so on; the last for ever."""
    return lambda request, turn: answers[min(turn, len(answers) - 1)](request, turn)

"""aiohttp's connections, with an eye on what its parser, llhttp, lets a server do without end.

It skips line ends before a response and reads extensions of chunks for as long as there are any;
and what it gives up with does not always reach who waits.
"""

import asyncio
from typing import Any

from aiohttp import http_exceptions
from aiohttp.client_proto import ResponseHandler

from concurrent_fetch._units import Bytes
from concurrent_fetch.http import MOST_BYTES, MOST_FIELDS, START, may_begin_response

MOST_LINES = MOST_FIELDS + 2
"""What aiohttp is to allow: a head with just a few fields more comes through to be refused."""
TOO_MANY_FIELDS = "Too many headers"
"""How its message begins where there are more; it has no class for that."""
_PIECE: Bytes = 65536
_END = b"\r\n\r\n"


class Protocol(ResponseHandler):
    """Refuses what can be no response by its first bytes, and what goes on without a body."""

    # Hook: a connector builds its protocols by `_factory`; `_payload` is the body being read, and
    # `set_exception` is given what the parser gave up with as the cause.

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._read: tuple[object, Bytes] = None, 0  # of which body, and how much
        self._begun = b""  # of the next response
        self._between: Bytes = 0  # since there was a byte of a body
        self._refusal: BaseException | None = None

    def connection_made(self, transport: Any) -> None:
        # Hook: asyncio reads as much at once, 256 KiB; in chunks of a byte that would take 20 ms.
        if hasattr(transport, "max_size"):
            transport.max_size = _PIECE
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        body = self._payload
        if len(self._begun) < START and (body is None or body.is_eof()):
            self._begun += data[:START]
            if not may_begin_response(self._begun):
                self._refuse(http_exceptions.BadStatusLine())
                return
        super().data_received(data)
        self._count(data)
        if self._between > MOST_BYTES:
            self._refuse(http_exceptions.LineTooLong("", MOST_BYTES))

    def set_exception(self, exc: Any, exc_cause: Any = None) -> None:
        if isinstance(exc, http_exceptions.HttpProcessingError) and self._refusal is None:
            self._refusal = exc_cause = _told_apart(exc_cause or exc)
            exc.__cause__ = exc_cause  # aiohttp adds it only where somebody waits
            self._wake_reader()
        super().set_exception(exc, exc_cause)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._wake_reader()  # it would be told that the body is not complete, and not why
        super().connection_lost(exc)

    def _count(self, data: bytes) -> None:
        body = self._payload
        read = body, 0 if body is None else body.total_bytes
        if read == self._read:
            self._between += len(data)
        else:
            self._read, self._between, self._begun = read, 0, b""
        if (body is None or (body.is_eof() and not body.total_bytes)) and _END in data:
            # The end of an interim response: what follows it is the next one.
            begun = data[data.rindex(_END) + len(_END) :]
            self._between, self._begun = len(begun), begun[:START]

    def _refuse(self, why: Exception) -> None:
        self.set_exception(http_exceptions.HttpProcessingError(), why)
        if self.transport is not None:
            self.transport.close()

    def _wake_reader(self) -> None:
        if self._refusal is not None and self._payload is not None:
            if not self._payload.is_eof():
                self._payload.set_exception(self._refusal)
            self._payload = None


def _told_apart(error: BaseException) -> BaseException:
    if str(getattr(error, "message", "")).startswith(TOO_MANY_FIELDS):
        return http_exceptions.LineTooLong("", MOST_LINES)
    return error

"""aiohttp's connections, with an eye on what its parser, llhttp, lets a server do without end.

It skips line ends before a response and reads extensions of chunks for as long as there are any;
and what it gives up with does not always reach who waits.
"""

import asyncio
from typing import Any

from aiohttp import http_exceptions
from aiohttp.client_proto import ResponseHandler

from concurrent_fetch._units import Bytes
from concurrent_fetch.http import MOST_BYTES, MOST_FIELDS

MOST_LINES = MOST_FIELDS + 2
"""What aiohttp is to allow: a head with just a few fields more comes through to be refused."""
TOO_MANY_FIELDS = "Too many headers"
"""How its message begins where there are more; it has no class for that."""
_PIECE: Bytes = 65536
_END, _LINE_ENDS = b"\r\n\r\n", (b"\r", b"\n")
_received = ResponseHandler.data_received


class Protocol(ResponseHandler):
    """Refuses a line end before a response, and what goes on and on without a byte of a body."""

    # Hook: a connector builds its protocols by `_factory`; `_payload` is the body being read, and
    # `set_exception` is given what the parser gave up with as the cause.

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.is_asked = False
        """Whether a request was sent of which nothing has come back."""
        self._refusal: BaseException | None = None
        self._unseen: Bytes = 0  # since it was last looked at how far a body has come
        self._seen: tuple[object, Bytes] = None, 0

    def connection_made(self, transport: Any) -> None:
        # Hook: asyncio reads as much at once, 256 KiB; in chunks of a byte that would take 20 ms.
        if hasattr(transport, "max_size"):
            transport.max_size = _PIECE
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self.is_asked:
            if data[:1] in _LINE_ENDS:
                self._refuse(http_exceptions.BadStatusLine())
                return
            self.is_asked = False
        _received(self, data)
        self._unseen += len(data)
        if self._unseen > MOST_BYTES:
            self._look(data)

    def set_exception(self, exc: Any, exc_cause: Any = None) -> None:
        if isinstance(exc, http_exceptions.HttpProcessingError) and self._refusal is None:
            self._refusal = exc_cause = _told_apart(exc_cause or exc)
            exc.__cause__ = exc_cause  # aiohttp adds it only where somebody waits
            self._wake_reader()
        super().set_exception(exc, exc_cause)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._wake_reader()  # it would be told that the body is not complete, and not why
        super().connection_lost(exc)

    def _look(self, data: bytes) -> None:
        """Refuse to go on where no body has got a byte since the last look."""
        body = self._payload
        seen = body, 0 if body is None else body.total_bytes
        if seen == self._seen and _END not in data:  # that may end an interim response
            self._refuse(http_exceptions.LineTooLong("", MOST_BYTES))
        self._seen, self._unseen = seen, 0

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

"""aiohttp's connections, with the one strict reader in the place of its parsers.

It has two, of which one is C, and neither takes what the other does.
"""

import asyncio
from contextlib import suppress
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpVersion11, RawResponseMessage
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from concurrent_fetch._units import Bytes
from concurrent_fetch.http import Head, Reader

_PIECE: Bytes = 65536


class _NoFields(dict[str, str]):
    """What aiohttp is told of the fields of a response: nobody asks it for any."""

    def getall(self, _name: str, default: Any) -> Any:
        return default


_MESSAGE: Any = RawResponseMessage(
    *(HttpVersion11, 200, "", _NoFields(), ()),  # type: ignore[arg-type]  # it is only asked
    *(False, None, False, False),
)


class Body(StreamReader):
    """A body as it comes."""

    failure: BaseException | None = None
    """What it ended with, too early; to be asked for after all that came before."""


class Protocol(ResponseHandler):
    """A connection whose responses are read by a `Reader`."""

    # Hook: a connector builds its protocols by `_factory`, and calls `set_response_params` before
    # each request. Of its own parser, `_parser`, this one has none.

    head: Head | None = None
    """Of the response that came last."""
    opens_tunnel: bool = False
    """Whether it is a proxy that is to connect it to a server."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._reader: Reader | None = None

    def connection_made(self, transport: Any) -> None:
        # Hook: asyncio reads as much at once, 256 KiB; in chunks of a byte that would take 20 ms.
        if hasattr(transport, "max_size"):
            transport.max_size = _PIECE
        super().connection_made(transport)

    def set_response_params(self, *, skip_payload: bool = False, **_params: Any) -> None:
        self._reader = Reader(opens_tunnel=self.opens_tunnel, to_head=skip_payload)

    def data_received(self, data: bytes) -> None:
        reader = self._reader
        if reader is None:  # nobody has asked
            self.force_close()
            if self.transport is not None:
                self.transport.abort()
            return
        self._take(reader, data)

    def connection_lost(self, exc: BaseException | None) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            if exc is None:
                self._take(reader, b"")
            elif self._payload is not None:
                self._end_body(self._payload, aiohttp.ClientPayloadError(str(exc)))
        super().connection_lost(exc)

    def pause_reading(self) -> None:
        self._reading_paused = True
        self._ask_transport("pause_reading")

    def resume_reading(self, resume_parser: bool = True) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self._ask_transport("resume_reading")

    def _ask_transport(self, what: str) -> None:
        if self.transport is not None:
            with suppress(RuntimeError, NotImplementedError):  # it is closing, or cannot
                getattr(self.transport, what)()

    def _take(self, reader: Reader, data: bytes) -> None:
        is_new = reader.head is None
        pieces = reader.feed(data)
        if reader.is_last:
            self.force_close()
        if is_new and reader.head is not None:
            self._begin_body(reader, is_bare=reader.is_whole and not pieces)
        payload = self._payload
        if payload is not None:
            if pieces:
                payload.feed_data(pieces[0] if len(pieces) == 1 else b"".join(pieces))
            if reader.is_whole or reader.refusal is not None:
                self._end_body(payload, reader.refusal)
        elif reader.refusal is not None:
            self._reader = None
            self.set_exception(reader.refusal)
        if reader.refusal is not None and self.transport is not None:
            self.transport.abort()

    def _begin_body(self, reader: Reader, *, is_bare: bool) -> None:
        self.head = reader.head
        if is_bare:
            self._payload = EMPTY_PAYLOAD
        else:
            self._payload = Body(self, _PIECE, loop=self._loop)
        self.feed_data((_MESSAGE, self._payload))

    def _end_body(self, payload: StreamReader, failure: BaseException | None) -> None:
        self._reader = self._payload = None
        if isinstance(payload, Body):
            payload.failure = failure
            payload.feed_eof()

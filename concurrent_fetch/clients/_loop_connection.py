"""A connection on an event loop: moves bytes; what they mean is `HTTP1Connection`'s affair."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from concurrent_fetch._units import Bytes
from concurrent_fetch.clients._http1 import HTTP1Connection
from concurrent_fetch.fetch import Exchange

_PIECE: Bytes = 65536


class LoopConnection(asyncio.Protocol):
    """Serves one exchange at a time."""

    __slots__ = (
        *("_drained", "_exchange", "_failure", "_http1", "_is_over", "_is_paused", "_lost"),
        *("_loop", "_transport", "_waiter"),
    )

    def __init__(
        self,
        http1: HTTP1Connection,
        loop: asyncio.AbstractEventLoop,
        lost: Callable[["LoopConnection"], object],
    ) -> None:
        self._http1 = http1
        self._loop = loop
        self._lost = lost
        self._transport: Any = None
        self._exchange: Exchange | None = None  # the one that is answered
        self._waiter: asyncio.Future[None]
        self._failure: Exception | None = None
        self._is_over = True
        self._is_paused = False
        self._drained: asyncio.Future[None] | None = None  # where too much waits to be written

    @property
    def is_free(self) -> bool:
        """Whether it can serve."""
        return self._is_over and self._http1.is_free

    async def fetch(self, exchange: Exchange) -> None:
        """Send one request and hand over its response."""
        waiter = self.ask(exchange)
        if self._http1.rest is not None:
            await self._write_rest()
        await waiter
        if not self._is_over or self._failure is not None:
            await self._rest_of_answer()

    def ask(self, exchange: Exchange) -> "asyncio.Future[None]":
        """Send a request, or its beginning; what is returned is done when there is news."""
        http1 = self._http1
        self._exchange = exchange
        self._is_over = False
        self._waiter = waiter = self._loop.create_future()
        request = http1.ask(exchange)
        if self._transport.is_closing():  # nobody would ever say what became of it
            self._end(ConnectionResetError("the connection had ended before it was used"))
        else:
            self._transport.write(request)
        if http1.rest is None:
            http1.mark_sent()
        return waiter

    async def _rest_of_answer(self) -> None:
        """Let others have their turn while what has come is decoded; raise what went wrong."""
        while not self._is_over:
            self._waiter = self._loop.create_future()
            if self._exchange is not None:
                await self._exchange.decoded()
            self._resume()
            await self._waiter
        failure, self._failure = self._failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure  # or it would hold itself, by its own frame

    def abort(self) -> None:
        """Close at once: close() of a TLS transport waits for the other side."""
        if self._exchange is not None:
            self._end(ConnectionAbortedError("the run was stopped"))
        self._http1.is_free = False
        self._transport.abort()

    async def _write_rest(self) -> None:
        try:
            for piece in self._http1.pieces():
                # In each turn of the loop an early answer may be read, before writing fails.
                await (asyncio.sleep(0) if self._drained is None else self._drained)
                if self._is_over:  # answered early, or lost
                    self._http1.is_free = False
                    return
                if self._transport.is_closing():  # what became of it is told in the next turn
                    return
                self._transport.write(piece)
        finally:
            self._http1.mark_sent()

    # What the event loop calls.

    def connection_made(self, transport: Any) -> None:
        # Hook: asyncio reads as much at once, 256 KiB; in chunks of a byte that would take 20 ms.
        if hasattr(transport, "max_size"):
            transport.max_size = _PIECE
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None:  # nobody has asked
            self._give_up()
            return
        try:
            is_whole = self._http1.feed(data)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            self._end(error)
        else:
            if is_whole:
                self._end(None)
            elif exchange.undecoded:
                self._pause()

    def eof_received(self) -> None:
        self.data_received(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._exchange is not None:
            if exc is None:
                self.data_received(b"")
            else:
                self._read_last_words()
        if self._exchange is not None:  # it was not the answer, or not all of it
            self._end(exc)
        self._http1.is_free = False  # whatever the answer says
        self._lost(self)

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    # From state to state.

    def _read_last_words(self) -> None:
        """Read what came before writing failed: after that an event loop reads no more.

        So it is where a server says why it does not read on, and closes. Over TLS it is lost.
        """
        over_tls = self._transport.get_extra_info("ssl_object") is not None
        sock = None if over_tls else self._transport.get_extra_info("socket")
        if sock is None:
            return
        with contextlib.suppress(OSError), sock.dup() as same:
            same.setblocking(False)
            while self._exchange is not None and (data := same.recv(_PIECE)):
                self.data_received(data)

    def _give_up(self) -> None:
        """Serve nobody any more, from now on: that it is lost is told a turn of the loop later."""
        self.abort()
        self._lost(self)

    def _end(self, failure: Exception | None) -> None:
        self._exchange = None
        self._is_over = True
        self._failure = failure
        if self._drained is not None:  # answered before all was written
            self._http1.is_free = False
        if failure is not None:
            self._http1.is_free = False
            self._transport.abort()  # or more of what is not wanted may arrive
        self.resume_writing()
        self._wake()

    def _wake(self) -> None:
        if not self._waiter.done():
            self._waiter.set_result(None)

    def _pause(self) -> None:
        """Let the server wait until what has come is decoded."""
        if not self._is_paused:
            self._is_paused = True
            if not self._transport.is_closing():
                self._transport.pause_reading()
        self._wake()

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

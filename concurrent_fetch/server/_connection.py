"""One connection: bytes in, requests one after another, bytes out.

Requests of one connection are served in order, the next when the last is written; the latency of
each still counts from its own arrival. No task runs per request: a timer of the loop is enough.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import cast

from concurrent_fetch.server._ending import leave
from concurrent_fetch.server._reply import End, Part, Wire, refusal
from concurrent_fetch.server._request import Refused, next_request
from concurrent_fetch.server._service import Held, Service

_MAX_PIPELINED = 64
_LINGER = 2.0


class Connection(asyncio.Protocol):
    """The server's side of one connection."""

    _transport: asyncio.Transport

    def __init__(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        self._service = service
        self._loop = loop
        self._buffer = bytearray()
        self._pending: deque[Held] = deque()
        self._current: Held | None = None
        self._refused: Refused | None = None
        self._parts: Iterator[Part] | None = None
        self._end = End.KEEP
        self._turn = 0
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False
        self._deaf = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._service.opened(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's form
        """Give back all that the connection held."""
        self._abandon()
        self._service.closed(self._transport)

    def eof_received(self) -> None:
        """Take the end of the client's bytes as its end: what waits for it is abandoned at once.

        A response that is already handed over is still flushed.
        """
        if self._current is not None:
            self._transport.abort()
        self._abandon()

    def data_received(self, data: bytes) -> None:
        """Take the heads that are complete and serve the first, unless one is in service."""
        if self._deaf:
            return
        if self._service.greeting is not None:
            self._deaf = True
            self._service.refuse()
            self._write(self._service.greeting)
            return
        self._buffer += data
        self._take_heads()
        self._serve_next()

    def pause_writing(self) -> None:
        """Stop: the client reads more slowly than we write."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on where `pause_writing` stopped."""
        self._paused = False
        if self._parts is not None and self._timer is None:
            self._write_parts()
        else:
            self._serve_next()

    def _take_heads(self) -> None:
        try:
            while not self._deaf and len(self._pending) < _MAX_PIPELINED:
                request = next_request(self._buffer)
                if request is None:
                    return
                self._pending.append(self._service.arrive(request))
                self._deaf = not request.keep_alive
        except Refused as refused:
            self._refused = refused
            self._deaf = True
        if not self._deaf:
            self._transport.pause_reading()

    def _serve_next(self) -> None:
        if self._current is not None or self._paused:
            return
        if self._pending:
            self._current = self._pending.popleft()
            if self._service.enter(self._current, self._begin):
                self._begin()
        elif self._refused is not None:
            self._refuse(self._refused)

    def _begin(self) -> None:
        if self._current is None:
            return
        wire = self._service.wire(self._current, self._turn)
        self._turn += 1
        due = self._service.due(self._current) + wire.delay
        if due > self._loop.time():
            self._timer = self._loop.call_at(due, self._write, wire)
        else:
            self._write(wire)

    def _write(self, wire: Wire) -> None:
        self._timer = None
        self._end = wire.end
        self._send(wire.data)
        if wire.parts is None:
            self._finish()
        else:
            self._parts = iter(wire.parts)
            self._write_parts()

    def _write_parts(self) -> None:
        while not (self._paused or self._transport.is_closing() or self._parts is None):
            part = next(self._parts, None)
            if part is None:
                self._finish()
            elif part.pause:
                self._timer = self._loop.call_later(part.pause, self._write_late, part)
                return
            else:
                self._send(part.data)

    def _write_late(self, part: Part) -> None:
        self._timer = None
        self._send(part.data)
        self._write_parts()

    def _send(self, data: bytes) -> None:
        self._service.send(len(data))
        self._transport.write(data)

    def _finish(self) -> None:
        self._parts = None
        if self._end is End.HOLD:
            return
        self._let_go()
        if self._end is not End.KEEP:
            leave(self._transport, self._end)
        elif self._pending or self._refused is not None or self._buffer:
            self._loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if not self._pending and not self._deaf:
            self._transport.resume_reading()
            self._take_heads()
        self._serve_next()

    def _refuse(self, refused: Refused) -> None:
        # Closing with bytes unread would reset the connection and destroy the answer under way.
        self._refused = None
        self._service.refuse()
        self._send(refusal(refused))
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._timer = self._loop.call_later(_LINGER, self._transport.abort)

    def _abandon(self) -> None:
        self._service.drop(self._pending)
        self._parts = None
        self._let_go()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._deaf = True
        self._refused = None

    def _let_go(self) -> None:
        if self._current is not None:
            held, self._current = self._current, None
            self._service.leave(held, self._begin)

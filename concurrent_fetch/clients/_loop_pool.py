"""The connections of a run on an event loop: which serve, which wait, which are let go."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from concurrent_fetch.clients._http1 import HTTP1Connection
from concurrent_fetch.clients._http1_requests import RequestWriter
from concurrent_fetch.clients._loop_connection import LoopConnection
from concurrent_fetch.clients._loop_opening import Opener
from concurrent_fetch.clients._ways import way_of
from concurrent_fetch.fetch import AsyncSend, Exchange
from concurrent_fetch.http import Reader
from concurrent_fetch.model import Options
from concurrent_fetch.wire import most_open


@asynccontextmanager
async def open_pool(
    options: Options, new_reader: Callable[..., Reader] = Reader
) -> AsyncIterator[AsyncSend]:
    """Open a client for one run; leaving it aborts what is in flight."""
    pool = _Pool(options, new_reader)
    try:
        yield pool.send
    finally:
        pool.abort_all()
    await asyncio.sleep(0)  # transports close their sockets in the next turn of the loop


class _Pool:
    """The open connections of a run; of the idle ones not too many."""

    def __init__(self, options: Options, new_reader: Callable[..., Reader]) -> None:
        self._keeps = options.reuse_connections
        self._most = most_open(options)
        self._opener = Opener(options)
        self._writer = RequestWriter()
        self._new_reader = new_reader
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[LoopConnection]] = set()
        self._open: set[LoopConnection] = set()
        self._idle: dict[str, list[LoopConnection]] = {}
        self._resting: dict[LoopConnection, str] = {}  # what was used last stands last

    async def send(self, exchange: Exchange) -> None:
        """Send one request and hand over its response."""
        way = way_of(exchange)
        if exchange.proxy is not None:
            await self._opener.check(exchange)
        if exchange.on_new_connection:
            self._close_idle(way)
        idle = self._idle.get(way)
        if idle:
            connection = idle.pop()
            del self._resting[connection]
        else:
            connection = await self._opened(exchange)
        is_kept = False
        try:
            await connection.fetch(exchange)
            is_kept = self._keeps and connection.is_free
        finally:
            if is_kept:
                self._rest(connection, way)
            else:
                self._let_go(connection, way)

    def abort_all(self) -> None:
        """Close all connections at once, and those too that are just being opened."""
        for opening in self._opening:
            opening.cancel()
        for connection in list(self._open):
            connection.abort()

    async def _opened(self, exchange: Exchange) -> LoopConnection:
        if len(self._open) + len(self._opening) >= self._most and self._resting:
            longest = next(iter(self._resting))
            self._let_go(longest, self._resting[longest])
        # A task of its own: whoever leaves the session ends it, and not the task of the caller.
        opening = self._loop.create_task(self._opener.open(exchange, self._new_connection))
        self._opening.add(opening)
        opening.add_done_callback(self._has_opened)
        try:
            return await opening
        except asyncio.CancelledError:  # it may have come about all the same
            if not opening.cancelled() and opening.exception() is None:
                self._let_go(opening.result(), way_of(exchange))
            raise

    def _has_opened(self, opening: "asyncio.Task[LoopConnection]") -> None:
        self._opening.discard(opening)
        if not opening.cancelled() and opening.exception() is None:
            self._open.add(opening.result())

    def _new_connection(self) -> LoopConnection:
        http1 = HTTP1Connection(self._writer, self._new_reader)
        return LoopConnection(http1, self._loop, self._lost)

    def _rest(self, connection: LoopConnection, way: str) -> None:
        self._resting[connection] = way
        idle = self._idle.get(way)
        if idle is None:
            self._idle[way] = [connection]
        else:
            idle.append(connection)

    def _close_idle(self, way: str) -> None:
        """Close what could serve: the next connection is a new one."""
        for connection in self._idle.get(way, [])[:]:
            self._let_go(connection, way)

    def _let_go(self, connection: LoopConnection, way: str) -> None:
        connection.abort()
        self._open.discard(connection)
        self._forget(connection, way)

    def _lost(self, connection: LoopConnection) -> None:
        self._open.discard(connection)
        if connection in self._resting:
            self._forget(connection, self._resting[connection])

    def _forget(self, connection: LoopConnection, way: str) -> None:
        idle = self._idle.get(way, [])
        if self._resting.pop(connection, None) is not None:
            idle.remove(connection)
        if not idle:
            self._idle.pop(way, None)

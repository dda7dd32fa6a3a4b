"""The connections that aiohttp has open in a run: which serve, which idle, which are let go."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from concurrent_fetch.fetch import Exchange


class Connections:
    """The open connections of a run; of the idle ones not too many."""

    # Hook: a connection has a `transport` and a `protocol`; that has a `closed` future, resolved
    # when the connection is lost.

    def __init__(self, most: int) -> None:
        self._most = most
        self._lost_since = 0
        self.tidy: Callable[[], object] = lambda: None
        """Called now and then: lets the connector forget the connections that are lost."""
        self._opening = 0
        self._transports: dict[Any, asyncio.Transport] = {}
        # What each has served last; the one used last stands last.
        self._served: dict[Any, tuple[Any, Exchange]] = {}

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Make room for a connection that is about to be opened."""
        self._opening += 1
        if len(self._transports) + self._opening > self._most:
            idle = (protocol for protocol, (last, _) in self._served.items() if last.closed)
            if (longest := next(idle, None)) is not None:
                self._forget(longest)
        try:
            yield
        finally:
            self._opening -= 1

    def serve(self, connection: Any, response: Any, exchange: Exchange) -> bool:
        """Note that a connection serves a response; return whether it had served one before."""
        protocol = connection.protocol
        reused = self._served.pop(protocol, None) is not None
        if not reused:
            if protocol.closed is None:  # already lost
                return False
            self._transports[protocol] = connection.transport
            protocol.closed.add_done_callback(partial(self._lost, protocol))
        self._served[protocol] = response, exchange
        return reused

    def close_idle(self, exchange: Exchange) -> None:
        """Close what could serve this exchange: the next connection for it is a new one."""
        way = exchange.target.origin, exchange.proxy
        for protocol, (last, served) in list(self._served.items()):
            if last.closed and (served.target.origin, served.proxy) == way:
                self._forget(protocol)

    def abort(self, response: Any) -> None:
        """Close the connection of a response of which nothing more is wanted."""
        if response.protocol in self._transports:
            self._forget(response.protocol)

    def abort_all(self) -> None:
        """Close them at once: close() of a TLS transport waits for the other side."""
        for protocol in list(self._transports):
            self._forget(protocol)

    def _forget(self, protocol: Any) -> None:
        self._served.pop(protocol, None)
        transport = self._transports.pop(protocol)
        # What is lost has no loop any more, and `_lost` is told a turn later; what aiohttp closed
        # is not lost yet: over TLS it waits for the other side.
        if not protocol.closed.done():
            transport.abort()

    def _lost(self, protocol: Any, closed: asyncio.Future[None]) -> None:
        if not closed.cancelled():  # with whoever waited for it: the end of a run that is cancelled
            closed.exception()  # or asyncio would report it as never looked at
        self._served.pop(protocol, None)
        self._transports.pop(protocol, None)
        self._lost_since += 1
        if self._lost_since > self._most:
            self._lost_since = 0
            self.tidy()

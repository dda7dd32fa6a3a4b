"""What all connections of one server share: latency, places, counters."""

import asyncio
from collections import deque

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.server._faults import find_fault
from concurrent_fetch.server._latency import latency_rule
from concurrent_fetch.server._reply import Wire
from concurrent_fetch.server._request import Request
from concurrent_fetch.server._routes import wire_for
from concurrent_fetch.server._settings import Settings
from concurrent_fetch.server._slots import Begin, Slots


@attrs.frozen(kw_only=True)
class ServerStats:
    """What the server saw since its start or the last reset.

    `requests` and `connections` (accepted) are counts. `peak_in_flight` is the most requests held
    at once, from the complete head to the response written, whether they waited for capacity or
    not; `peak_served` the most in service at once. `in_flight` and `open_connections` are of now.
    """

    requests: int
    connections: int
    peak_in_flight: int
    peak_served: int
    in_flight: int
    open_connections: int


@attrs.frozen
class Held:
    """A request that the server holds, its place in the order of arrival, and when it came."""

    request: Request
    number: int
    arrived: Seconds


class Service:
    """The shared state of one server; its connections report to it."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self._latency = latency_rule(settings.latency)
        self._limited = settings.capacity is not None
        self._now = loop.time
        self._slots = Slots(settings.capacity, loop.call_soon)
        self._fault = None if settings.fault is None else find_fault(settings.fault)
        self._is_tls = settings.certificate is not None
        self._open: set[asyncio.Transport] = set()
        self._in_flight = 0
        self.reset()

    def reset(self) -> None:
        """Count from zero again; what is in flight now is where the peaks start."""
        self._requests = self._connections = 0
        self._peak_in_flight = self._in_flight
        self._slots.peak = self._slots.used

    def stats(self) -> ServerStats:
        """Return the counters as they are now."""
        return ServerStats(
            requests=self._requests,
            connections=self._connections,
            peak_in_flight=self._peak_in_flight,
            peak_served=self._slots.peak,
            in_flight=self._in_flight,
            open_connections=len(self._open),
        )

    def opened(self, transport: asyncio.Transport) -> None:
        """Count an accepted connection."""
        self._connections += 1
        self._open.add(transport)

    def closed(self, transport: asyncio.Transport) -> None:
        """Forget a connection that has ended."""
        self._open.discard(transport)

    def abort(self) -> None:
        """End every connection at once."""
        for transport in tuple(self._open):
            transport.abort()

    def arrive(self, request: Request) -> Held:
        """Hold a request whose head is complete."""
        held = Held(request, self._requests, self._now())
        self._requests += 1
        self._in_flight += 1
        self._peak_in_flight = max(self._peak_in_flight, self._in_flight)
        return held

    @property
    def greeting(self) -> Wire | None:
        """What every connection gets in answer to its first bytes, whatever they are."""
        return None if self._fault is None else self._fault.greeting

    def wire(self, request: Request, turn: int) -> Wire:
        """Return what answers a request, the `turn`-th of its connection, from 0."""
        if self._fault is not None:
            return self._fault.answer(request, turn)
        if self._is_tls:
            request = attrs.evolve(request, scheme="https")
        return wire_for(request, turn)

    def enter(self, begin: Begin) -> bool:
        """Take a place in service or wait in line for it; see `Slots.enter`."""
        return self._slots.enter(begin)

    def due(self, held: Held) -> Seconds:
        """Return when a request that got its place is to be answered, in the loop's time."""
        index = held.request.index
        start = self._now() if self._limited else held.arrived
        return start + self._latency(held.number if index is None else index)

    def leave(self, begin: Begin) -> None:
        """Let go of a request that was written or abandoned, and of its place."""
        self._in_flight -= 1
        self._slots.leave(begin)

    def drop(self, unserved: deque[Held]) -> None:
        """Let go of requests that never asked for a place."""
        self._in_flight -= len(unserved)
        unserved.clear()

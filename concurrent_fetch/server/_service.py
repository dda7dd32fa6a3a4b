"""What all connections of one server share: latency, places, counters."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping

import attrs

from concurrent_fetch._python import Served
from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.server._arrivals import Arrivals, Host
from concurrent_fetch.server._faults import find_fault
from concurrent_fetch.server._latency import latency_rule
from concurrent_fetch.server._limits import Limits
from concurrent_fetch.server._reply import Flaky, Reply, Wire, to_wire
from concurrent_fetch.server._request import Request
from concurrent_fetch.server._routes import reply_to
from concurrent_fetch.server._settings import Settings
from concurrent_fetch.server._slots import Begin, Slots
from concurrent_fetch.server._tries import Tries
from concurrent_fetch.server._turned_away import turned_away


@attrs.frozen(kw_only=True)
class ServerStats:
    """What the server saw since its start or the last reset.

    `requests` and `connections` (accepted) are counts. `peak_in_flight` is the most requests held
    at once, from the complete head to the response written, whether they waited for capacity or
    not; `peak_served` the most in service at once. `in_flight` and `open_connections` are of now.

    `refused` were answered 429 for `per_host` or `rate`; `unavailable` were answered 503 for
    `unavailable_first` or at `/flaky/<n>`. All others are of all requests, refused ones too, and of
    the moment at which the head of a request was read. `peak_per_host` is `peak_in_flight` of each
    host by its name, `peak_per_second` the most requests that came within any one second.
    `least_gap_per_host` is the least time in seconds between two requests for one host, by the name
    of each that had two. A name is that of the Host field in lower case, without a port; one entry
    per name is kept until the reset.
    """

    requests: int
    connections: int
    peak_in_flight: int
    peak_served: int
    in_flight: int
    open_connections: int
    refused: int = 0
    unavailable: int = 0
    peak_per_second: int = 0
    peak_per_host: Mapping[str, int] = attrs.field(factory=dict, hash=False)
    least_gap_per_host: Mapping[str, Seconds] = attrs.field(factory=dict, hash=False)


@attrs.define(eq=False)  # not frozen, since one is made for each request: that takes thrice as long
class Held:
    """A request that the server holds, its place in the order of arrival, and when it came."""

    request: Request
    number: int
    arrived: Seconds
    host: Host
    refused: bool


class Service:
    """The shared state of one server; its connections report to it."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        self._settings = settings
        self._latency = latency_rule(settings.latency)
        self._limited = settings.capacity is not None
        self._now = loop.time
        self._slots = Slots(settings.capacity, loop.call_soon)
        self._fault = None if settings.fault is None else find_fault(settings.fault)
        self._is_tls = settings.certificate is not None
        self._open: set[asyncio.Transport] = set()
        self._in_flight = 0
        self._arrivals = Arrivals()
        self._gets = self._others = self._sent = 0
        self.reset()

    def reset(self) -> None:
        """Count from zero again; what is in flight now is where the peaks start."""
        self._requests = self._connections = self._refused = self._unavailable = 0
        self._arrivals.reset()
        self._limits = self._limits_anew()
        self._tries = Tries()
        self._peak_in_flight = self._in_flight
        self._slots.peak = self._slots.used

    def _limits_anew(self) -> Limits | None:
        per_host, rate = self._settings.per_host, self._settings.rate
        return None if per_host is None and rate is None else Limits(per_host, rate)

    def stats(self) -> ServerStats:
        """Return the counters as they are now."""
        return ServerStats(
            requests=self._requests,
            connections=self._connections,
            peak_in_flight=self._peak_in_flight,
            peak_served=self._slots.peak,
            in_flight=self._in_flight,
            open_connections=len(self._open),
            refused=self._refused,
            unavailable=self._unavailable,
            peak_per_second=self._arrivals.peak_per_second,
            peak_per_host=self._arrivals.peak_per_host(),
            least_gap_per_host=self._arrivals.least_gap_per_host(),
        )

    @property
    def served(self) -> Served:
        """What has reached it since its start, whatever was reset."""
        return Served(self._gets, self._gets + self._others, self._sent)

    def refuse(self) -> None:
        """Count what is no request that is served; to get something, for all that is known."""
        self._gets += 1

    def send(self, size: Bytes) -> None:
        """Count bytes of an answer."""
        self._sent += size

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
        """Hold a request whose head is complete, and let it in or turn it away."""
        now = self._now()
        host = self._arrivals.arrive(request.host, now)
        refused = self._limits is not None and not self._limits.admit(host.under_way, now)
        if refused:
            self._refused += 1
        else:
            host.under_way += 1
        held = Held(request, self._requests, now, host, refused)
        self._requests += 1
        if request.method == "GET":
            self._gets += 1
        else:
            self._others += 1
        self._in_flight += 1
        self._peak_in_flight = max(self._peak_in_flight, self._in_flight)
        return held

    @property
    def greeting(self) -> Wire | None:
        """What every connection gets in answer to its first bytes, whatever they are."""
        return None if self._fault is None else self._fault.greeting

    def wire(self, held: Held, turn: int) -> Wire:
        """Return what answers a request, the `turn`-th of its connection, from 0."""
        request = held.request
        if held.refused:
            return to_wire(self._turned_away(429, "Too many requests."), request)
        first = self._settings.unavailable_first
        if first and self._tries.in_vain(request, first):
            return to_wire(self._unavailable_now(), request)
        fault = self._fault
        if fault is None:
            reply = reply_to(attrs.evolve(request, scheme="https") if self._is_tls else request)
            if isinstance(reply, Reply):
                return to_wire(reply, request)
            if isinstance(reply, Flaky):
                in_vain = self._tries.in_vain(request, reply.first)
                return to_wire(self._unavailable_now() if in_vain else reply.then, request)
            fault = reply
        return fault.answer(request, turn)

    def _unavailable_now(self) -> Reply:
        self._unavailable += 1
        return self._turned_away(503, "Unavailable for now.")

    def _turned_away(self, status: int, why: str) -> Reply:
        now = time.time() if self._settings.retry_after_as_date else None
        return turned_away(status, why, self._settings.retry_after, now)

    def enter(self, held: Held, begin: Begin) -> bool:
        """Take a place in service or wait in line for it; see `Slots.enter`.

        Who is turned away needs none.
        """
        return held.refused or self._slots.enter(begin)

    def due(self, held: Held) -> Seconds:
        """Return when a request that got its place is to be answered, in the loop's time."""
        if held.refused:
            return held.arrived
        index = held.request.index
        start = self._now() if self._limited else held.arrived
        return start + self._latency(held.number if index is None else index)

    def leave(self, held: Held, begin: Begin) -> None:
        """Let go of a request that was written or abandoned, and of its place."""
        self._let_go(held)
        if not held.refused:
            self._slots.leave(begin)

    def drop(self, unserved: deque[Held]) -> None:
        """Let go of requests that never asked for a place."""
        for held in unserved:
            self._let_go(held)
        unserved.clear()

    def _let_go(self, held: Held) -> None:
        self._in_flight -= 1
        held.host.held -= 1
        if not held.refused:
            held.host.under_way -= 1

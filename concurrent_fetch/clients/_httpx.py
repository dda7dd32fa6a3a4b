"""httpx in both colours, by its transports: one per thread, or one per place on the event loop.

So is httpx2, which continues it: `clients_on` makes the clients of either.

A shared httpx pool is scanned once per request and connection: at 100 in flight that is quadratic
(5.7 s where aiohttp takes 0.17 s). A transport that serves one request at a time never queues.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import (
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
)
from functools import partial
from threading import RLock
from time import perf_counter
from typing import Any, TypeAlias

import httpcore
import httpx

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch.clients._httpcore import AsyncNetwork, Library, Network
from concurrent_fetch.clients._threads import line_per_thread
from concurrent_fetch.fetch import ANY_METHOD, SLICE, AsyncClient, AsyncSend, Client, Exchange, Send
from concurrent_fetch.http import Head, proxy_origin
from concurrent_fetch.model import Options
from concurrent_fetch.wire import Kept, Sockets, check_target, most_of_a_line, tls_context, told_to


def failures_of(library: Library) -> dict[type[BaseException], FailureKind]:
    """Return which kind of failure each exception class is."""
    httpx, httpcore = library.httpx, library.httpcore
    return {
        httpx.RemoteProtocolError: FailureKind.PROTOCOL,
        httpx.LocalProtocolError: FailureKind.PROTOCOL,
        httpx.ConnectError: FailureKind.CONNECT,
        httpx.NetworkError: FailureKind.DISCONNECTED,
        httpx.ProxyError: FailureKind.CONNECT,
        httpx.UnsupportedProtocol: FailureKind.INVALID_URL,
        httpx.InvalidURL: FailureKind.INVALID_URL,
        httpx.TimeoutException: FailureKind.TIMEOUT,
        # As httpx names them, but for what happens in closing.
        httpcore.RemoteProtocolError: FailureKind.PROTOCOL,
        httpcore.LocalProtocolError: FailureKind.PROTOCOL,
        httpcore.ConnectError: FailureKind.CONNECT,
        httpcore.NetworkError: FailureKind.DISCONNECTED,
        httpcore.ProxyError: FailureKind.CONNECT,
        httpcore.UnsupportedProtocol: FailureKind.INVALID_URL,
        httpcore.TimeoutException: FailureKind.TIMEOUT,
        ValueError: FailureKind.INVALID_URL,
        OverflowError: FailureKind.INVALID_URL,
    }


_Way: TypeAlias = tuple[str | None, tuple[str, str, int]]
"""The proxy, if any, and the origin: each has a transport of its own, that keeps one connection."""


def _request(exchange: Exchange, options: Options, library: Library) -> Any:
    timeout = {"connect": options.connect_timeout, "read": None, "write": None, "pool": None}
    url = exchange.url if exchange.proxy is None else exchange.target.absolute_form
    return library.httpx.Request(
        exchange.method,
        url,
        headers=exchange.headers,
        content=exchange.content,
        extensions={"timeout": timeout},
    )


def _pool(options: Options, proxy: str | None, network: object) -> dict[str, Any]:
    """Return the arguments of an httpcore pool."""
    arguments = {
        "ssl_context": tls_context(options),
        "max_connections": None,
        "max_keepalive_connections": 1 if options.reuse_connections else 0,
        "network_backend": network,
    }
    if proxy is not None:
        arguments |= {"proxy_url": proxy_origin(proxy).url, "proxy_headers": told_to(proxy)}
    return arguments


def _way(exchange: Exchange) -> _Way:
    return exchange.proxy, exchange.target.origin


# httpx takes no network backend, so its pool is built here.
#
# Hook: httpx sends through the `_pool` of a transport, and needs nothing else of what its own
# __init__ sets.


def _transport(options: Options, proxy: str | None, network: Network, library: Library) -> Any:
    core = library.httpcore
    pool = (core.HTTPProxy if proxy else core.ConnectionPool)(**_pool(options, proxy, network))
    # Hook: httpcore's lock is entered in Python. Ctrl-C that comes there leaves it locked, and
    # whoever closes the pool then waits for ever; a lock of the interpreter is safe.
    pool._optional_thread_lock = RLock()  # noqa: SLF001 - there is no public way
    return _with_pool(library.httpx.HTTPTransport, pool)


def _async_transport(
    options: Options, proxy: str | None, network: AsyncNetwork, library: Library
) -> Any:
    core = library.httpcore
    pool = core.AsyncHTTPProxy if proxy else core.AsyncConnectionPool
    return _with_pool(library.httpx.AsyncHTTPTransport, pool(**_pool(options, proxy, network)))


def _with_pool(kind: Any, pool: object) -> Any:
    transport = kind.__new__(kind)
    transport._pool = pool  # noqa: SLF001 - the hook
    return transport


class _Line:
    """What one thread sends on: a transport for each way."""

    exchange: Exchange  # the one being sent
    head: Head  # of the response that came last

    def __init__(self, library: Library, options: Options, sockets: Sockets) -> None:
        self.library = library
        self._options = options
        self._network = Network(sockets, self)
        self._transports: Kept[_Way, Any] = Kept(most_of_a_line(options))

    def fetch(self, exchange: Exchange) -> None:
        self.exchange = exchange
        way = _way(exchange)
        transport = self._transports.get(way)
        if transport is None:
            if (former := self._transports.make_room()) is not None:
                former.close()
            transport = _transport(self._options, exchange.proxy, self._network, self.library)
            self._transports.add(way, transport)
        response = transport.handle_request(_request(exchange, self._options, self.library))
        try:
            exchange.take(self.head)
            for chunk in response.iter_raw():
                exchange.receive(chunk)
        finally:
            response.close()

    def close(self) -> None:
        for transport in self._transports.all():
            transport.close()


class _AsyncLine:
    """What sends one request at a time on the event loop."""

    exchange: Exchange  # the one being sent
    head: Head  # of the response that came last

    def __init__(self, library: Library, options: Options) -> None:
        self.library = library
        self._options = options
        self._network = AsyncNetwork(options, self)
        self._transports: Kept[_Way, Any] = Kept(most_of_a_line(options))

    async def send(self, exchange: Exchange) -> None:
        self.exchange = exchange
        if exchange.proxy is not None and not self._options.allow_private:
            target = exchange.target
            await check_target(target.host, target.port, self._options.connect_timeout)
        way = _way(exchange)
        transport = self._transports.get(way)
        if transport is None:
            if (former := self._transports.make_room()) is not None:
                await former.aclose()
            transport = _async_transport(self._options, exchange.proxy, self._network, self.library)
            self._transports.add(way, transport)
        response = await transport.handle_async_request(
            _request(exchange, self._options, self.library)
        )
        try:
            exchange.take(self.head)
            since = perf_counter()
            async for chunk in response.aiter_raw():
                exchange.receive(chunk)
                if exchange.undecoded:
                    await exchange.decoded()
                if perf_counter() - since > SLICE:  # thousands of chunks may be there already
                    await asyncio.sleep(0)
                    since = perf_counter()
        finally:
            await response.aclose()

    async def close(self) -> None:
        for transport in self._transports.all():
            await transport.aclose()


@asynccontextmanager
async def _open_async(library: Library, options: Options) -> AsyncIterator[AsyncSend]:
    tls_context(options)  # an unusable bundle is the caller's mistake: say so at once
    idle: list[_AsyncLine] = []

    def added() -> _AsyncLine:
        line = _AsyncLine(library, options)
        lines.push_async_callback(line.close)
        return line

    async def send(exchange: Exchange) -> None:
        line = idle.pop() if idle else added()
        try:
            await line.send(exchange)
        finally:
            idle.append(line)

    async with AsyncExitStack() as lines:  # closes them all, also when it is cancelled amid that
        yield send


def clients_on(library: Library) -> tuple[Client, AsyncClient]:
    """Return the client for threads and that for the event loop."""

    def opened(options: Options) -> AbstractContextManager[Send]:
        return line_per_thread(options, partial(_Line, library))

    failures = failures_of(library)
    return (
        Client(library.name, opened, failures=failures, methods=ANY_METHOD, checks_addresses=True),
        AsyncClient(
            library.name,
            partial(_open_async, library),
            failures=failures,
            methods=ANY_METHOD,
            checks_addresses=True,
        ),
    )


HTTPX = Library("httpx", httpx, httpcore)
FAILURES = failures_of(HTTPX)

httpx_client, httpx_async_client = clients_on(HTTPX)
"""`httpx.HTTPTransport`, one per thread; `httpx.AsyncHTTPTransport`, one per request in flight."""

"""aiohttp: one session for all tasks (one per worker opened nine times as many connections)."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import aiohttp
from aiohttp import client_exceptions, http_exceptions
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch.clients._llhttp import MOST_LINES, Protocol
from concurrent_fetch.clients._resolver import resolve
from concurrent_fetch.clients._tls import tls_context
from concurrent_fetch.fetch import AsyncClient, AsyncSend, Exchange
from concurrent_fetch.http import CanonicalURL, may_go_anywhere
from concurrent_fetch.model import Options

FAILURES: dict[type[BaseException], FailureKind] = {
    client_exceptions.ClientConnectorDNSError: FailureKind.DNS,
    client_exceptions.ClientConnectorCertificateError: FailureKind.TLS,
    client_exceptions.ClientConnectorSSLError: FailureKind.TLS,
    client_exceptions.ServerFingerprintMismatch: FailureKind.TLS,
    client_exceptions.ClientProxyConnectionError: FailureKind.CONNECT,
    client_exceptions.ClientHttpProxyError: FailureKind.CONNECT,
    client_exceptions.ClientConnectorError: FailureKind.CONNECT,
    client_exceptions.InvalidURL: FailureKind.INVALID_URL,
    client_exceptions.NonHttpUrlClientError: FailureKind.INVALID_URL,
    client_exceptions.ContentTypeError: FailureKind.PROTOCOL,
    client_exceptions.ClientResponseError: FailureKind.PROTOCOL,
    client_exceptions.ClientPayloadError: FailureKind.INCOMPLETE,
    client_exceptions.ClientConnectionError: FailureKind.DISCONNECTED,
    http_exceptions.LineTooLong: FailureKind.TOO_LARGE,
    http_exceptions.ContentLengthError: FailureKind.INCOMPLETE,
    http_exceptions.TransferEncodingError: FailureKind.INCOMPLETE,  # the end amid chunks
    http_exceptions.HttpProcessingError: FailureKind.PROTOCOL,
    asyncio.IncompleteReadError: FailureKind.INCOMPLETE,
    aiohttp.EofStream: FailureKind.INCOMPLETE,
    ValueError: FailureKind.INVALID_URL,
    OverflowError: FailureKind.INVALID_URL,
}

_VERSIONS = {aiohttp.HttpVersion10: "1.0", aiohttp.HttpVersion11: "1.1"}


@asynccontextmanager
async def _open(options: Options) -> AsyncIterator[AsyncSend]:
    connections = _Connections()
    async with _session(options, connections) as session:
        usual: Mapping[str, str] | None = None

        async def send(exchange: Exchange) -> None:
            nonlocal usual
            _sending.set(exchange)
            if usual is None and all(map(may_go_anywhere, exchange.headers)):
                usual = exchange.headers
                session.headers.update(usual)  # merging them anew into every request costs 3 µs
            async with session.get(
                _as_yarl(exchange.target),
                headers=None if exchange.headers is usual else exchange.headers,
                allow_redirects=False,
                proxy=exchange.proxy,
            ) as response:
                exchange.answer(
                    response.status,
                    response.raw_headers,
                    reason=response.reason or "",
                    http_version=_VERSIONS.get(
                        response.version or aiohttp.HttpVersion11, "unknown"
                    ),
                )
                content = response.content
                while not content.at_eof():
                    if chunk := await content.readany():
                        exchange.receive(chunk)
                        if exchange.undecoded:
                            await exchange.decoded()
                _check_end(exchange, response)

        try:
            yield send
        finally:
            connections.abort()
    await asyncio.sleep(0)  # transports close their sockets in the next turn of the loop


aiohttp_client = AsyncClient("aiohttp", _open, failures=FAILURES)
"""One `aiohttp.ClientSession` for all tasks of a run."""


def _as_yarl(target: CanonicalURL) -> URL:
    """Return the URL as it is; built from its parts, in half the time of having it parsed."""
    start = len(target.scheme) + 3
    slash = target.url.index("/", start)
    path, _, query = target.url[slash:].partition("?")
    return URL.build(
        scheme=target.scheme,
        authority=target.url[start:slash],
        path=path,
        query_string=query,
        encoded=True,
    )


# Which exchange this task is sending: aiohttp hands no argument of ours down to its response.
_sending: ContextVar[Exchange] = ContextVar("_sending")


def _session(options: Options, connections: "_Connections") -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0,  # concurrency is the strategy's; a queue in here would count as latency
        ssl=tls_context(options.verify),
        force_close=not options.reuse_connections,
        resolver=_Resolver(),
        use_dns_cache=False,  # as the others
    )
    connector._factory = partial(Protocol, loop=asyncio.get_running_loop())  # type: ignore[assignment]  # noqa: SLF001 - the hook
    return aiohttp.ClientSession(
        connector=connector,
        response_class=_response_class(connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(
            total=None,  # the driver holds the deadline
            connect=options.connect_timeout,
            ceil_threshold=float("inf"),  # or limits above 5 s are rounded up to whole seconds
        ),
        max_line_size=65536,
        max_field_size=65536,
        max_headers=MOST_LINES,
    )


class _Resolver(AbstractResolver):
    """Looks names up where a stalled one holds nobody."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for address in await resolve(host)
        ]

    async def close(self) -> None:
        """Nothing is kept."""


def _check_end(exchange: Exchange, response: Any) -> None:
    """Raise where a body that goes on to the end of the connection ended in a reset."""
    # Hook: a protocol keeps in `exception()` what its connection was lost with.
    head = exchange.head
    if head is not None and head.content_length is None and not head.chunked:
        error = response.protocol.exception()
        if isinstance(error, aiohttp.ClientOSError):
            raise error


class _Connections:
    """The open connections of a run, and the transport of each."""

    # Hook: a connection has a `transport` and a `protocol`; that has a `closed` future, resolved
    # when the connection is lost.

    def __init__(self) -> None:
        self._transports: dict[Any, asyncio.Transport] = {}

    def serve(self, connection: Any) -> bool:
        """Note that a connection serves a response; return whether it had served one before."""
        protocol = connection.protocol
        reused = protocol in self._transports
        if not reused:
            if protocol.closed is None:  # already lost
                return False
            self._transports[protocol] = connection.transport
            protocol.closed.add_done_callback(partial(self._lost, protocol))
        protocol.is_asked = True
        return reused

    def abort(self) -> None:
        """Close them at once: close() of a TLS transport waits for the other side."""
        for transport in list(self._transports.values()):
            transport.abort()

    def _lost(self, protocol: Any, closed: asyncio.Future[None]) -> None:
        if not closed.cancelled():  # with whoever waited for it: the end of a run that is cancelled
            closed.exception()  # or asyncio would report it as never looked at
        del self._transports[protocol]


def _response_class(connections: _Connections) -> type[aiohttp.ClientResponse]:
    class Response(aiohttp.ClientResponse):
        """Knows the moment of sending and whether the connection is new, at no cost of a trace."""

        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            # Hook: called once per request, as soon as that is written.
            self.protocol = connection.protocol
            reused = connections.serve(connection)
            _sending.get().mark_sent(reused=reused)
            # Hook: true while messages wait unread, which nobody has asked for yet.
            if reused and connection.protocol.should_close:
                raise Disconnected("the server had spoken before it was asked")
            try:
                return await super().start(connection)
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
                # Hook: in these two classes aiohttp would silently send the request once more.
                raise Disconnected from error

    return Response


class Disconnected(aiohttp.ClientConnectionError):
    """The connection was closed before a whole response head."""

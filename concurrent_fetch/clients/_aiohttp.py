"""aiohttp: one session for all tasks (one per worker opened nine times as many connections)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp import client_exceptions, http_exceptions
from yarl import URL

from concurrent_fetch._client import AsyncClient
from concurrent_fetch._exchange import Exchange
from concurrent_fetch._fetch import AsyncSend
from concurrent_fetch._kinds import FailureKind
from concurrent_fetch._options import Options
from concurrent_fetch.clients._tls import tls_context

FAILURES: dict[type[BaseException], FailureKind] = {
    client_exceptions.ClientConnectorDNSError: FailureKind.DNS,
    client_exceptions.ClientConnectorCertificateError: FailureKind.TLS,
    client_exceptions.ClientConnectorSSLError: FailureKind.TLS,
    client_exceptions.ServerFingerprintMismatch: FailureKind.TLS,
    client_exceptions.ClientProxyConnectionError: FailureKind.CONNECT,
    client_exceptions.ClientHttpProxyError: FailureKind.CONNECT,
    client_exceptions.ClientConnectorError: FailureKind.CONNECT,
    client_exceptions.InvalidURL: FailureKind.INVALID_URL,
    client_exceptions.ContentTypeError: FailureKind.PROTOCOL,
    client_exceptions.ClientResponseError: FailureKind.PROTOCOL,
    client_exceptions.ClientPayloadError: FailureKind.INCOMPLETE,
    client_exceptions.ClientConnectionError: FailureKind.DISCONNECTED,
    http_exceptions.LineTooLong: FailureKind.TOO_LARGE,
    http_exceptions.ContentLengthError: FailureKind.INCOMPLETE,
    http_exceptions.TransferEncodingError: FailureKind.PROTOCOL,
    http_exceptions.HttpProcessingError: FailureKind.PROTOCOL,
    asyncio.IncompleteReadError: FailureKind.INCOMPLETE,
}

_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Connection")


@asynccontextmanager
async def _open(options: Options) -> AsyncIterator[AsyncSend]:
    async with _session(options) as session:

        async def send(exchange: Exchange) -> None:
            _sending.set(exchange)
            async with session.get(
                URL(exchange.url, encoded=True),
                headers=exchange.headers,
                allow_redirects=False,
                proxy=exchange.proxy,
            ) as response:
                version = response.version
                exchange.answer(
                    response.status,
                    response.raw_headers,
                    http_version=f"{version.major}.{version.minor}" if version else "1.1",
                )
                while chunk := await response.content.readany():
                    exchange.receive(chunk)

        yield send
    await asyncio.sleep(0)  # transports close their sockets in the next turn of the loop


aiohttp_client = AsyncClient("aiohttp", _open, failures=FAILURES)
"""One `aiohttp.ClientSession` for all tasks of a run."""

# Which exchange this task is sending: aiohttp hands no argument of ours down to its response.
_sending: ContextVar[Exchange] = ContextVar("_sending")


def _session(options: Options) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0,  # concurrency is the strategy's; a queue in here would count as latency
        ssl=tls_context(options.verify),
        force_close=not options.reuse_connections,
        use_dns_cache=False,  # as the others
    )
    return aiohttp.ClientSession(
        connector=connector,
        response_class=_response_class(),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=_AUTOMATIC,
        timeout=aiohttp.ClientTimeout(
            total=None,  # the driver holds the deadline
            connect=options.connect_timeout,
            ceil_threshold=float("inf"),  # or limits above 5 s are rounded up to whole seconds
        ),
        max_line_size=65536,
        max_field_size=65536,
        max_headers=102,
    )


def _response_class() -> type[aiohttp.ClientResponse]:
    served = WeakSet[Any]()

    class Response(aiohttp.ClientResponse):
        """Knows the moment of sending and whether the connection is new, at no cost of a trace."""

        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            protocol = connection.protocol
            _sending.get().mark_sent(reused=protocol in served)
            served.add(protocol)
            try:
                return await super().start(connection)
            except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
                # In these two classes aiohttp would silently send the request a second time.
                raise Disconnected from error

    return Response


class Disconnected(aiohttp.ClientConnectionError):
    """The connection was closed before a whole response head."""

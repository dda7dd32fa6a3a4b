"""aiohttp: one session for all tasks (one per worker opened nine times as many connections)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp import client_exceptions, http_exceptions
from yarl import URL

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch._units import Bytes
from concurrent_fetch.clients._aiohttp_connections import Connections
from concurrent_fetch.clients._aiohttp_protocol import Body, Protocol
from concurrent_fetch.fetch import ANY_METHOD, AsyncClient, AsyncSend, Exchange, UsualHeaders
from concurrent_fetch.http import proxy_origin
from concurrent_fetch.model import Options
from concurrent_fetch.wire import check_target, connect, most_open, tls_context, tls_name, told_to

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


@asynccontextmanager
async def _open(options: Options) -> AsyncIterator[AsyncSend]:
    connections = Connections(most_open(options))
    async with _session(options, connections) as session:
        usual: Mapping[str, str] | None = None

        async def send(exchange: Exchange) -> None:
            nonlocal usual
            _sending.set(exchange)
            exchange.reused = True  # unless one is opened
            if usual is None and isinstance(exchange.headers, UsualHeaders):
                usual = exchange.headers
                session.headers.update(usual)  # merging them anew into every request costs 3 µs
            headers = None if exchange.headers is usual else exchange.headers
            if exchange.on_new_connection:
                connections.close_idle(exchange)
            if exchange.proxy is None:
                url = _as_yarl(exchange.url, exchange.target.scheme)
                if exchange.method == "GET" and exchange.content is None:
                    request = session.get(url, headers=headers, allow_redirects=False)
                else:
                    more = _more(exchange)
                    request = session.request(exchange.method, url, headers=headers, **more)
            else:
                if not options.allow_private:
                    target = exchange.target
                    await check_target(target.host, target.port, options.connect_timeout)
                request = _through_proxy(session, exchange, headers or {})
            async with request as response:
                try:
                    await _receive(response, exchange)
                except BaseException:
                    connections.abort(response)  # or more of what is not wanted may arrive
                    raise

        try:
            yield send
        finally:
            connections.abort_all()
    await asyncio.sleep(0)  # transports close their sockets in the next turn of the loop


async def _receive(response: Any, exchange: Exchange) -> None:
    exchange.take(response.protocol.head)
    content = response.content
    while not content.at_eof():
        if chunk := await content.readany():
            exchange.receive(chunk)
            if exchange.undecoded:
                await exchange.decoded()
    if isinstance(content, Body) and content.failure is not None:
        raise content.failure


aiohttp_client = AsyncClient(
    "aiohttp", _open, failures=FAILURES, methods=ANY_METHOD, checks_addresses=True
)
"""One `aiohttp.ClientSession` for all tasks of a run."""


def _as_yarl(url: str, scheme: str) -> URL:
    """Return a canonical URL as it is; built from its parts, in half the time of having it parsed.

    yarl drops the mark of an empty query; kept as a part of the path, it is sent.
    """
    start = len(scheme) + 3
    slash = url.index("/", start)
    path, _, query = url[slash:].partition("?")
    return URL.build(
        scheme=scheme,
        authority=url[start:slash],
        path=path if query else url[slash:],
        query_string=query,
        encoded=True,
    )


_AT_ONCE: Bytes = 65536
"""Of a body; aiohttp sends a longer one in pieces where it looks like a file, warns where not."""
_USUAL: dict[str, Any] = {"allow_redirects": False}


def _more(exchange: Exchange) -> dict[str, Any]:
    """Return what aiohttp is to be told besides; of a body not what it is, which it would guess."""
    if exchange.method == "GET" and exchange.content is None:
        return _USUAL
    body: bytes | BytesIO | None = exchange.content
    if isinstance(body, bytes) and len(body) > _AT_ONCE:
        body = BytesIO(body)
    return {**_USUAL, "data": body, "skip_auto_headers": ("Content-Type",)}


def _through_proxy(
    session: aiohttp.ClientSession, exchange: Exchange, headers: Mapping[str, str]
) -> Any:
    proxy = exchange.proxy or ""
    is_forwarded = exchange.target.scheme == "http"
    return session.request(
        exchange.method,
        _as_yarl(exchange.target.absolute_form, exchange.target.scheme),
        headers={**headers, **told_to(proxy, headers)} if is_forwarded else headers,
        **_more(exchange),
        proxy=URL(proxy_origin(proxy).url, encoded=True),
        proxy_headers=told_to(proxy),
    )


# Which exchange this task is sending: aiohttp hands no argument of ours down to its response.
_sending: ContextVar[Exchange] = ContextVar("_sending")


def _session(options: Options, connections: Connections) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=_Connector(options, connections),
        response_class=_response_class(connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(
            total=None,  # the driver holds the deadline
            connect=options.connect_timeout,
            ceil_threshold=float("inf"),  # or limits above 5 s are rounded up to whole seconds
        ),
    )
    # Hook: aiohttp would silently send a request once more, on another connection that is kept.
    session._retry_connection = False  # noqa: SLF001 - the hook
    return session


class _Connector(aiohttp.TCPConnector):
    """Opens connections as all clients do."""

    # Hook: a connector opens each one, to a server or a proxy, by `_create_direct_connection`, and
    # builds its protocol by `_factory`. What it asks a proxy with is built by
    # `_update_proxy_auth_header_and_build_proxy_req`, with a Host from the headers for the server.

    def __init__(self, options: Options, connections: Connections) -> None:
        super().__init__(
            limit=0,  # concurrency is the strategy's; a queue in here would count as latency
            ssl=tls_context(options),
            force_close=not options.reuse_connections,
            resolver=aiohttp.ThreadedResolver(),  # not asked; another may open sockets
        )
        self._options = options
        self._connections = connections
        # Hook: it looks through what it keeps every quarter of a minute only, which of many hosts
        # are many megabytes.
        connections.tidy = self._cleanup
        self._factory = partial(Protocol, loop=self._loop)  # type: ignore[assignment]  # one of ours

    def _update_proxy_auth_header_and_build_proxy_req(self, req: Any) -> Any:
        asked = super()._update_proxy_auth_header_and_build_proxy_req(req)
        asked.headers["Host"] = f"{req.url.host_subcomponent}:{req.port}"
        return asked

    async def _create_direct_connection(
        self,
        req: Any,
        traces: Any,
        timeout: Any,
        *,
        client_error: Any = aiohttp.ClientConnectorError,
    ) -> tuple[asyncio.Transport, Any]:
        exchange = _sending.get()
        exchange.reused = False
        is_free = self._options.allow_private or exchange.proxy is not None
        host = req.url.raw_host
        context = self._get_ssl_context(req)
        name = None if context is None else tls_name(host)
        try:
            with self._connections.one_more():
                sock = await connect(host, req.port, allow_private=is_free)
                made: tuple[Any, Any] = await self._loop.create_connection(
                    self._factory, sock=sock, ssl=context, server_hostname=name
                )
        except OSError as error:
            if error.errno is None and isinstance(error, TimeoutError):
                raise
            raise client_error(req.connection_key, error) from error
        made[1].opens_tunnel = exchange.proxy is not None and exchange.target.scheme == "https"
        return made


def _response_class(connections: Connections) -> type[aiohttp.ClientResponse]:
    class Response(aiohttp.ClientResponse):
        """Knows the moment of sending and whether the connection is new, at no cost of a trace."""

        def _response_eof(self) -> None:
            """Leave the connection to this response until it has been read and is let go."""
            # Hook: aiohttp would give it to the next one as soon as the last byte has come.

        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            # Hook: called once per request, as soon as that is written.
            self.protocol = connection.protocol
            exchange = _sending.get()
            reused = connections.serve(connection, self, exchange)
            exchange.mark_sent(reused=reused)
            # Hook: true while messages wait unread, which nobody has asked for yet.
            if reused and connection.protocol.should_close:
                raise Disconnected("the server had spoken before it was asked")
            return await super().start(connection)

    return Response


class Disconnected(aiohttp.ClientConnectionError):
    """The connection was closed before a whole response head."""

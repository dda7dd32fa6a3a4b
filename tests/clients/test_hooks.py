"""What the built-in clients use of their libraries that no documentation promises.

Each hook is tested twice: that it is still there and shaped as we need it, and that a real fetch
still goes through it. The message says what a new version has changed, and what that breaks.
"""

import asyncio
import http.client
import inspect
import io
import socket
import ssl
import threading
from asyncio import selector_events
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

import aiohttp
import pytest
import trustme
import urllib3
from aiohttp.client_proto import ResponseHandler
from fetching import ClientStrategy
from raw_server import Peer, RawServer, always, head, once, reply
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from concurrent_fetch import FailureKind, Options, fetch_async
from concurrent_fetch.clients import (
    _aiohttp,
    _aiohttp_connections,
    _aiohttp_protocol,
    _httpcore,
    _httpx,
    _idle,
    _loop_connection,
    _requests,
    _strict,
)
from concurrent_fetch.clients._aiohttp_connections import Connections
from concurrent_fetch.fetch import find_async_client
from concurrent_fetch.server import LocalServer
from concurrent_fetch.wire import _deadline_sockets

REQUESTS = ClientStrategy("fetch_sync", "requests")
LIBRARIES = [_httpx.HTTPX]
if find_spec("httpx2") is not None:  # an extra
    LIBRARIES += [import_module("concurrent_fetch.clients._httpx2").HTTPX2]
HTTPX = [ClientStrategy("fetch_sync", library.name) for library in LIBRARIES]
HTTPX_ASYNC = [ClientStrategy("fetch_async", library.name) for library in LIBRARIES]
AIOHTTP = ClientStrategy("fetch_async", "aiohttp")


def called(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[Any]:
    """Note the `self` of every call of a method, which goes on as ever."""
    calls: list[Any] = []
    method = getattr(owner, name)

    def noting(self: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(self)
        return method(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, noting)
    return calls


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def fetch_one(client: ClientStrategy, answer: bytes = reply(b"x"), **options: Any) -> Any:
    with RawServer(once(answer)) as server:
        return client.one(server.url(), **options)


# What clients/_requests.py uses of requests, urllib3 and http.client.

ADAPTER = {
    "init_poolmanager": ["connections", "maxsize", "block", "pool_kwargs"],
    "proxy_manager_for": ["proxy", "proxy_kwargs"],
    "get_connection_with_tls_context": ["request", "verify", "proxies", "cert"],
    "build_connection_pool_key_attributes": ["request", "verify", "cert"],
    "cert_verify": ["conn", "url", "verify", "cert"],
    "request_url": ["request", "proxies"],
    "build_response": ["req", "resp"],
}


@pytest.mark.parametrize("name", ADAPTER)
def test_requests_lets_an_adapter_override(name: str) -> None:
    method = getattr(HTTPAdapter, name, None)
    assert method is not None
    assert parameters(method)[1:] == ADAPTER[name], (
        f"requests has another HTTPAdapter.{name}: clients/_requests.py overrides it"
    )


def test_requests_asks_the_adapter_for_its_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("get_connection_with_tls_context", "cert_verify", "request_url", "build_response")
    calls = {name: called(monkeypatch, _requests._Adapter, name) for name in names}
    assert fetch_one(REQUESTS).ok
    for name in names:
        assert calls[name], (
            f"requests no longer calls HTTPAdapter.{name}: clients/_requests.py needs another "
            "place for its own connections, URLs or responses"
        )


def test_urllib3_opens_its_connections_through_new_conn(monkeypatch: pytest.MonkeyPatch) -> None:
    message = (
        "urllib3 no longer opens its connections through HTTPConnection._new_conn: "
        "clients/_requests.py needs another place for its deadline sockets"
    )
    assert parameters(getattr(HTTPConnection, "_new_conn", lambda: None)) == ["self"], message
    calls = called(monkeypatch, _requests._Connection, "_new_conn")
    assert fetch_one(REQUESTS).ok
    assert len(calls) == 1, message


def test_urllib3_keeps_the_name_to_look_up_in_dns_host() -> None:
    assert getattr(HTTPConnection("a.example."), "_dns_host", None) == "a.example.", (
        "urllib3 no longer keeps the name to look up in HTTPConnection._dns_host: "
        "clients/_requests.py connects to it"
    )


def test_urllib3_makes_connections_with_connection_cls(monkeypatch: pytest.MonkeyPatch) -> None:
    message = (
        "urllib3 no longer makes a pool's connections with its ConnectionCls: clients/_requests.py "
        "puts its own class there"
    )
    assert urllib3.HTTPConnectionPool.ConnectionCls is HTTPConnection, message
    assert urllib3.HTTPSConnectionPool.ConnectionCls is HTTPSConnection, message
    calls = called(monkeypatch, _requests._Connection, "__init__")
    assert fetch_one(REQUESTS).ok
    assert calls, message


def test_urllib3_asks_for_responses_once_the_request_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = (
        "urllib3 no longer asks HTTPConnection.getresponse() for each response: "
        "clients/_requests.py marks there what was sent, and on which connection"
    )
    assert parameters(HTTPConnection.getresponse) == ["self"], message
    calls = called(monkeypatch, _requests._Connection, "getresponse")
    assert fetch_one(REQUESTS).timing.sent is not None, message
    assert len(calls) == 1, message


def test_http_client_reads_heads_through_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    message = (
        "http.client no longer reads a head through HTTPResponse.begin from its `fp`: "
        "clients/_strict.py reads it there itself"
    )
    known = {"self", "_max_headers"}  # the limit of fields is Python 3.15's
    assert set(parameters(http.client.HTTPResponse.begin)) <= known, message
    assert http.client.HTTPConnection.response_class is http.client.HTTPResponse, message
    calls = called(monkeypatch, _strict.StrictResponse, "begin")
    interim = head(status="103 Early Hints") + reply(b"x", "A: b")
    response = fetch_one(REQUESTS, interim)
    assert calls, message
    assert (response.status_code, response.body, response.headers["a"]) == (200, b"x", "b"), message


def test_urllib3_warns_by_is_verified(authority: trustme.CA) -> None:
    """The tests make an error of its warning, and that would be the outcome."""
    context = server_context(authority)
    assert hasattr(HTTPSConnection, "is_verified")
    with RawServer(once(reply(b"x")), context) as server:
        outcome = REQUESTS.one(server.url(), verify=False)
    assert outcome.ok, (
        "urllib3 no longer decides by HTTPSConnection.is_verified whether to warn: "
        "clients/_requests.py sets it, for Options.verify has decided"
    )


def test_urllib3_pools_keep_their_idle_connections_in_queue_cls() -> None:
    manager = urllib3.PoolManager()
    manager.pool_classes_by_scheme = _idle.POOLS
    pools = [manager.connection_from_url(url) for url in ("http://a.example", "https://a.example")]
    assert all(isinstance(pool.pool, _idle.IdleConnections) for pool in pools), (
        "urllib3 no longer makes the queue of a pool with its QueueCls: clients/_idle.py brings "
        "one there whose lock Ctrl-C cannot leave taken"
    )


# What clients/_httpx.py and clients/_httpcore.py use of httpx, httpcore and h11.


@pytest.mark.parametrize("client", [*HTTPX, *HTTPX_ASYNC], ids=str)
def test_httpx_sends_through_the_pool_of_its_transport(
    client: ClientStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = (
        "httpx no longer sends through the _pool of its transport: clients/_httpx.py sets that one "
        "to bring its own network"
    )
    library = next(one for one in LIBRARIES if one.name == client.client)
    httpx, httpcore = library.httpx, library.httpcore
    for transport in (httpx.HTTPTransport(verify=False), httpx.AsyncHTTPTransport(verify=False)):
        pools = (httpcore.ConnectionPool, httpcore.AsyncConnectionPool)
        assert isinstance(getattr(transport, "_pool", None), pools), message
    network = _httpcore.AsyncNetwork if client.is_async else _httpcore.Network
    calls = called(monkeypatch, network, "connect_tcp")
    assert fetch_one(client).ok
    assert len(calls) == 1, message


@pytest.mark.parametrize("client", [*HTTPX, *HTTPX_ASYNC], ids=str)
def test_httpx_transports_need_nothing_but_their_pool(client: ClientStrategy) -> None:
    outcome = fetch_one(client)
    assert outcome.ok, (
        "httpx's transports need more than their _pool: clients/_httpx.py does not call their "
        f"__init__ ({outcome})"
    )


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_httpcore_pools_keep_their_lock_in_optional_thread_lock(
    library: _httpcore.Library,
) -> None:
    assert hasattr(library.httpcore.ConnectionPool(), "_optional_thread_lock"), (
        "httpcore no longer keeps the lock of a pool in _optional_thread_lock: clients/_httpx.py "
        "puts one there that Ctrl-C cannot leave taken"
    )


@pytest.mark.parametrize("client", [*HTTPX, *HTTPX_ASYNC], ids=str)
def test_httpcore_writes_the_request_before_it_waits(client: ClientStrategy) -> None:
    timing = fetch_one(client).timing
    assert timing.sent is not None, (
        "httpcore no longer writes the request through NetworkStream.write: clients/_httpcore.py "
        "marks there what was sent"
    )
    assert timing.sent < timing.first_byte


@pytest.mark.parametrize("client", HTTPX, ids=str)
def test_httpcore_asks_whether_an_idle_connection_is_readable(
    client: ClientStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask = _httpcore._Stream.get_extra_info

    def noting(self: Any, info: str) -> Any:
        asked.append(info)
        return ask(self, info)

    monkeypatch.setattr(_httpcore._Stream, "get_extra_info", noting)
    with RawServer(always(reply(b"x"))) as server:
        client.fetch([server.url()] * 2, Options(concurrency=1))
    assert "is_readable" in asked, (
        "httpcore no longer asks get_extra_info('is_readable') before it reuses a connection: "
        "clients/_httpcore.py answers it to find the closed ones"
    )


@pytest.mark.parametrize("client", [*HTTPX, *HTTPX_ASYNC], ids=str)
def test_httpcore_closes_a_connection_that_is_readable_behind_a_response(
    client: ClientStrategy,
) -> None:
    with RawServer(always(reply(b"x") + b"more")) as server:
        run = client.fetch([server.url()] * 2, Options(concurrency=1))
    assert [response.reused for response in run.responses] == [False, False], (
        "httpcore no longer closes a connection that says to be readable when its response is "
        "over: clients/_httpcore.py says so of one that has gone bad"
    )


@pytest.mark.parametrize("client", [*HTTPX, *HTTPX_ASYNC], ids=str)
def test_httpcore_reads_responses_from_its_streams_and_nowhere_else(
    client: ClientStrategy,
) -> None:
    """What h11 is told is not what has come: it would refuse a length that is said twice so."""
    odd = b"HTTP/1.1 299 Odd\nA: b\nContent-Length: 1, 1\n\nx"
    response = fetch_one(client, odd)
    assert (response.status_code, response.headers["a"], response.body) == (299, "b", b"x"), (
        "httpcore no longer reads through NetworkStream.read: clients/_httpcore.py reads the "
        "response there, and tells h11 of it in a form of its own"
    )


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_anyio_reads_nothing_that_nobody_has_asked_for(library: _httpcore.Library) -> None:
    """A connection that has spoken unasked while it was idle is told by its socket."""
    late = threading.Event()

    def speaks_later(peer: Peer) -> None:
        while peer.read_head():
            peer.send(reply(b"asked"))
            late.wait(2.0)
            peer.send(reply(b"unasked"))

    async def fetched_twice(url: str) -> list[Any]:
        async with find_async_client(library.name).session() as get:
            first = await get(url)
            late.set()
            await asyncio.sleep(0.1)
            return [first, await get(url)]

    with RawServer(speaks_later) as server:
        outcomes = asyncio.run(fetched_twice(server.url()))
    assert [(outcome.body, outcome.reused) for outcome in outcomes] == [(b"asked", False)] * 2, (
        "anyio's SocketStream has no _transport any more, or goes on reading where that is paused: "
        "clients/_httpcore.py keeps what nobody has asked for in the socket by it"
    )


# What clients/_aiohttp.py uses of aiohttp.


def test_aiohttp_knows_when_a_kept_connection_has_spoken_unasked() -> None:
    message = (
        "ResponseHandler.should_close of aiohttp no longer tells that messages wait unread: "
        "clients/_aiohttp.py asks it before it takes one for the answer to its request"
    )
    assert isinstance(inspect.getattr_static(ResponseHandler, "should_close"), property), message

    async def with_a_message_waiting() -> bool:
        handler = ResponseHandler(asyncio.get_running_loop())
        before = handler.should_close
        handler.feed_data((None, None), 0)  # type: ignore[arg-type]  # what is in it is not looked at
        return handler.should_close and not before

    assert asyncio.run(with_a_message_waiting()), message


def test_aiohttp_starts_each_response_with_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    message = (
        "aiohttp no longer calls ClientResponse.start(connection) once the request is written: "
        "clients/_aiohttp.py marks there what was sent, and on which connection"
    )
    assert parameters(aiohttp.ClientResponse.start) == ["self", "connection"], message
    seen: list[Any] = []
    serve = _aiohttp_connections.Connections.serve

    def noting(self: Any, connection: Any, *served: Any) -> bool:
        seen.append(connection)
        return serve(self, connection, *served)

    monkeypatch.setattr(_aiohttp_connections.Connections, "serve", noting)
    response = fetch_one(AIOHTTP)
    assert seen, message
    assert response.timing.sent is not None, message
    assert response.reused is False, message


def test_aiohttp_tells_when_a_connection_is_lost_and_why() -> None:
    for name in ("closed", "exception"):
        assert hasattr(ResponseHandler, name), (
            f"aiohttp has no ResponseHandler.{name} any more: clients/_aiohttp.py asks it when a "
            "connection is lost, and why"
        )


@pytest.mark.parametrize("in_tls", [False, True])
def test_aiohttp_shows_the_transport_of_a_connection(
    monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, in_tls: bool
) -> None:
    transports: list[Any] = []
    abort = _aiohttp_connections.Connections.abort_all

    def noting(self: Any) -> None:
        transports.extend(self._transports.values())
        abort(self)

    monkeypatch.setattr(_aiohttp_connections.Connections, "abort_all", noting)
    with RawServer(always(reply(b"x")), server_context(authority) if in_tls else None) as server:
        assert AIOHTTP.one(server.url(), verify=False).ok
    assert transports, (
        "aiohttp's Connection no longer has the transport and the protocol with a `closed` future: "
        "clients/_aiohttp.py aborts what is open when it is left"
    )
    assert all(transport.is_closing() for transport in transports)


@pytest.mark.parametrize("through", [False, True])
def test_aiohttp_opens_every_connection_by_create_direct_connection(
    monkeypatch: pytest.MonkeyPatch, through: bool
) -> None:
    message = (
        "aiohttp no longer opens connections by TCPConnector._create_direct_connection: "
        "clients/_aiohttp.py looks up, checks and races addresses there"
    )
    known = ["self", "req", "traces", "timeout", "client_error"]
    assert parameters(aiohttp.TCPConnector._create_direct_connection) == known, message
    calls = called(monkeypatch, _aiohttp._Connector, "_create_direct_connection")
    with RawServer(always(reply(b"x"))) as server:
        given = {"proxy": server.url()} if through else {}
        url = "http://elsewhere.invalid/" if through else server.url()
        assert AIOHTTP.response(url, **given).body == b"x"
    assert len(calls) == 1, message


def test_aiohttp_builds_what_it_asks_a_proxy_with_in_one_place() -> None:
    with RawServer(once(head(status="403 Forbidden"))) as proxy:
        AIOHTTP.failure("https://a.invalid/", proxy=proxy.url(), headers={"Host": "other"})
    assert dict(proxy.fields[0])["host"] == "a.invalid:443", (
        "aiohttp no longer builds a CONNECT in _update_proxy_auth_header_and_build_proxy_req: "
        "clients/_aiohttp.py sets its Host there"
    )


def test_aiohttp_tries_again_only_if_a_session_is_told_to() -> None:
    with RawServer(once(b"")) as server:
        AIOHTTP.failure(server.url())
        seen = len(server.heads)
    assert seen == 1, (
        "aiohttp no longer goes by ClientSession._retry_connection whether it sends a request "
        "again: clients/_aiohttp.py says no there"
    )


def test_aiohttp_builds_its_protocols_by_factory_and_asks_them_for_a_response(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = (
        "aiohttp no longer builds its connections by TCPConnector._factory, or no longer calls "
        "set_response_params before each request: clients/_aiohttp_protocol.py begins there to "
        "read a response"
    )
    calls = called(monkeypatch, _aiohttp_protocol.Protocol, "set_response_params")
    assert fetch_one(AIOHTTP, b"HTTP/1.1 200 OK\nContent-Length: 1, 1\n\nx").body == b"x", message
    assert len(calls) == 1, message


def test_aiohttp_forgets_lost_connections_when_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    cleanup = aiohttp.TCPConnector._cleanup

    def counted(connector: Any) -> None:
        cleanup(connector)
        seen.append(len(connector._conns))

    monkeypatch.setattr(aiohttp.TCPConnector, "_cleanup", counted)
    with LocalServer(host="0.0.0.0") as server:
        urls = [f"http://127.0.1.{i}:{server.port}/bytes/1" for i in range(1, 251)]
        run = asyncio.run(fetch_async(urls, Options(concurrency=1)))
    assert not run.failures
    assert seen, "clients/_aiohttp.py tells nobody of lost connections"
    assert max(seen) <= 102, (
        "aiohttp no longer keeps its idle connections in `_conns`, or cleans up"
    )


def test_aiohttp_reads_a_body_to_its_end_before_it_is_told_of_a_failure() -> None:
    cut_short = head("Content-Length: 9") + b"half"
    failure = fetch_one(AIOHTTP, cut_short, max_bytes=9)
    assert (failure.kind, "4 of 9" in failure.message) == (FailureKind.INCOMPLETE, True), (
        "aiohttp's StreamReader no longer ends by feed_eof(), or ClientResponse.protocol no "
        "longer leads from a response to its connection: clients/_aiohttp_protocol.py keeps there "
        "what a body ended with"
    )


# What wire/_deadline_sockets.py uses of ssl.


@pytest.mark.parametrize("client", [REQUESTS, *HTTPX], ids=str)
def test_ssl_sockets_shake_hands_and_read_through_our_methods(
    client: ClientStrategy, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    handshakes = called(monkeypatch, _deadline_sockets.DeadlineTLSSocket, "do_handshake")
    bounded = called(monkeypatch, _deadline_sockets.BoundedSocket, "bound")
    with RawServer(once(reply(b"x")), server_context(authority)) as server:
        assert client.one(server.url(), verify=False).ok
    message = (
        "ssl or the client no longer go through SSLContext.sslsocket_class and its methods "
        "do_handshake, recv, recv_into and send: wire/_deadline_sockets.py keeps the deadline "
        "there"
    )
    assert len(handshakes) == 1, message
    over_tls = [sock for sock in bounded if isinstance(sock, _deadline_sockets.DeadlineTLSSocket)]
    assert len(over_tls) >= 3, message  # the handshake, the request, the response


def test_the_head_of_a_response_is_read_whatever_limit_of_fields_http_client_gives() -> None:
    made: list[_strict.StrictResponse] = []
    ours, theirs = socket.socketpair()
    with ours, theirs:
        response = _strict.StrictResponse(ours, register=made.append)
        response.fp.close()
        response.fp = io.BufferedReader(
            io.BytesIO(b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 0\r\n\r\n")
        )
        response.begin(_max_headers=1)
    assert made == [response]
    assert response.head.headers.fields == (("A", "b"), ("Content-Length", "0"))


@pytest.mark.parametrize("is_lost", [True, False])
def test_only_a_connection_of_aiohttp_that_is_not_lost_yet_is_aborted(is_lost: bool) -> None:
    """`_lost` is told a turn of the loop later; from 3.13 on its transport has no loop by then."""
    aborted = []

    class Transport:
        def abort(self) -> None:
            aborted.append(True)

    class Served:
        def __init__(self) -> None:
            self.closed = asyncio.get_running_loop().create_future()
            if is_lost:
                self.closed.set_result(None)

    async def ends() -> None:
        connections = Connections(9)
        connections._transports[Served()] = cast("asyncio.Transport", Transport())
        connections.abort_all()
        assert not connections._transports

    asyncio.run(ends())
    assert aborted == [True] * (not is_lost)


# What clients/_loop_connection.py uses of asyncio.


def test_a_transport_reads_as_much_at_once_as_we_say(monkeypatch: pytest.MonkeyPatch) -> None:
    transports: list[Any] = []
    before: list[int] = []
    made = _loop_connection.LoopConnection.connection_made

    def noting(self: _loop_connection.LoopConnection, transport: Any) -> None:
        before.append(getattr(transport, "max_size", 0))
        made(self, transport)
        transports.append(transport)

    monkeypatch.setattr(_loop_connection.LoopConnection, "connection_made", noting)
    plain = ClientStrategy("fetch_async", "plain")
    with RawServer(once(reply(b"x" * 300_000))) as server:
        response = plain.response(server.url())
    assert len(response.body) == 300_000
    message = (
        "the transport of asyncio's selector loop no longer has the attribute `max_size`, which "
        "says how much it reads at once: clients/_loop_connection.py sets it, as 256 KiB in chunks "
        "of a byte hold the loop for 20 ms"
    )
    assert before == [256 * 1024], message
    assert [transport.max_size for transport in transports] == [65536], message
    assert "self.max_size" in inspect.getsource(selector_events), message

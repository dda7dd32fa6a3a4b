"""requests, by its transport adapter: one per thread, no session around it.

What a `requests.Session` adds per call (its redirects, cookies, hooks, header merging) is either
decided elsewhere in this package or not wanted, and costs as much again as the request.
"""

import http.client
from contextlib import AbstractContextManager, closing
from functools import partial
from typing import Any, TypeAlias
from weakref import proxy

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import connection as urllib3_connection
from urllib3 import exceptions as urllib3_errors

from concurrent_fetch._failure_kinds import FailureKind, Refusal
from concurrent_fetch.clients._idle import POOLS
from concurrent_fetch.clients._opening import Tunnel
from concurrent_fetch.clients._strict import StrictResponse
from concurrent_fetch.clients._threads import line_per_thread
from concurrent_fetch.fetch import ANY_METHOD, Client, Exchange, Send
from concurrent_fetch.http import CanonicalURL, proxy_origin
from concurrent_fetch.model import Options
from concurrent_fetch.wire import Kept, Sockets, most_of_a_line, tls_context, tls_name, told_to

FAILURES: dict[type[BaseException], FailureKind] = {
    urllib3_errors.NameResolutionError: FailureKind.DNS,
    urllib3_errors.NewConnectionError: FailureKind.CONNECT,
    urllib3_errors.ProxyError: FailureKind.CONNECT,
    urllib3_errors.ProxySchemeUnknown: FailureKind.CONNECT,
    urllib3_errors.ProxySchemeUnsupported: FailureKind.CONNECT,
    urllib3_errors.LocationValueError: FailureKind.INVALID_URL,
    urllib3_errors.SSLError: FailureKind.TLS,
    urllib3_errors.TimeoutError: FailureKind.TIMEOUT,
    urllib3_errors.IncompleteRead: FailureKind.INCOMPLETE,
    urllib3_errors.InvalidChunkLength: FailureKind.PROTOCOL,
    urllib3_errors.InvalidHeader: FailureKind.PROTOCOL,
    urllib3_errors.ProtocolError: FailureKind.INCOMPLETE,  # on its own: "ended prematurely"
    http.client.RemoteDisconnected: FailureKind.DISCONNECTED,
    http.client.IncompleteRead: FailureKind.INCOMPLETE,
    http.client.InvalidURL: FailureKind.INVALID_URL,
    http.client.LineTooLong: FailureKind.TOO_LARGE,
    http.client.HTTPException: FailureKind.PROTOCOL,
    requests.exceptions.InvalidProxyURL: FailureKind.CONNECT,
    requests.exceptions.InvalidURL: FailureKind.INVALID_URL,
    requests.exceptions.InvalidHeader: FailureKind.PROTOCOL,
    requests.exceptions.ProxyError: FailureKind.CONNECT,
    requests.exceptions.SSLError: FailureKind.TLS,
    requests.exceptions.ConnectTimeout: FailureKind.TIMEOUT,  # a ConnectionError, too
    requests.exceptions.Timeout: FailureKind.TIMEOUT,
    requests.exceptions.ConnectionError: FailureKind.DISCONNECTED,
    ValueError: FailureKind.INVALID_URL,
    OverflowError: FailureKind.INVALID_URL,
}

# The pools of one thread, by the proxy and the origin; a proxy has one for all it forwards.
_Pools: TypeAlias = Kept[tuple[str | None, tuple[str, str, int] | None], urllib3.HTTPConnectionPool]
_PIECE = 65536
_TIMEOUT = urllib3.Timeout(None)  # the sockets know better


class _Adapter(HTTPAdapter):
    """The transport of one thread."""

    exchange: Exchange  # the one being sent

    def __init__(self, options: Options, sockets: Sockets) -> None:
        self._reuse = options.reuse_connections
        self._tls = tls_context(options)
        self._sockets = sockets
        self._pools: _Pools = Kept(most_of_a_line(options))
        self._answer: StrictResponse | None = None
        super().__init__()

    def fetch(self, exchange: Exchange) -> None:
        self.exchange = exchange
        request = requests.PreparedRequest()
        request.method, request.url = exchange.method, exchange.url
        request.body = exchange.content
        request.headers = exchange.headers  # type: ignore[assignment]  # any mapping serves
        if exchange.proxy is not None and exchange.target.scheme == "http":
            request.headers = {**exchange.headers, **told_to(exchange.proxy, exchange.headers)}  # type: ignore[assignment]  # the same
        try:
            response = self.send(request, stream=True, timeout=_TIMEOUT)  # type: ignore[arg-type]  # documented, not in the stub
        except BaseException:
            if self._answer is not None:  # urllib3 leaves one that it refuses to the collector
                self._answer.close()
            raise
        raw: urllib3.HTTPResponse = response.raw
        keep = False
        try:
            with closing(self._taken()) as answer:
                exchange.take(answer.head)
                for piece in answer.pieces():
                    exchange.receive(piece)
                keep = self._reuse and not answer.is_last
        finally:
            (raw.release_conn if keep else raw.close)()

    def close(self) -> None:
        """Close the idle connections: urllib3 leaves that to the garbage collector."""
        for pool in self._pools.all():
            pool.close()
        super().close()

    def take(self, answer: StrictResponse) -> None:
        """Take the response as it is on the wire (urllib3 regroups repeated fields)."""
        self._answer = answer

    def _taken(self) -> StrictResponse:
        assert self._answer is not None  # noqa: S101 - `send` has read its head
        return self._answer

    # What requests exposes for subclasses:

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Any,
        proxies: Any = None,
        cert: Any = None,
    ) -> Any:
        target, through = self.exchange.target, self.exchange.proxy
        is_forwarded = through is not None and target.scheme == "http"
        key = (through, None if is_forwarded else target.origin)
        pool = self._pools.get(key)
        if pool is None:
            if (former := self._pools.make_room()) is not None:
                former.close()
            pool = self._direct(target) if through is None else self._proxied(target, through)
            connection = _TLSConnection if pool.scheme == "https" else _Connection
            # A proxy: urllib3 never frees a pool that one of its own connections refers to.
            pool.ConnectionCls = partial(connection, adapter=proxy(self), sockets=self._sockets)  # type: ignore[assignment]  # it is only called
            self._pools.add(key, pool)
        return pool

    def _direct(self, target: CanonicalURL) -> urllib3.HTTPConnectionPool:
        more: dict[str, Any] = {"ssl_context": self._tls} if target.scheme == "https" else {}
        return POOLS[target.scheme](target.host, target.port, **more)

    def _proxied(self, target: CanonicalURL, through: str) -> urllib3.HTTPConnectionPool:
        url = proxy_origin(through).url
        manager = urllib3.ProxyManager(url, ssl_context=self._tls)
        manager.pool_classes_by_scheme = POOLS
        return manager.connection_from_host(tls_name(target.host), target.port, target.scheme)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Verification is the TLS context's: requests would load the bundle per connection."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        target = self.exchange.target
        is_forwarded = self.exchange.proxy is not None and target.scheme == "http"
        return target.absolute_form if is_forwarded else target.origin_form

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        return _RawResponse(resp)


class _RawResponse(requests.Response):
    """Only what is used here: the rest of `requests.Response` costs 60 µs and is thrown away."""

    def __init__(self, raw: urllib3.HTTPResponse) -> None:
        self.raw = raw


class _Connection(urllib3_connection.HTTPConnection):
    """A connection whose sockets keep the deadline, and whose head is read strictly."""

    def __init__(self, *args: Any, adapter: _Adapter, sockets: Sockets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

        def register(answer: StrictResponse) -> None:
            adapter.take(answer)  # looked up when called: it is bound to no proxy

        self.response_class = partial(StrictResponse, register=register)  # type: ignore[assignment]  # it is only called
        self._adapter = adapter
        self._sockets = sockets
        self._served = False

    # Hook: urllib3 opens every connection through `_new_conn`, to the host in `_dns_host`.
    def _new_conn(self) -> Any:
        self._served = False
        try:
            exchange = self._adapter.exchange
            to_proxy = exchange.proxy is not None
            return self._sockets.connect(
                self._dns_host,
                self.port or self.default_port,
                to_proxy=to_proxy,
                for_tunnel=to_proxy and exchange.target.scheme == "https",
            )
        except TimeoutError as error:
            raise urllib3_errors.ConnectTimeoutError(self, "connect timeout") from error
        except (ConnectionAbortedError, urllib3_errors.HTTPError):
            raise
        except OSError as error:
            raise urllib3_errors.NewConnectionError(self, str(error)) from error

    # Hook: urllib3 calls it on a connection to a proxy that is to lead to a server. http.client's
    # own takes whatever comes for the fields of the answer, and no status but 200.
    def _tunnel(self) -> None:
        tunnel = Tunnel(self._adapter.exchange)
        self.send(tunnel.request)
        try:
            while not tunnel.feed(self.sock.recv(_PIECE)):
                pass
        except Refusal:
            self.close()
            raise

    # Hook: urllib3 calls it once per request, as soon as that is written.
    def getresponse(self) -> Any:
        self._adapter.exchange.mark_sent(reused=self._served)
        self._served = True
        return super().getresponse()


class _TLSConnection(_Connection, urllib3_connection.HTTPSConnection):
    """The same over TLS."""

    def connect(self) -> None:
        super().connect()
        # Hook: Options.verify has decided; urllib3 would warn on every request without it.
        self.is_verified = True


def _open(options: Options) -> AbstractContextManager[Send]:
    return line_per_thread(options, _Adapter)


requests_client = Client(
    "requests", _open, failures=FAILURES, methods=ANY_METHOD, checks_addresses=True
)
"""`requests.adapters.HTTPAdapter`, one per thread."""

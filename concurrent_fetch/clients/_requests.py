"""requests, by its transport adapter: one per thread, no session around it.

What a `requests.Session` adds per call (its redirects, cookies, hooks, header merging) is either
decided elsewhere in this package or not wanted, and costs as much again as the request.
"""

import http.client
from contextlib import AbstractContextManager, closing
from functools import partial
from typing import Any
from weakref import proxy

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3 import connection as urllib3_connection
from urllib3 import exceptions as urllib3_errors

from concurrent_fetch._failure_kinds import FailureKind
from concurrent_fetch.clients._idle import POOLS
from concurrent_fetch.clients._sockets import Sockets
from concurrent_fetch.clients._strict import StrictResponse
from concurrent_fetch.clients._threads import line_per_thread
from concurrent_fetch.clients._tls import tls_context
from concurrent_fetch.fetch import Client, Exchange, Send
from concurrent_fetch.model import Options

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

_TIMEOUT = urllib3.Timeout(None)  # the sockets know better


class _Adapter(HTTPAdapter):
    """The transport of one thread."""

    exchange: Exchange  # the one being sent

    def __init__(self, options: Options, sockets: Sockets) -> None:
        self._reuse = options.reuse_connections
        self._tls = tls_context(options.verify)
        self._sockets = sockets
        self._recent: tuple[object, urllib3.HTTPConnectionPool] | None = None
        self._answer: StrictResponse | None = None
        super().__init__(pool_maxsize=1)

    def fetch(self, exchange: Exchange) -> None:
        self.exchange = exchange
        request = requests.PreparedRequest()
        request.method, request.url = "GET", exchange.url
        request.headers = exchange.headers  # type: ignore[assignment]  # any mapping serves
        proxies = {exchange.target.scheme: exchange.proxy} if exchange.proxy else None
        try:
            response = self.send(request, stream=True, timeout=_TIMEOUT, proxies=proxies)  # type: ignore[arg-type]  # documented, not in the stub
        except BaseException:
            if self._answer is not None:  # urllib3 leaves one that it refuses to the collector
                self._answer.close()
            raise
        raw: urllib3.HTTPResponse = response.raw
        keep = False
        try:
            with closing(self._taken()) as answer:
                exchange.answer(answer.status, answer.fields, http_version=answer.http_version)
                for piece in answer.pieces():
                    exchange.receive(piece)
            keep = self._reuse
        finally:
            (raw.release_conn if keep else raw.close)()

    def close(self) -> None:
        """Close the idle connections: urllib3 leaves that to the garbage collector."""
        # Hook: urllib3 keeps its pools in `pools`, and closes none of them itself.
        managers: tuple[Any, ...] = (self.poolmanager, *self.proxy_manager.values())
        for manager in managers:
            for key in manager.pools.keys():  # noqa: SIM118 - it refuses to be iterated over
                pool = manager.pools.get(key)
                if pool is not None:
                    pool.close()
        super().close()

    def take(self, answer: StrictResponse) -> None:
        """Take the response as it is on the wire (urllib3 regroups repeated fields)."""
        self._answer = answer

    def _taken(self) -> StrictResponse:
        assert self._answer is not None  # noqa: S101 - `send` has read its head
        return self._answer

    # What requests exposes for subclasses:

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Any,
        proxies: Any = None,
        cert: Any = None,
    ) -> Any:
        if proxies:
            return self._wire(super().get_connection_with_tls_context(request, verify, proxies))
        target = self.exchange.target
        # The pool used last cannot have been evicted; looking one up costs 15 µs.
        if self._recent is None or self._recent[0] != target.origin:
            pool = self.poolmanager.connection_from_host(target.host, target.port, target.scheme)
            self._recent = target.origin, self._wire(pool)
        return self._recent[1]

    def _wire(self, pool: Any) -> Any:
        connection = _TLSConnection if pool.scheme == "https" else _Connection
        # A proxy: urllib3 never frees a pool that one of its own connections refers to.
        pool.ConnectionCls = partial(connection, adapter=proxy(self), sockets=self._sockets)
        return pool

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        target = self.exchange.target
        return {"scheme": target.scheme, "host": target.host, "port": target.port}, {}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Verification is the TLS context's: requests would load the bundle per connection."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        target = self.exchange.target
        return target.url if proxies and target.scheme == "http" else target.origin_form

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
            return self._sockets.connect(self._dns_host, self.port or self.default_port)
        except TimeoutError as error:
            raise urllib3_errors.ConnectTimeoutError(self, "connect timeout") from error
        except (ConnectionAbortedError, urllib3_errors.HTTPError):
            raise
        except OSError as error:
            raise urllib3_errors.NewConnectionError(self, str(error)) from error

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


requests_client = Client("requests", _open, failures=FAILURES)
"""`requests.adapters.HTTPAdapter`, one per thread."""

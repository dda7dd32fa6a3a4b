"""The connections of one thread: which serve, which wait, which are let go."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from threading import get_ident

from concurrent_fetch._units import Bytes
from concurrent_fetch.clients._blocking_connection import BlockingConnection
from concurrent_fetch.clients._http1 import HTTP1Connection
from concurrent_fetch.clients._http1_requests import RequestWriter
from concurrent_fetch.clients._opening import NotConnectedError, Tunnel
from concurrent_fetch.clients._threads import line_per_thread
from concurrent_fetch.clients._ways import way_of
from concurrent_fetch.fetch import Exchange, Send
from concurrent_fetch.http import Reader, proxy_origin
from concurrent_fetch.model import Options
from concurrent_fetch.wire import (
    BoundedSocket,
    Kept,
    Sockets,
    most_of_a_line,
    tls_context,
    tls_name,
)

_PIECE: Bytes = 65536


def open_lines(
    options: Options, new_reader_of_a_line: Callable[[], Callable[..., Reader]] = lambda: Reader
) -> AbstractContextManager[Send]:
    """Open a client for one run; leaving it aborts what is in flight."""
    return line_per_thread(
        options, lambda options, sockets: Line(options, sockets, new_reader_of_a_line())
    )


class Line:
    """What one thread sends on: a connection for each way."""

    def __init__(
        self, options: Options, sockets: Sockets, new_reader: Callable[..., Reader]
    ) -> None:
        self._thread = get_ident()
        self._keeps = options.reuse_connections
        self._tls = tls_context(options)
        self._sockets = sockets
        self._new_http1 = partial(HTTP1Connection, RequestWriter(), new_reader)
        self._kept: Kept[str, BlockingConnection] = Kept(most_of_a_line(options))

    def fetch(self, exchange: Exchange) -> None:
        """Send one request and hand over its response."""
        way = way_of(exchange)
        connection = self._kept.get(way)
        if connection is not None and (exchange.on_new_connection or not connection.is_quiet):
            self._let_go(way, connection)
            connection = None
        if connection is None:
            connection = self._opened(exchange, way)
        try:
            connection.fetch(exchange)
        finally:
            if not (connection.is_free and self._keeps):  # in this order: see `close`
                self._let_go(way, connection)

    def close(self) -> None:
        """Close what is kept; what serves another thread just now is closed by that thread."""
        self._keeps = False
        is_mine = self._thread == get_ident()
        for connection in self._kept.all():
            if is_mine or connection.is_free:
                connection.close()

    def _let_go(self, way: str, connection: BlockingConnection) -> None:
        connection.close()
        self._kept.forget(way)

    def _opened(self, exchange: Exchange, way: str) -> BlockingConnection:
        if (former := self._kept.make_room()) is not None:
            former.close()
        connection = BlockingConnection(self._connected(exchange), self._new_http1())
        self._kept.add(way, connection)
        return connection

    def _connected(self, exchange: Exchange) -> BoundedSocket:
        """Return a socket on which this exchange can be sent.

        Raises:
            NotConnectedError: there is none to be had.
            TimeoutError: time is over.
            Refusal: no address is allowed, or the proxy opens no tunnel.
        """
        try:
            if exchange.target.scheme == "http":
                return self._to_server_or_proxy(exchange)
            return self._over_tls(exchange)
        except OSError as error:
            if isinstance(error, TimeoutError) and error.errno is None:
                raise
            raise NotConnectedError(str(error)) from error

    def _to_server_or_proxy(self, exchange: Exchange, *, for_tunnel: bool = False) -> BoundedSocket:
        if exchange.proxy is None:
            return self._sockets.connect(exchange.target.host, exchange.target.port)
        through = proxy_origin(exchange.proxy)
        return self._sockets.connect(
            through.host, through.port, to_proxy=True, for_tunnel=for_tunnel
        )

    def _over_tls(self, exchange: Exchange) -> BoundedSocket:
        sock = self._to_server_or_proxy(exchange, for_tunnel=True)
        try:
            if exchange.proxy is not None:
                _open_tunnel(sock, Tunnel(exchange))
            host = tls_name(exchange.target.host)
            secured = self._tls.wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise
        assert isinstance(secured, BoundedSocket)  # noqa: S101 - as the context makes them
        return secured


def _open_tunnel(sock: BoundedSocket, tunnel: Tunnel) -> None:
    sock.sendall(tunnel.request)
    while not tunnel.feed(sock.recv(_PIECE)):
        pass

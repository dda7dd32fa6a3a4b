"""The network below httpx: httpcore's public backends, so that a deadline sits in the socket."""

import asyncio
import contextlib
import math
import select
import ssl
from collections.abc import Iterable
from socket import socket
from time import perf_counter
from typing import Any, Protocol

import httpcore

from concurrent_fetch._units import Seconds
from concurrent_fetch.clients._resolver import resolve
from concurrent_fetch.clients._sockets import Sockets
from concurrent_fetch.fetch import Exchange


class Line(Protocol):
    """What sends one exchange at a time: a thread, or a place on the event loop."""

    exchange: Exchange


class _Sender:
    """Marks, on one connection, the moment each exchange was sent."""

    def __init__(self, line: Line, served: Exchange | None = None) -> None:
        self._line = line
        self._served = served

    def mark(self) -> None:
        exchange = self._line.exchange
        if self._served is not exchange:
            exchange.mark_sent(reused=self._served is not None)
            self._served = exchange


class Network(httpcore.NetworkBackend):
    """Connections whose sockets keep the deadline of the fetch; other timeouts are ignored."""

    def __init__(self, sockets: Sockets, line: Line) -> None:
        self._sockets = sockets
        self._line = line

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Seconds | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connected stream."""
        with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
            return _Stream(self._sockets.connect(host, port), self._line)


class _Stream(httpcore.NetworkStream):
    def __init__(self, sock: socket, line: Line) -> None:
        self._socket = sock
        self._line = line
        self._sender = _Sender(line)

    def read(self, max_bytes: int, timeout: Seconds | None = None) -> bytes:
        with _mapped(httpcore.ReadTimeout, httpcore.ReadError):
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: Seconds | None = None) -> None:
        with _mapped(httpcore.WriteTimeout, httpcore.WriteError):
            self._socket.sendall(buffer)
        self._sender.mark()

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: Seconds | None = None,
    ) -> httpcore.NetworkStream:
        try:
            with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
                secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except BaseException:
            self.close()
            raise
        return _Stream(secured, self._line)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return _readable(self._socket)
        if info == "ssl_object":  # asked for the protocol that was negotiated
            return self._socket if isinstance(self._socket, ssl.SSLSocket) else None
        return None


class _mapped:  # noqa: N801 - reads as the statement it is
    """Raises httpcore's exceptions in place of the socket's; cheaper than a generator."""

    def __init__(self, timeout: type[Exception], error: type[Exception]) -> None:
        self._timeout = timeout
        self._error = error

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, TimeoutError):
            raise self._timeout(str(error)) from error
        if isinstance(error, OSError):
            raise self._error(str(error)) from error


def _readable(sock: socket) -> bool:
    """Whether an idle connection has something to say: it is closed, or out of step."""
    if sock.fileno() < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def out_of_step(pool: Any) -> list[Any]:
    """Return the connections of a pool that hold bytes behind a complete response.

    Kept, they would answer the next request with what this server sends unasked.
    """
    return [connection for connection in pool.connections if _surplus(connection)]


def _surplus(connection: Any) -> bytes:
    # Hook: httpcore does not look, and leads to h11 by private names only.
    while connection is not None and not hasattr(connection, "_h11_state"):
        connection = getattr(connection, "_connection", None)  # of a tunnel, or not connected yet
    return b"" if connection is None else connection._h11_state.trailing_data[0]  # noqa: SLF001 - the hook


class AsyncNetwork(httpcore.AsyncNetworkBackend):
    """httpcore's own network, with the moment of sending marked, and look-ups nobody waits for.

    Look-up, connection and TLS handshake share one `connect_timeout`.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._inner: Any = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Seconds | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connected stream."""
        connect_by = math.inf if timeout is None else perf_counter() + timeout
        with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(timeout):
                *others, last = await resolve(host)
        for left, address in zip(range(len(others) + 1, 1, -1), others, strict=True):
            # A dead address must leave time for the next one.
            share = _time_left(connect_by) / left
            with contextlib.suppress(httpcore.ConnectTimeout, httpcore.ConnectError):
                return await self._connect(address, port, share, connect_by)
        return await self._connect(last, port, _time_left(connect_by), connect_by)

    async def _connect(
        self, address: str, port: int, timeout: Seconds, connect_by: Seconds
    ) -> httpcore.AsyncNetworkStream:
        inner = await self._inner.connect_tcp(address, port, timeout)
        return _AsyncStream(inner, self._line, connect_by)


def _time_left(connect_by: Seconds) -> Seconds:
    return max(0.0, connect_by - perf_counter())


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream, line: Line, connect_by: Seconds) -> None:
        self._inner = inner
        self._line = line
        self._connect_by = connect_by
        self._sender = _Sender(line)
        self.read = inner.read  # type: ignore[method-assign]  # nothing to add: no frame in between
        self.aclose = inner.aclose  # type: ignore[method-assign]  # the same
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]  # the same

    async def write(self, buffer: bytes, timeout: Seconds | None = None) -> None:
        await self._inner.write(buffer, timeout)
        self._sender.mark()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: Seconds | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            secured = await self._inner.start_tls(
                ssl_context, server_hostname, _time_left(self._connect_by)
            )
        except BaseException:  # httpcore does so itself, but not when it is cancelled
            await self._inner.aclose()
            raise
        return _AsyncStream(secured, self._line, self._connect_by)

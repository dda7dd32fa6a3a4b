"""The network below httpx: httpcore's public backends, so that a deadline sits in the socket."""

import asyncio
import contextlib
import math
import select
import ssl
from collections.abc import Iterable
from functools import cache
from socket import socket
from time import perf_counter
from typing import Any, Protocol

import httpcore

from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.clients._resolver import resolve
from concurrent_fetch.clients._sockets import Sockets
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.http import MOST_FIELDS, START, may_begin_response

TOO_LONG = "Receive buffer too long"
"""What h11 says of a head, or of something within a body, that is longer than it reads."""
_LONGEST: Bytes = 65536  # line of a trailer, with its end


class Line(Protocol):
    """What sends one exchange at a time: a thread, or a place on the event loop."""

    exchange: Exchange


class _Witness:
    """Sees, on one connection, when each exchange was sent, and how its response begins."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._served: Exchange | None = None
        self._answered: Exchange | None = None
        self._begun = b""

    def wrote(self) -> None:
        exchange = self._line.exchange
        if self._served is not exchange:
            exchange.mark_sent(reused=self._served is not None)
            self._served = exchange

    def read(self, data: bytes) -> bytes:
        """Return what was read; h11 would wait for the end of a line that cannot be one."""
        if self._answered is not self._line.exchange:
            self._answered, self._begun = self._line.exchange, b""
        if len(self._begun) < START:
            self._begun += data[:START]
            if not may_begin_response(self._begun):
                raise httpcore.RemoteProtocolError("illegal status line")
        return data


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
        self._witness = _Witness(line)

    def read(self, max_bytes: int, timeout: Seconds | None = None) -> bytes:
        with _mapped(httpcore.ReadTimeout, httpcore.ReadError):
            return self._witness.read(self._socket.recv(max_bytes))

    def write(self, buffer: bytes, timeout: Seconds | None = None) -> None:
        with _mapped(httpcore.WriteTimeout, httpcore.WriteError):
            self._socket.sendall(buffer)
        self._witness.wrote()

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


def bound_trailers(pool: Any) -> None:
    """Let no response that is being read have more trailers than a head may have fields.

    h11 reads all of them at once: 60 KB of short ones hold an event loop for 40 ms.
    """
    # Hook: h11 keeps what reads a body in `_reader`, of a class of its own for chunks, and reads
    # trailers by `_reading_trailer`. Nothing of the body has been read yet.
    for state in filter(None, map(_h11_state, pool.connections)):
        reader = type(state._reader)  # noqa: SLF001 - the hook
        if reader.__name__ == "ChunkedReader":
            state._reader = _bounded(reader)()  # type: ignore[arg-type]  # noqa: SLF001 - the hook


@cache
def _bounded(reader: type[Any]) -> type[Any]:
    class Reader(reader):  # type: ignore[misc]  # h11's, which is none of our dependencies
        def __call__(self, buf: Any) -> Any:
            if self._reading_trailer:
                trailers = bytes(buf)
                folded = trailers.count(b"\n ") + trailers.count(b"\n\t")
                longest = len(trailers) > _LONGEST and max(map(len, trailers.split(b"\n")))
                if trailers.count(b"\n") - folded > MOST_FIELDS + 1 or longest >= _LONGEST:
                    raise httpcore.RemoteProtocolError(TOO_LONG)
            return super().__call__(buf)

    return Reader


def _surplus(connection: Any) -> bytes:
    state = _h11_state(connection)
    return b"" if state is None else state.trailing_data[0]


def _h11_state(connection: Any) -> Any:
    # Hook: httpcore leads to h11 by private names only.
    while connection is not None and not hasattr(connection, "_h11_state"):
        connection = getattr(connection, "_connection", None)  # of a tunnel, or not connected yet
    return None if connection is None else connection._h11_state  # noqa: SLF001 - the hook


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
        self._witness = _Witness(line)
        self.aclose = inner.aclose  # type: ignore[method-assign]  # nothing to add
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]  # the same

    async def read(self, max_bytes: int, timeout: Seconds | None = None) -> bytes:
        return self._witness.read(await self._inner.read(max_bytes, timeout))

    async def write(self, buffer: bytes, timeout: Seconds | None = None) -> None:
        await self._inner.write(buffer, timeout)
        self._witness.wrote()

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

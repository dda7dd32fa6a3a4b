"""The network below httpx: httpcore's public backends, so that a deadline sits in the socket."""

import asyncio
import select
import ssl
from collections.abc import Iterable
from functools import cache
from socket import socket
from time import perf_counter
from typing import Any, Protocol

import httpcore
from anyio import BrokenResourceError, ClosedResourceError, EndOfStream
from anyio.abc import ByteStream, SocketAttribute, SocketStream
from anyio.streams.tls import TLSAttribute, TLSStream

from concurrent_fetch._units import Bytes, Seconds
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.http import MOST_FIELDS, START, may_begin_response
from concurrent_fetch.model import Options
from concurrent_fetch.wire import Sockets, connect, tls_name

TOO_LONG = "Receive buffer too long"
"""What h11 says of a head, or of something within a body, that is longer than it reads."""
_LONGEST: Bytes = 65536  # line of a trailer, with its end


_GONE = (BrokenResourceError, ClosedResourceError)
"""What anyio says of a connection that has ended before its time."""


class Line(Protocol):
    """What sends one exchange at a time: a thread, or a place on the event loop."""

    exchange: Exchange


class _Witness:
    """Sees, on one connection, when each exchange was sent, and how its response begins."""

    def __init__(self, line: Line, *, is_secured: bool) -> None:
        self._line = line
        self._is_secured = is_secured
        self._served: Exchange | None = None
        self._answered: Exchange | None = None
        self._begun = b""

    @property
    def is_for_proxy(self) -> bool:
        """Whether all that is said as yet is part of opening a tunnel."""
        return not self._is_secured and self._line.exchange.target.scheme == "https"

    def wrote(self) -> None:
        exchange = self._line.exchange
        if self._served is not exchange and not self.is_for_proxy:
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
            exchange = self._line.exchange
            to_proxy = exchange.proxy is not None
            for_tunnel = to_proxy and exchange.target.scheme == "https"
            sock = self._sockets.connect(host, port, to_proxy=to_proxy, for_tunnel=for_tunnel)
            return _Stream(sock, self._line)


class _Stream(httpcore.NetworkStream):
    def __init__(self, sock: socket, line: Line) -> None:
        self._socket = sock
        self._line = line
        self._witness = _Witness(line, is_secured=isinstance(sock, ssl.SSLSocket))

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
                name = None if server_hostname is None else tls_name(server_hostname)
                secured = ssl_context.wrap_socket(self._socket, server_hostname=name)
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
    """The same on the event loop, by streams of anyio.

    Look-up, connection and TLS handshake share one `connect_timeout`.
    """

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Seconds | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connected stream."""
        connect_by = perf_counter() + self._options.connect_timeout
        is_free = self._options.allow_private or self._line.exchange.proxy is not None
        with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
            async with asyncio.timeout(self._options.connect_timeout):
                sock = await connect(host, port, allow_private=is_free)
                stream: Any = await SocketStream.from_socket(sock)
        # Hook: anyio pauses the `_transport` of a stream that it has connected itself. Else what a
        # server sends unasked is read at once, and the connection looks as if it were silent.
        stream._transport.pause_reading()  # noqa: SLF001 - the hook
        return _AsyncStream(stream, self._line, connect_by)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: ByteStream, line: Line, connect_by: Seconds) -> None:
        self._stream = stream
        self._line = line
        self._connect_by = connect_by
        self._witness = _Witness(line, is_secured=isinstance(stream, TLSStream))
        self.aclose = stream.aclose  # type: ignore[method-assign]  # nothing to add

    async def read(self, max_bytes: int, timeout: Seconds | None = None) -> bytes:
        try:
            if self._witness.is_for_proxy:
                with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
                    async with asyncio.timeout(max(0.0, self._connect_by - perf_counter())):
                        return await self._stream.receive(max_bytes)
            data = await self._stream.receive(max_bytes)
        except EndOfStream:
            return b""
        except _GONE as error:
            raise httpcore.ReadError(str(error)) from error
        return self._witness.read(data)

    async def write(self, buffer: bytes, timeout: Seconds | None = None) -> None:
        try:
            await self._stream.send(buffer)
        except _GONE as error:
            raise httpcore.WriteError(str(error)) from error
        self._witness.wrote()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: Seconds | None = None,
    ) -> httpcore.AsyncNetworkStream:
        name = None if server_hostname is None else tls_name(server_hostname)
        try:
            with _mapped(httpcore.ConnectTimeout, httpcore.ConnectError):
                async with asyncio.timeout(max(0.0, self._connect_by - perf_counter())):
                    secured = await TLSStream.wrap(
                        self._stream,
                        hostname=name,
                        ssl_context=ssl_context,
                        standard_compatible=False,
                    )
        except (*_GONE, EndOfStream) as error:
            await self._stream.aclose()
            raise httpcore.ConnectError(str(error)) from error
        except BaseException:
            await self._stream.aclose()
            raise
        return _AsyncStream(secured, self._line, self._connect_by)

    def get_extra_info(self, info: str) -> Any:
        known: Any = self._stream.extra_attributes
        if info == "is_readable":
            return _readable(known[SocketAttribute.raw_socket]())
        if info == "ssl_object" and TLSAttribute.ssl_object in known:
            return known[TLSAttribute.ssl_object]()
        return None

"""The network below httpx: httpcore's public backends, so that a deadline sits in the socket.

httpcore2, below httpx2, has the same ones, and never asks of which class they are.
"""

import asyncio
import ssl
from collections.abc import Iterable
from socket import socket
from time import perf_counter
from typing import Any, Protocol

import attrs
import httpcore
from anyio import BrokenResourceError, ClosedResourceError, EndOfStream
from anyio.abc import ByteStream, SocketAttribute, SocketStream
from anyio.streams.tls import TLSAttribute, TLSStream

from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.http import Head, Reader
from concurrent_fetch.model import Options
from concurrent_fetch.wire import Sockets, connect, has_news, tls_name

_GONE = (BrokenResourceError, ClosedResourceError)
"""What anyio says of a connection that has ended before its time."""


@attrs.frozen
class Library:
    """httpx and httpcore, or what continues them under other names."""

    name: str
    httpx: Any
    httpcore: Any


class Line(Protocol):
    """What sends one exchange at a time: a thread, or a place on the event loop."""

    library: Library
    exchange: Exchange  # the one being sent
    head: Head  # of the response that came last


class _Witness:
    """Sees, on one connection, when each exchange was sent, and reads its response.

    httpcore and h11 are told of it in the plainest form, so that they find nothing to judge.
    """

    def __init__(self, line: Line, *, is_secured: bool) -> None:
        self._line = line
        self.is_secured = is_secured
        self._served: Exchange | None = None
        self._answered: Exchange | None = None
        self._reader = Reader()
        self._is_framed = False

    @property
    def is_for_proxy(self) -> bool:
        """Whether all that is said as yet is part of opening a tunnel."""
        return not self.is_secured and self._line.exchange.target.scheme == "https"

    @property
    def is_in_step(self) -> bool:
        """Whether the connection can serve again."""
        return self._reader.is_whole and not self._reader.is_last

    def wrote(self) -> None:
        exchange = self._line.exchange
        if self._served is not exchange and not self.is_for_proxy:
            exchange.mark_sent(reused=self._served is not None)
            self._served = exchange

    def read(self, data: bytes) -> bytes:
        """Return what h11 is to read in the place of the data; nothing if more is needed."""
        if self._answered is not self._line.exchange:
            self._answered = self._line.exchange
            self._reader = Reader(
                opens_tunnel=self.is_for_proxy, to_head=self._answered.method == "HEAD"
            )
        reader = self._reader
        is_new = reader.head is None
        pieces = reader.feed(data)
        if reader.head is None:
            self.check()
            return b""
        told = [self._begin(reader.head)] if is_new else []
        is_framed = reader.size is None
        if pieces:
            size = sum(map(len, pieces))
            told += [b"%x\r\n" % size, *pieces, b"\r\n"] if is_framed else pieces
        if is_framed and reader.is_whole:
            told.append(b"0\r\n\r\n")
        if not told:
            self.check()
        return b"".join(told)

    def check(self) -> None:
        """Raise what is wrong with the response, if that has been found out."""
        if self._reader.refusal is not None:
            raise self._reader.refusal

    def _begin(self, head: Head) -> bytes:
        self._line.head = head
        size = self._reader.size
        framing = b"Transfer-Encoding: chunked" if size is None else b"Content-Length: %d" % size
        connection = b"Connection: close\r\n" if self._reader.is_last else b""
        return b"HTTP/1.1 200 \r\n%b\r\n%b\r\n" % (framing, connection)


class Network(httpcore.NetworkBackend):
    """Connections whose sockets keep the deadline of the fetch; other timeouts are ignored."""

    def __init__(self, sockets: Sockets, line: Line) -> None:
        self._sockets = sockets
        self._line = line
        self._core = line.library.httpcore

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: Seconds | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Return a connected stream."""
        with _mapped(self._core.ConnectTimeout, self._core.ConnectError):
            exchange = self._line.exchange
            to_proxy = exchange.proxy is not None
            for_tunnel = to_proxy and exchange.target.scheme == "https"
            sock = self._sockets.connect(host, port, to_proxy=to_proxy, for_tunnel=for_tunnel)
            return _Stream(sock, self._line)


class _Stream(httpcore.NetworkStream):
    def __init__(self, sock: socket, line: Line) -> None:
        self._socket = sock
        self._line = line
        self._core = line.library.httpcore
        self._witness = _Witness(line, is_secured=isinstance(sock, ssl.SSLSocket))

    def read(self, max_bytes: int, timeout: Seconds | None = None) -> bytes:
        while True:
            self._witness.check()
            with _mapped(self._core.ReadTimeout, self._core.ReadError):
                data = self._socket.recv(max_bytes)
            if (told := self._witness.read(data)) or not data:
                return told

    def write(self, buffer: bytes, timeout: Seconds | None = None) -> None:
        with _mapped(self._core.WriteTimeout, self._core.WriteError):
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
            with _mapped(self._core.ConnectTimeout, self._core.ConnectError):
                name = None if server_hostname is None else tls_name(server_hostname)
                secured = ssl_context.wrap_socket(self._socket, server_hostname=name)
        except BaseException:
            self.close()
            raise
        return _Stream(secured, self._line)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # asked of an idle connection: then it is closed
            return not self._witness.is_in_step or has_news(self._socket)
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


def _has_more(tls: ssl.SSLObject) -> bool:
    """Whether TLS holds what the socket does not show any more: data, or the end of them."""
    try:
        tls.read(1)
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:
        pass
    return True


class AsyncNetwork(httpcore.AsyncNetworkBackend):
    """The same on the event loop, by streams of anyio.

    Look-up, connection and TLS handshake share one `connect_timeout`.
    """

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line
        self._core = line.library.httpcore

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
        with _mapped(self._core.ConnectTimeout, self._core.ConnectError):
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
        self._core = line.library.httpcore
        self._connect_by = connect_by
        self._witness = _Witness(line, is_secured=isinstance(stream, TLSStream))
        self.aclose = stream.aclose  # type: ignore[method-assign]  # nothing to add

    async def read(self, max_bytes: int, timeout: Seconds | None = None) -> bytes:
        while True:
            self._witness.check()
            data = await self._receive(max_bytes)
            if (told := self._witness.read(data)) or not data:
                return told

    async def _receive(self, max_bytes: int) -> bytes:
        try:
            if self._witness.is_for_proxy:
                with _mapped(self._core.ConnectTimeout, self._core.ConnectError):
                    async with asyncio.timeout(max(0.0, self._connect_by - perf_counter())):
                        return await self._stream.receive(max_bytes)
            return await self._stream.receive(max_bytes)
        except EndOfStream:
            return b""
        except _GONE as error:
            raise self._core.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: Seconds | None = None) -> None:
        try:
            await self._stream.send(buffer)
        except _GONE as error:
            raise self._core.WriteError(str(error)) from error
        self._witness.wrote()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: Seconds | None = None,
    ) -> httpcore.AsyncNetworkStream:
        name = None if server_hostname is None else tls_name(server_hostname)
        try:
            with _mapped(self._core.ConnectTimeout, self._core.ConnectError):
                async with asyncio.timeout(max(0.0, self._connect_by - perf_counter())):
                    secured = await TLSStream.wrap(
                        self._stream,
                        hostname=name,
                        ssl_context=ssl_context,
                        standard_compatible=False,
                    )
        except (*_GONE, EndOfStream) as error:
            await self._stream.aclose()
            raise self._core.ConnectError(str(error)) from error
        except BaseException:
            await self._stream.aclose()
            raise
        return _AsyncStream(secured, self._line, self._connect_by)

    def get_extra_info(self, info: str) -> Any:
        known: Any = self._stream.extra_attributes
        if info == "is_readable":
            if not self._witness.is_in_step or has_news(known[SocketAttribute.raw_socket]()):
                return True
            return self._witness.is_secured and _has_more(known[TLSAttribute.ssl_object]())
        if info == "ssl_object" and TLSAttribute.ssl_object in known:
            return known[TLSAttribute.ssl_object]()
        return None

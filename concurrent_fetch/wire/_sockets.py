"""Blocking sockets that keep the deadline of a fetch and can be aborted from another thread.

A limit checked between chunks misses a server that drips; a timeout per read never adds up. So
the deadline sits in the socket: every read and write of it is bounded by what is left.
"""

import contextlib
import errno
import socket
import ssl
import threading
from functools import partial
from time import perf_counter
from typing import Any

from concurrent_fetch._units import Seconds
from concurrent_fetch.model import Options
from concurrent_fetch.wire._addresses import Address, allowed
from concurrent_fetch.wire._look_up import look_up_blocking
from concurrent_fetch.wire._racing import race_blocking

# poll() takes milliseconds as a C int: a longer wait overflows, or comes out as none at all.
_LONGEST_WAIT: Seconds = 1e6
_FEW = 64  # sockets, closed ones among them, that need no tidying


class Sockets:
    """The live sockets of one run."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._lock = threading.Lock()
        # No WeakSet: a Ctrl-C that comes while it forgets a socket would be swallowed.
        self._live: list[socket.socket] = []
        self._many = _FEW
        self._aborted = False

    def enter(self, deadline: Seconds) -> None:
        """Bind this thread's sockets to the deadline of a fetch until the next call."""
        if self._aborted:
            raise ConnectionAbortedError("the run was stopped")
        _here.sockets = self
        _here.deadline = deadline

    def connect(
        self, host: str, port: int, *, to_proxy: bool = False, for_tunnel: bool = False
    ) -> socket.socket:
        """Return a connected socket, to the first address that answers.

        Look-up, connection, the tunnel that a proxy opens and TLS handshake share one
        `connect_timeout`.

        Raises:
            OSError: the look-up failed, no address took the connection, or time is over.
            Refusal: no address is allowed.
        """
        addresses = self._addresses(host, port)
        if not (self._options.allow_private or to_proxy):
            addresses = allowed(addresses, host)
        if len(addresses) > 1:
            opened = partial(self._opened, for_tunnel=for_tunnel)
            winner = race_blocking(addresses, opened, self._time_left)
            winner.bound(_connect_time_left())
            return winner
        sock = self._opened(addresses[0], for_tunnel=for_tunnel)
        try:
            sock.bound(_connect_time_left())
            sock.connect(addresses[0].at)
        except BaseException:
            sock.close()
            raise
        return sock

    def check_target(self, host: str, port: int) -> None:
        """Look up what a proxy is asked for; raises `Refusal` unless all of it is public."""
        allowed(self._addresses(host, port), host, every=True)

    def _addresses(self, host: str, port: int) -> list[Address]:
        _here.connect_by = perf_counter() + self._options.connect_timeout
        return look_up_blocking(host, port, self._time_left)

    def _time_left(self) -> Seconds:
        if self._aborted:
            raise ConnectionAbortedError("the run was stopped")
        return _connect_time_left()

    def _opened(self, address: Address, *, for_tunnel: bool) -> "DeadlineSocket":
        sock = (_TunnelSocket if for_tunnel else DeadlineSocket)(address.family, socket.SOCK_STREAM)
        try:
            self.register(sock)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
        return sock

    def register(self, sock: socket.socket) -> None:
        """Note a socket before it blocks, so that `abort` can wake it."""
        with self._lock:
            if self._aborted:
                raise ConnectionAbortedError("the run was stopped")
            if len(self._live) >= self._many:
                self._live = [sock for sock in self._live if sock.fileno() >= 0]
                self._many = 2 * len(self._live) + _FEW
            self._live.append(sock)

    def abort(self) -> None:
        """Shut every live socket down: threads that wait on one wake up with an error."""
        with self._lock:
            self._aborted = True
            live, self._live = self._live, []
        for sock in live:
            # Not SSLSocket.shutdown: it would take the TLS state from under the reading thread.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Here(threading.local):
    """Whose fetch this thread is in: set by `Sockets.enter`, read by the sockets below it."""

    sockets: Sockets
    deadline: Seconds
    connect_by: Seconds


_here = _Here()


def _time_left() -> Seconds:
    left = _here.deadline - perf_counter()
    if left <= 0:
        raise TimeoutError("the deadline of the fetch is over")
    return left


def _connect_time_left() -> Seconds:
    left = min(_here.connect_by - perf_counter(), _time_left())
    if left <= 0:
        raise TimeoutError("connect_timeout is over")
    return left


class _Bounded(socket.socket):
    """Every wait is bounded by the deadline of the fetch; timeouts set by libraries are ignored."""

    def settimeout(self, value: float | None, /) -> None:
        pass

    def bound(self, seconds: Seconds) -> None:
        super().settimeout(min(seconds, _LONGEST_WAIT))

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        self.bound(_time_left())
        return super().recv(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.bound(_time_left())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.bound(_time_left())
        super().sendall(*args, **kwargs)


class DeadlineSocket(_Bounded):
    """A plain socket with a deadline."""


class _TunnelSocket(DeadlineSocket):
    """To a proxy that is to open a tunnel: until TLS begins all is part of connecting."""

    def bound(self, seconds: Seconds) -> None:
        super().bound(min(seconds, _connect_time_left()))


class DeadlineTLSSocket(_Bounded, ssl.SSLSocket):
    """A TLS socket with a deadline; the handshake counts as part of connecting."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            _here.sockets.register(self)
            self.bound(_connect_time_left())
            super().do_handshake(block)
        except BaseException:
            self.close()  # SSLSocket does so for an OSError, not for Ctrl-C
            raise

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002 - its name in ssl
        """Read; a reset is told from a connection that ends without a word of TLS.

        ssl calls both an end of data, or an `SSLEOFError`. An event loop can tell them apart.
        """
        self.suppress_ragged_eofs = False
        try:
            return super().read(len, buffer)
        except ssl.SSLEOFError as error:
            if error.reason:
                return b"" if buffer is None else 0
            raise ConnectionResetError(errno.ECONNRESET, "connection reset by peer") from error

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().sendall(*args, **kwargs)
        except ssl.SSLEOFError as error:
            # As a plain socket says it: then libraries still read what the server had to say, an
            # alert perhaps.
            raise BrokenPipeError(errno.EPIPE, str(error)) from error

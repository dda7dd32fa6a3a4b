"""Blocking sockets that keep the deadline of a fetch and can be aborted from another thread.

A limit checked between chunks misses a server that drips; a timeout per read never adds up. So
the deadline sits in the socket: every read and write of it is bounded by what is left.
"""

import contextlib
import errno
import socket
import ssl
import threading
from time import perf_counter
from typing import Any

from concurrent_fetch._units import Seconds
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.model import Options

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

    def enter(self, exchange: Exchange) -> None:
        """Bind this thread's sockets to the exchange's deadline until the next call."""
        if self._aborted:
            raise ConnectionAbortedError("the run was stopped")
        _here.sockets = self
        _here.deadline = exchange.deadline

    def connect(self, host: str, port: int) -> socket.socket:
        """Return a connected socket; its connection and TLS handshake obey `connect_timeout`."""
        _here.connect_by = perf_counter() + self._options.connect_timeout
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for left, (family, kind, protocol, _, address) in zip(
            range(len(addresses), 0, -1), addresses, strict=True
        ):
            sock = DeadlineSocket(family, kind, protocol)
            try:
                self.register(sock)
                # A dead address must leave time for the next one.
                sock.bound(_connect_time_left() / left)
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except BaseException as error:
                sock.close()
                if left == 1 or not isinstance(error, OSError) or self._aborted:
                    raise
            else:
                return sock
        raise socket.gaierror(f"{host} has no address")

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

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().sendall(*args, **kwargs)
        except ssl.SSLEOFError as error:
            # As a plain socket says it: then libraries still read what the server had to say, an
            # alert perhaps.
            raise BrokenPipeError(errno.EPIPE, str(error)) from error

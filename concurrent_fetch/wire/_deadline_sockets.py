"""Blocking sockets that keep the deadline of a fetch.

A limit checked between chunks misses a server that drips; a timeout per read never adds up. So
the deadline sits in the socket: every read and write of it is bounded by what is left. SO_RCVTIMEO
would not do: after each signal the kernel begins its time anew.
"""

import contextlib
import errno
import select
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from concurrent_fetch._units import Bytes, Seconds

# poll() takes milliseconds as a C int: a longer wait overflows, or comes out as none at all.
_LONGEST_WAIT: Seconds = 1e6
_PIECE: Bytes = 65536
_READ, _WRITE = 1, 4  # POLLIN and POLLOUT, which Windows does not have
_NOTHING_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
# PyPy has no words for an error of the system that OpenSSL tells of, and fails to say it.
_IS_PYPY = sys.implementation.name == "pypy"
_NO_WORDS = (RuntimeError,) if _IS_PYPY else ()
_RESET = "connection reset by peer"


class _Here(threading.local):
    """Whose fetch this thread is in: set by `Sockets.enter`, read by its sockets."""

    register: Callable[[socket.socket], None]
    deadline: Seconds
    connect_by: Seconds


here = _Here()


def time_left() -> Seconds:
    """Return how long this thread's fetch may still take; raises `TimeoutError` if it is over."""
    left = here.deadline - perf_counter()
    if left <= 0:
        raise TimeoutError("the deadline of the fetch is over")
    return left


def connect_time_left() -> Seconds:
    """Return the same of the connection that it opens."""
    left = min(here.connect_by - perf_counter(), time_left())
    if left <= 0:
        raise TimeoutError("connect_timeout is over")
    return left


class BoundedSocket(socket.socket):
    """Every wait is bounded by the deadline of the fetch; timeouts set by libraries are ignored."""

    def settimeout(self, value: float | None, /) -> None:
        pass

    def bound(self, seconds: Seconds) -> None:
        """Let waits take so long; 0: not wait."""
        super().settimeout(min(seconds, _LONGEST_WAIT))

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        self.bound(time_left())
        return super().recv(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.bound(time_left())
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.bound(time_left())
        return super().send(*args, **kwargs)

    # A plain one has this time for all; that of `ssl` calls `send` for each part, and not on PyPy.
    def sendall(self, data: Any, flags: int = 0) -> None:
        if _IS_PYPY:
            rest = memoryview(data)
            while rest:
                rest = rest[self.send(rest, flags) :]
            return
        self.bound(time_left())
        super().sendall(data, flags)

    # For who writes and reads in turns.

    def receive_now(self) -> bytes | None:
        """Return what has come, b"" for the end of the connection; None: nothing yet."""
        self.bound(0)
        try:
            return super().recv(_PIECE)
        except _NOTHING_YET:
            return None

    def send_now(self, data: bytes | memoryview) -> Bytes:
        """Send as much of it as goes without waiting; return how much that was."""
        self.bound(0)
        try:
            return super().send(data)
        except _NOTHING_YET:
            return 0

    def wait_for_either(self) -> None:
        """Wait until something has come, or more can be sent."""
        _ready(self, time_left(), _READ | _WRITE)
        time_left()

    @property
    def has_news(self) -> bool:
        """Whether something has come, or the connection has ended."""
        return has_news(self)


def has_news(sock: socket.socket) -> bool:
    """Whether something has come to a socket, or its connection has ended."""
    return sock.fileno() < 0 or _ready(sock, 0)


def _ready(sock: socket.socket, seconds: Seconds, events: int = _READ) -> bool:
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, events)
        return bool(poll.poll(min(seconds, _LONGEST_WAIT) * 1000))
    to_read, to_write = ([sock] if events & one else [] for one in (_READ, _WRITE))
    reads, writes, _ = select.select(to_read, to_write, [], seconds)
    return bool(reads or writes)


class DeadlineSocket(BoundedSocket):
    """A plain socket with a deadline."""

    # After each signal PyPy begins the time of a socket anew, and not that of poll().
    if _IS_PYPY:

        def recv(self, *args: Any, **kwargs: Any) -> bytes:
            self._wait(_READ)
            return super().recv(*args, **kwargs)

        def recv_into(self, *args: Any, **kwargs: Any) -> int:
            self._wait(_READ)
            return super().recv_into(*args, **kwargs)

        def send(self, *args: Any, **kwargs: Any) -> int:
            self._wait(_WRITE)
            return super().send(*args, **kwargs)

        def _wait(self, event: int) -> None:
            self.bound(time_left())
            _ready(self, self.gettimeout() or 0, event)


class _TunnelSocket(DeadlineSocket):
    """To a proxy that is to open a tunnel: until TLS begins all is part of connecting."""

    def bound(self, seconds: Seconds) -> None:
        super().bound(min(seconds, connect_time_left()))


class DeadlineTLSSocket(BoundedSocket, ssl.SSLSocket):
    """A TLS socket with a deadline; the handshake counts as part of connecting."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            here.register(self)
            self.bound(connect_time_left())
            super().do_handshake(block)
        except BaseException as error:
            self.close()  # SSLSocket does so for an OSError, not for Ctrl-C
            if isinstance(error, _NO_WORDS):
                raise ConnectionResetError(errno.ECONNRESET, _RESET) from error
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
            raise ConnectionResetError(errno.ECONNRESET, _RESET) from error
        except _NO_WORDS as error:
            raise ConnectionResetError(errno.ECONNRESET, _RESET) from error

    def send(self, *args: Any, **kwargs: Any) -> int:
        with _as_plain_sockets_say_it():
            return super().send(*args, **kwargs)

    def send_now(self, data: bytes | memoryview) -> Bytes:
        with _as_plain_sockets_say_it():
            return super().send_now(data)

    @property
    def has_news(self) -> bool:
        return super().has_news or self.pending() > 0


@contextlib.contextmanager
def _as_plain_sockets_say_it() -> Iterator[None]:
    """Say that the other side is gone as a plain socket does.

    Then libraries still read what the server had to say, an alert perhaps.
    """
    try:
        yield
    except (ssl.SSLEOFError, *_NO_WORDS) as error:
        raise BrokenPipeError(errno.EPIPE, str(error)) from error


def new_socket(family: int, *, for_tunnel: bool) -> DeadlineSocket:
    """Return a socket that is not connected yet."""
    kind = _TunnelSocket if for_tunnel else DeadlineSocket
    return kind(family, socket.SOCK_STREAM)

"""The blocking sockets of one run: how they are connected, and aborted from another thread."""

import contextlib
import socket
import threading
from functools import partial
from time import perf_counter

from concurrent_fetch._units import Seconds
from concurrent_fetch.model import Options
from concurrent_fetch.wire._addresses import Address, allowed
from concurrent_fetch.wire._deadline_sockets import (
    BoundedSocket,
    connect_time_left,
    here,
    new_socket,
)
from concurrent_fetch.wire._look_up import look_up_blocking
from concurrent_fetch.wire._racing import race_blocking

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
        here.register = self.register
        here.deadline = deadline

    def connect(
        self, host: str, port: int, *, to_proxy: bool = False, for_tunnel: bool = False
    ) -> BoundedSocket:
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
            winner.bound(connect_time_left())
            return winner
        sock = self._opened(addresses[0], for_tunnel=for_tunnel)
        try:
            sock.bound(connect_time_left())
            sock.connect(addresses[0].at)
        except BaseException:
            sock.close()
            raise
        return sock

    def check_target(self, host: str, port: int) -> None:
        """Look up what a proxy is asked for; raises `Refusal` unless all of it is public."""
        allowed(self._addresses(host, port), host, every=True)

    def _addresses(self, host: str, port: int) -> list[Address]:
        here.connect_by = perf_counter() + self._options.connect_timeout
        return look_up_blocking(host, port, self._time_left)

    def _time_left(self) -> Seconds:
        if self._aborted:
            raise ConnectionAbortedError("the run was stopped")
        return connect_time_left()

    def _opened(self, address: Address, *, for_tunnel: bool) -> BoundedSocket:
        sock = new_socket(address.family, for_tunnel=for_tunnel)
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

"""Servers for checks: one serves check after check, as long as each leaves it as it found it."""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import create_connection
from time import monotonic, sleep

from concurrent_fetch._units import Seconds
from concurrent_fetch.server import LocalServer

_PATIENCE: Seconds = 0.2  # a connection that was closed here is closed there a little later


class Servers:
    """Lends servers that count from zero; one that is given back as it was is lent again.

    Starting one takes as long as most checks. Those that are kept end with the interpreter.
    """

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._idle = deque[LocalServer]()

    @contextmanager
    def lent(self) -> Iterator[LocalServer]:
        """Yield a server that nobody else uses meanwhile."""
        server = self._taken() or LocalServer().start()
        try:
            yield server
        except BaseException:
            server.close()
            raise
        if _is_as_new(server):
            self._idle.append(server)
        else:
            server.close()

    def _taken(self) -> LocalServer | None:
        """Return an idle server that still answers."""
        if self._owner != os.getpid():  # a fork has its own: two cannot talk to one
            self._owner, self._idle = os.getpid(), deque()
        while self._idle:
            server = self._idle.pop()
            try:
                server.reset()
            except RuntimeError:
                server.close()
            else:
                return server
        return None


def _is_as_new(server: LocalServer) -> bool:
    """Whether it runs and nobody is connected any more."""
    limit = monotonic() + _PATIENCE
    with suppress(RuntimeError, OSError):
        _let_it_accept(server)
        while monotonic() < limit:
            if not server.stats().open_connections:
                return True
            sleep(0.002)
    return False


def _let_it_accept(server: LocalServer) -> None:
    """Wait until every connection that was made counts: they are accepted in turn, ours last."""
    with create_connection((server.host, server.port), timeout=_PATIENCE) as last:
        last.sendall(b"GET /bytes/0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        last.recv(1)

"""A connection in a thread: moves bytes; what they mean is `HTTP1Connection`'s affair."""

from concurrent_fetch._units import Bytes
from concurrent_fetch.clients._http1 import HTTP1Connection
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.wire import BoundedSocket

_PIECE: Bytes = 65536
_GONE = (BrokenPipeError, ConnectionResetError)
"""What writing may say of a server that has said before why it does not read on."""


class BlockingConnection:
    """Serves one exchange at a time, for one thread."""

    __slots__ = ("_http1", "_sock")

    def __init__(self, sock: BoundedSocket, http1: HTTP1Connection) -> None:
        self._sock = sock
        self._http1 = http1

    @property
    def is_free(self) -> bool:
        """Whether its last answer leaves it open for another one."""
        return self._http1.is_free

    @property
    def is_quiet(self) -> bool:
        """Whether the server has neither ended it since nor said what nobody asked for."""
        return not self._sock.has_news

    def fetch(self, exchange: Exchange) -> None:
        """Send one request and hand over its response."""
        http1 = self._http1
        try:
            self._sock.sendall(http1.ask(exchange))
            is_whole = http1.rest is not None and self._write_rest()
        except _GONE:
            is_whole = False
        finally:
            http1.mark_sent()
        receive, feed = self._sock.recv, http1.feed
        while not is_whole:
            is_whole = feed(receive(_PIECE))

    def close(self) -> None:
        """Close at once."""
        self._http1.is_free = False
        self._sock.close()

    def _write_rest(self) -> bool:
        """Write a long body; return whether the answer was whole before that."""
        if any(map(self._write, self._http1.pieces())):
            self._http1.is_free = False
            return True
        return False

    def _write(self, piece: memoryview) -> bool:
        """Write a piece, and read meanwhile what the server says; return whether that was all."""
        sock, at = self._sock, 0
        while at < len(piece):
            sent = sock.send_now(piece[at:])
            data = sock.receive_now()
            if data is not None and self._http1.feed(data):
                return True
            if data is None and not sent:
                sock.wait_for_either()
            at += sent
        return False

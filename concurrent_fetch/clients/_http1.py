"""One HTTP/1.1 connection as a client sees it. No socket, clock, wait, lock or event loop.

    http1 = HTTP1Connection(writer)           # one for each connection
    write(http1.ask(exchange))                # what comes is the answer to this
    http1.mark_sent()
    while not http1.feed(read()): pass        # b"" says that the connection has ended
    http1.is_free                             # whether it may serve again

What is done with what has come is the exchange's; what it raises ends the connection.
"""

from collections.abc import Callable

from concurrent_fetch._units import Bytes
from concurrent_fetch.clients._http1_requests import RequestWriter
from concurrent_fetch.fetch import Exchange
from concurrent_fetch.http import Reader

AT_ONCE: Bytes = 65536
"""Of a body that is sent: a longer one goes in pieces, since the answer may come before its end."""


class HTTP1Connection:
    """What is asked and what comes of it: the framing of answers, and when it can serve again."""

    __slots__ = ("_exchange", "_has_served", "_new_reader", "_reader", "_writer", "is_free", "rest")

    def __init__(self, writer: RequestWriter, new_reader: Callable[..., Reader] = Reader) -> None:
        self._writer = writer
        self._new_reader = new_reader
        self._exchange: Exchange
        self._reader: Reader
        self._has_served = False
        self.is_free: bool = True
        """Whether it can serve: both sides keep it open, and nothing came that nobody asked for."""
        self.rest: memoryview | None = None
        """What is still to be written of a long body."""

    def ask(self, exchange: Exchange) -> bytes:
        """Return what is to be written; of a long body the rest is in `rest`."""
        self._exchange = exchange
        self.is_free = False
        if exchange.method == "HEAD":
            self._reader = self._new_reader(to_head=True)
        else:
            self._reader = self._new_reader()
        head, content = self._writer.head_of(exchange), exchange.content
        if not content:
            return head
        if len(content) > AT_ONCE:
            self.rest = memoryview(content)
            return head
        return head + content

    def pieces(self) -> "list[memoryview]":
        """Return the rest of what is to be written, in pieces; then there is none left."""
        rest, self.rest = self.rest or memoryview(b""), None
        return [rest[start : start + AT_ONCE] for start in range(0, len(rest), AT_ONCE)]

    def mark_sent(self) -> None:
        """Say that the request was written just now, or as much of it as will be."""
        self._exchange.mark_sent(reused=self._has_served)
        self._has_served = True

    def feed(self, data: bytes) -> bool:
        """Take what has arrived, b"" for the end of the connection; return whether it is whole.

        Raises what the exchange raises, and a `Refusal` of what is no answer.
        """
        reader = self._reader
        is_new = reader.head is None
        pieces = reader.feed(data)
        exchange = self._exchange
        if is_new and reader.head is not None:
            exchange.take(reader.head)
        if pieces:
            exchange.receive(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        if reader.refusal is not None:
            raise reader.refusal
        if reader.is_whole:
            self.is_free = not reader.is_last
            return True
        return False

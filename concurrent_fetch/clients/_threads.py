"""What the blocking clients share: one line per thread, and sockets that can be aborted."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from concurrent_fetch.fetch import Exchange, Send
from concurrent_fetch.model import Options
from concurrent_fetch.wire import Sockets, tls_context


class ThreadLine(Protocol):
    """What one thread sends on; its sockets are made by `Sockets.connect`."""

    def fetch(self, exchange: Exchange) -> None:
        """Send one request and hand over its response."""
        ...

    def close(self) -> None:
        """Close the connections that are kept."""
        ...


@contextmanager
def line_per_thread(
    options: Options, make: Callable[[Options, Sockets], ThreadLine]
) -> Iterator[Send]:
    """Open a blocking client for one run; leaving it aborts what is in flight."""
    tls_context(options)  # an unusable bundle is the caller's mistake: say so at once
    sockets = Sockets(options)
    mine = threading.local()

    def send(exchange: Exchange) -> None:
        sockets.enter(exchange.deadline)
        if exchange.proxy is not None and not options.allow_private:
            sockets.check_target(exchange.target.host, exchange.target.port)
        line: ThreadLine | None = getattr(mine, "line", None)
        if line is None:
            line = mine.line = make(options, sockets)
            lines.callback(line.close)
        line.fetch(exchange)

    with ExitStack() as lines:  # closes them all, also when Ctrl-C comes amid that
        try:
            yield send
        finally:
            sockets.abort()

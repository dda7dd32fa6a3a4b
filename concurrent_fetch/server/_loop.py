"""The server's event loop: timers to a tenth of a millisecond, and room for many descriptors."""

import asyncio
import contextlib
import select
import selectors
import sys
from collections.abc import Callable

from concurrent_fetch._units import Seconds

new_loop: Callable[[], asyncio.AbstractEventLoop]

if sys.platform == "linux":

    class PreciseSelector(selectors.EpollSelector):
        """An epoll whose time-outs are exact and whose descriptors have no limit.

        epoll rounds its time-out up to whole milliseconds, select does not, but knows no
        descriptor above 1,023. An epoll is itself a descriptor that select can wait for.
        """

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            """Wait until something is ready or `timeout` seconds have passed."""
            if timeout is not None and timeout > 0 and self.fileno() < 1024:
                select.select((self.fileno(),), (), (), min(timeout, _LONGEST))
                timeout = 0
            return super().select(timeout)

    def new_loop() -> asyncio.AbstractEventLoop:
        """Return a new event loop with exact timers."""
        return asyncio.SelectorEventLoop(PreciseSelector())

else:
    new_loop = asyncio.SelectorEventLoop


_LONGEST: Seconds = 3600.0


def raise_descriptor_limit() -> None:
    """Allow this process as many open descriptors as the system lets it, where there is a limit."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - does not exist on Windows

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(ValueError, OSError):  # macOS: the hard limit may be a fiction
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

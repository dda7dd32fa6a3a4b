"""The idle connections of a urllib3 pool that one thread uses: a queue without a lock.

`queue.LifoQueue`, which urllib3 takes, enters its lock in Python code. Ctrl-C that comes there
leaves it locked, and whoever closes the pool then waits for ever.
"""

from collections import deque
from queue import Empty, Full
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool


class IdleConnections:
    """Last in, first out; what urllib3 uses of a queue, and it never waits."""

    def __init__(self, maxsize: int) -> None:
        self._items = deque[Any]()
        self._maxsize = maxsize

    def put(self, item: Any, block: bool = False, timeout: float | None = None) -> None:
        """Keep a connection, or the place of one."""
        if self.qsize() >= self._maxsize:
            raise Full
        self._items.append(item)

    def get(self, block: bool = False, timeout: float | None = None) -> Any:
        """Return the one kept last."""
        try:
            return self._items.pop()
        except IndexError:
            raise Empty from None

    def qsize(self) -> int:
        """How many are kept."""
        return len(self._items)


# Hook: a pool keeps its idle connections in a `QueueCls` of its own.


class _Pool(HTTPConnectionPool):
    QueueCls = IdleConnections  # type: ignore[assignment]  # urllib3 asks for no more


class _TLSPool(HTTPSConnectionPool):
    QueueCls = IdleConnections  # type: ignore[assignment]  # the same


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TLSPool}
"""What a `PoolManager` builds by scheme."""

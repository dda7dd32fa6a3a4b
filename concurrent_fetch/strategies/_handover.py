"""Outcomes on their way from the threads that fetch to the one that takes them.

To wake a thread costs more than to fetch: two cores then hand the GIL to and fro. So the one that
takes is woken as seldom as may be.
"""

from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from concurrent_fetch._units import Seconds

_Item = TypeVar("_Item")


class Handover(Generic[_Item]):
    """A queue for one that takes; it has no lock that Ctrl-C could leave taken.

    `at_once`: what arrives wakes the one that waits for it. Else only what is urgent does, and the
    rest is found when the wait is over.
    """

    def __init__(self, *, at_once: bool) -> None:
        self._at_once = at_once
        self._items = deque[_Item]()
        self._bell = SimpleQueue[None]()
        self._is_awaited = False

    def put(self, item: _Item, *, is_urgent: bool = False) -> None:
        """Add an item, in any thread."""
        self._items.append(item)
        if is_urgent or (self._at_once and self._is_awaited):
            self._is_awaited = False
            self._bell.put(None)

    def get(self, timeout: Seconds) -> _Item:
        """Return the item that was added first; wait for one so long.

        Raises:
            queue.Empty: there is none.
        """
        if not self._items:
            self._is_awaited = True
            if not self._items:  # nor has one come before that was said
                with suppress(Empty):
                    self._bell.get(timeout=timeout)
            if not self._items:
                raise Empty
        return self._items.popleft()

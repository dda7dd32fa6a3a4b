"""Who is served and who waits: at most `capacity` at once, first in, first out."""

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

Begin: TypeAlias = Callable[[], object]


class Slots:
    """The places in service; whoever waits for one is known by the call that begins its service.

    A place that falls free is handed over through `call_soon`, never by a direct call: a long
    queue of fast requests would otherwise become a deep recursion.
    """

    def __init__(self, capacity: int | None, call_soon: Callable[[Begin], object]) -> None:
        self._capacity = capacity
        self._call_soon = call_soon
        self._waiting: OrderedDict[Begin, None] = OrderedDict()
        self.used = 0
        self.peak = 0

    def enter(self, begin: Begin) -> bool:
        """Take a place and return True; if none is free, wait in line for `begin` to be called."""
        if self._capacity is not None and self.used >= self._capacity:
            self._waiting[begin] = None
            return False
        self.used += 1
        self.peak = max(self.peak, self.used)
        return True

    def leave(self, begin: Begin) -> None:
        """Give back the place, or the place in line; the next in line gets what falls free."""
        if begin in self._waiting:
            del self._waiting[begin]
        elif self._waiting:
            self._call_soon(self._waiting.popitem(last=False)[0])
        else:
            self.used -= 1

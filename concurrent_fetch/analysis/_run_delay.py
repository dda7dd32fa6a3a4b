"""Run delay: how long threads were ready to run and waited for a core."""

from collections.abc import Collection
from time import perf_counter

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._demand import queued_threads
from concurrent_fetch.analysis._family import family

_REST = 25
"""Looking takes at most one part in so many of the time."""


class RunDelay:
    """That of the threads of this process and of the processes that it has started.

    Threads that end in between are counted up to the last look. Who looks is left out: it sleeps
    often, and so it waits often. Of what is `apart`, processes and threads, nothing counts either.
    `root` serves tests.
    """

    def __init__(
        self, without: int | None = None, apart: Collection[int] = (), root: str = "/proc"
    ) -> None:
        self._root, self._apart = root, frozenset(apart)
        self._without = {str(thread) for thread in (without, *apart)}
        self._first = self._all()
        self._last = dict(self._first)
        self._next: Seconds = 0.0

    def look(self) -> None:
        """Look at the threads of this process, unless that was just done."""
        begun = perf_counter()
        if begun >= self._next:
            self._last |= queued_threads("self", self._root)
            now = perf_counter()
            self._next = now + _REST * (now - begun)

    def total(self) -> Seconds | None:
        """Return what there has been since the start; None where the system tells none."""
        self._last |= self._all()
        waited = {
            thread: queued - self._first.get(thread, 0.0)
            for thread, queued in self._last.items()
            if thread not in self._without
        }
        return sum(waited.values()) if waited else None

    def _all(self) -> dict[str, Seconds]:
        found = queued_threads("self", self._root)
        for pid in set(family(self._root)) - self._apart:
            found |= queued_threads(str(pid), self._root)
        return found

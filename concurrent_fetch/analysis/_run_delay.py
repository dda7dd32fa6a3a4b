"""Run delay: how long threads were ready to run and waited for a core, as Linux counts it.

Source: `/proc/<pid>/task/<tid>/schedstat`, Documentation/scheduler/sched-stats.rst of Linux.
"""

from time import perf_counter

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._family import content, family, tasks

_REST = 25
"""Looking takes at most one part in so many of the time."""


class RunDelay:
    """That of the threads of this process and of the processes that it has started.

    Threads that end in between are counted up to the last look. Who looks is left out: it sleeps
    often, and so it waits often. `root` serves tests.
    """

    def __init__(self, without: int | None = None, root: str = "/proc") -> None:
        self._root, self._without = root, str(without)
        self._first = self._all()
        self._last = dict(self._first)
        self._next: Seconds = 0.0

    def look(self) -> None:
        """Look at the threads of this process, unless that was just done."""
        begun = perf_counter()
        if begun >= self._next:
            self._last |= self._of("self")
            now = perf_counter()
            self._next = now + _REST * (now - begun)

    def total(self) -> Seconds | None:
        """Return what there has been since the start; None where the system tells none."""
        self._last |= self._all()
        waited = (ns - self._first.get(thread, 0) for thread, ns in self._last.items())
        return sum(waited) / 1e9 if self._last else None

    def _all(self) -> dict[str, int]:
        found = self._of("self")
        for pid in family(self._root):
            found |= self._of(str(pid))
        return found

    def _of(self, process: str) -> dict[str, int]:
        """Return the delays so far, in nanoseconds, by thread."""
        threads = (thread for thread in tasks(process, self._root) if thread != self._without)
        told = {t: content(f"{self._root}/{process}/task/{t}/schedstat").split() for t in threads}
        return {thread: int(words[1]) for thread, words in told.items() if len(words) > 1}

"""Demand: the CPU time that the process took, or would have taken had a core been free.

Who waits for an answer takes none and wants none; who is only kept from running wants it. Linux
tells for each thread how long it has stood in the queue for a core, up to when it last got one
(`/proc/PID/task/TID/schedstat`). Elsewhere that is unknown, and the demand is what was taken.
"""

from collections.abc import Callable, Mapping
from time import process_time

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis._family import content, tasks

_NANO = 1e-9


def queued_threads(process: str = "self", root: str = "/proc") -> dict[str, Seconds]:
    """Return how long each thread of a process has stood in the queue; empty if none tells."""
    threads = tasks(process, root)
    told = {t: content(f"{root}/{process}/task/{t}/schedstat").split() for t in threads}
    return {thread: int(words[1]) * _NANO for thread, words in told.items() if len(words) > 1}


class Demand:
    """What the process has wanted since this was made."""

    def __init__(
        self,
        cpu_clock: Callable[[], Seconds] = process_time,
        queued: Callable[[], Mapping[str, Seconds]] = queued_threads,
    ) -> None:
        self._cpu_clock, self._queued = cpu_clock, queued
        self._cpu, self._first = cpu_clock(), dict(queued())
        self._last = dict(self._first)

    def look(self) -> None:
        """Note how long the threads have been queued: what has ended tells no more."""
        self._last |= self._queued()

    def total(self) -> Seconds:
        """Return the CPU time since then, and the time in the queue up to the last look."""
        waits = (time - self._first.get(thread, 0.0) for thread, time in self._last.items())
        return self._cpu_clock() - self._cpu + sum(waits)

"""Makespan: how long jobs take on a number of slots when each free slot takes the next one.

It is the best that a strategy with so many fetches in flight can do without choosing an order:
list scheduling, at most twice the optimum. Source: Graham, "Bounds for certain multiprocessing
anomalies" (1966).
"""

import heapq
from collections.abc import Sequence

from concurrent_fetch._units import Seconds


def makespan(durations: Sequence[Seconds], slots: int) -> Seconds:
    """Return when the last job is over, taken in the order given by whichever slot is free first.

    One slot: their sum. As many slots as jobs: the longest. Raises `ValueError` for less than one
    slot, or for a duration below 0.

    >>> makespan([3.0, 1.0, 1.0, 1.0], slots=2)
    3.0
    """
    if slots < 1:
        raise ValueError(f"slots must be at least 1, got {slots!r}")
    if any(not duration >= 0 for duration in durations):
        raise ValueError("a duration must be at least 0 s")
    free = [0.0] * min(slots, len(durations))
    for duration in durations:
        heapq.heapreplace(free, free[0] + duration)
    return max(free, default=0.0)

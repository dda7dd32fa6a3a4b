"""Workers that hang: stopped, or in C code that never returns."""

import math
from time import perf_counter

from concurrent_fetch._units import Seconds
from concurrent_fetch.strategies._workers import Worker

_TICK: Seconds = 0.1
LATE: Seconds = 2.0
"""So long after the deadline of a run a worker that says nothing is given up."""


class Deadline:
    """When a run ends, if it does, and which workers say nothing behind that."""

    def __init__(self, deadline: Seconds | None) -> None:
        self.after = deadline
        """So long it may take."""
        self.at: Seconds | None = None
        """When it comes; it is not known before the run has begun."""
        self.tick: Seconds = 1.0 if deadline is None else _TICK
        """How often it is to be looked."""

    def begin(self) -> None:
        if self.after is not None:
            self.at = perf_counter() + self.after

    def overdue(self, workers: list[Worker]) -> list[Worker]:
        """Return those that are not waited for any longer."""
        if self.after is None:
            return []
        latest = perf_counter() - LATE
        return [one for one in workers if self._limit(one) < latest]

    def _limit(self, worker: Worker) -> Seconds:
        """Return until when it is to say something."""
        if self.at is None:  # one that has yet to import what it needs may take its time
            is_late = worker.has_served and not worker.is_begun
            return worker.heard + (self.after or 0.0) if is_late else math.inf
        return max(self.at, worker.heard) if worker.held or not worker.is_begun else math.inf

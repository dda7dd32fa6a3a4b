"""What is kept of executors from one run to the next, while anybody wants that."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeAlias

from concurrent_fetch._python import WORKERS_TIME
from concurrent_fetch._units import Seconds

Given: TypeAlias = Executor | Callable[[], Executor]
"""An executor, or what makes one."""


class _Kept:
    """What is kept of one that was given."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.wanted = 0
        self.free: list[Executor] = []
        self.cpu: Seconds = 0.0


class KeptExecutors:
    """The executors that factories made, and what the workers of any have used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: list[_Kept] = []

    def want(self, given: Given) -> None:
        with self._lock:
            kept = self._of(given)
            if kept is None:
                kept = _Kept(given)
                self._all.append(kept)
            kept.wanted += 1

    def leave(self, given: Given) -> list[Executor]:
        """Say that one wants it no longer; return what is to be ended, as nobody does."""
        with self._lock:
            kept = self._of(given)
            if kept is None:
                return []
            kept.wanted -= 1
            if kept.wanted:
                return []
            self._all.remove(kept)
            return kept.free

    def take(self, given: Given) -> Executor | None:
        """Return one that a factory has made and no run uses."""
        with self._lock:
            kept = self._of(given)
            return kept.free.pop() if kept is not None and kept.free else None

    def give(self, given: Given, executor: Executor) -> bool:
        """Give it back after a run; return whether it is kept."""
        with self._lock:
            kept = self._of(given)
            if kept is None:
                return False
            kept.free.append(executor)
            return True

    def used(self, given: Given, cpu: Seconds) -> None:
        """Count CPU time of its workers."""
        WORKERS_TIME.add(cpu)
        with self._lock:
            kept = self._of(given)
            if kept is not None:
                kept.cpu += cpu

    def cpu(self, given: Given) -> Seconds:
        """CPU time that its workers have used so far, since it is kept."""
        with self._lock:
            kept = self._of(given)
            return 0.0 if kept is None else kept.cpu

    def _of(self, given: Given) -> _Kept | None:
        return next((kept for kept in self._all if kept.given is given), None)


KEPT_EXECUTORS = KeptExecutors()

"""Patience: when to wait no longer for what an executor was given.

How long a batch takes nobody knows: there may be work, and an executor may be busy with what others
gave it. So it is no time that ends a run, unless the user has set one, but that nothing can come.
"""

import math
from concurrent.futures import Executor
from time import perf_counter

from concurrent_fetch._units import Seconds
from concurrent_fetch.strategies._executor_kinds import is_closed, workers_there
from concurrent_fetch.strategies._flight import GivenUp, OutOfTime

_LATE: Seconds = 2.0
"""So long after the deadline what is out is given up."""
_BETWEEN_LOOKS: Seconds = 5.0
_WITHOUT_WORKERS: Seconds = 300.0


class Patience:
    """How long flights are waited for."""

    def __init__(self, deadline: Seconds | None) -> None:
        self.ends_at = math.inf if deadline is None else perf_counter() + deadline
        """The deadline of the run."""
        self._deadline = deadline
        self._next_look = -math.inf
        self._had_workers = False  # else some may still come
        self._none_since = math.inf

    def begin(self) -> None:
        """Begin once more: something came."""
        self._had_workers = True
        self._none_since = math.inf
        self._next_look = perf_counter() + _BETWEEN_LOOKS

    @property
    def is_over(self) -> bool:
        """Whether the deadline of the run has come."""
        return perf_counter() >= self.ends_at

    @property
    def out_of_time(self) -> OutOfTime:
        """What is said of what the deadline came before."""
        return OutOfTime(self._deadline or 0.0)

    def check(self, executor: Executor) -> None:
        """Give up what will never come.

        Raises:
            GivenUp: with the reason.
        """
        now = perf_counter()
        if now > self.ends_at + _LATE:
            raise self.out_of_time
        if is_closed(executor):
            raise GivenUp("the executor has lost its scheduler")
        if now >= self._next_look:
            self._next_look = now + _BETWEEN_LOOKS
            self._look(executor, now)

    def _look(self, executor: Executor, now: Seconds) -> None:
        there = workers_there(executor)
        if there != 0:
            self._had_workers |= there is not None
            self._none_since = math.inf
        elif self._had_workers:
            self._none_since = min(self._none_since, now)
        if now > self._none_since + _WITHOUT_WORKERS:
            minutes = f"{_WITHOUT_WORKERS / 60:g} minutes"
            raise GivenUp(f"the executor has had no workers for {minutes}")

"""The workers of an executor are started, and import what they need, before anything is timed."""

import os
from concurrent.futures import wait
from time import monotonic

from concurrent_fetch._units import Seconds
from concurrent_fetch.strategies._batch_worker import Task, warm
from concurrent_fetch.strategies._executor_kinds import is_death
from concurrent_fetch.strategies._kept_executors import KEPT_EXECUTORS, Given
from concurrent_fetch.strategies._lease import UNTIL_STARTED, Lease

_NO_OTHER: Seconds = 3.0


class WarmWorkers:
    """The workers of an executor that are there already, for the calls within a `with`."""

    def __init__(self, executor: Given) -> None:
        self._executor = executor

    def cpu(self) -> Seconds:
        """CPU time that they have used for such calls so far, in seconds."""
        return KEPT_EXECUTORS.cpu(self._executor)


def warm_up(lease: Lease, task: Task | bytes, count: int) -> None:
    """Call each of so many workers, as far as that can be done.

    Which of them takes a call is the executor's affair. So there are calls until so many have
    answered, or no other one has for a while.

    Raises:
        BrokenExecutor: the workers die.
    """
    seen = set[str]()
    until = monotonic() + UNTIL_STARTED
    while len(seen) < count and monotonic() < until:
        found = _called(lease, task, count, until)
        if not found <= seen:
            seen |= found
            until = monotonic() + _NO_OTHER


def _called(lease: Lease, task: Task | bytes, count: int, until: Seconds) -> set[str]:
    """Return which workers took so many calls, of those that are over until then."""
    name = os.urandom(8).hex()
    calls = [lease.submit(warm, task, f"{name}-{number}") for number in range(count)]
    done, late = wait(calls, max(0.0, until - monotonic()))
    for call in late:
        call.cancel()
    try:
        return {call.result() for call in done}
    except Exception as error:
        if not is_death(error):
            raise
        lease.check_lives()
        return set()

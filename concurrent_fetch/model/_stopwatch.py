"""Stopwatch: turns the outcomes of a strategy into its `Run`."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from time import perf_counter, process_time
from typing import Protocol

from concurrent_fetch._units import Seconds
from concurrent_fetch.model._options import Options
from concurrent_fetch.model._outcome import Outcome
from concurrent_fetch.model._run import Run


class Waited(Protocol):
    """What knows whether hosts had to be waited for: the feed of the run."""

    @property
    def waited_for_hosts(self) -> Seconds:
        """Seconds times idle places."""
        ...

    @property
    def skipped(self) -> int:
        """How many URLs the journal had already."""
        ...

    @property
    def advice(self) -> str:
        """What would help."""
        ...


class Stopwatch:
    """Starts when made; turns the outcomes of a strategy into its `Run`."""

    def __init__(self, strategy: str, options: Options) -> None:
        self._strategy = strategy
        self._options = options
        self._started_at = datetime.now(UTC)
        self._start = perf_counter(), process_time()

    def run(
        self,
        outcomes: Iterable[Outcome],
        waited: Waited | None = None,
        elsewhere: Callable[[], Seconds] = lambda: 0.0,
    ) -> Run:
        """Collect the outcomes, then stop; `elsewhere` is CPU time that other processes used."""
        collected = list(outcomes)
        elapsed, cpu = perf_counter() - self._start[0], process_time() - self._start[1]
        cpu += elsewhere()
        return Run(
            outcomes=tuple(sorted(collected, key=lambda outcome: outcome.index)),
            strategy=self._strategy,
            options=self._options,
            started_at=self._started_at,
            elapsed=elapsed,
            cpu=cpu,
            waited_for_hosts=waited.waited_for_hosts if waited else 0.0,
            advice=waited.advice if waited else "",
            skipped=waited.skipped if waited else 0,
        )

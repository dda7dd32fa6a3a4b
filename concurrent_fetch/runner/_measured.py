"""Measured: a run, what it brought, and what the clocks say beside it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Probe, Record, Witnessed, columns_of
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.model import Options, Row, Run
from concurrent_fetch.runner._rows import Rows


def options_of_runs(options: Options) -> Options:
    """Return the options of every run of a comparison, so that none tells which run it is."""
    return attrs.evolve(options, keep_bodies=False, digest=True)


@attrs.frozen(kw_only=True)
class Measured:
    """What a run brought, and what the clock and the outcomes say beside it."""

    strategy: str
    options: Options
    started_at: datetime
    rows: Rows
    elapsed: Seconds
    cpu: Seconds
    """Of this process, and of workers."""
    cpu_of_workers: Seconds = 0.0
    begun: Seconds
    """When the strategy was called, on the Runner's clock."""
    outside: int
    """Outcomes whose times lie outside the run: saved ones, say, that no fetch brought now."""
    by_hand: bool = False
    """Whether the Runner's clock is turned by hand, so that times of outcomes tell nothing."""
    worked: int | None
    """How often the work on a response was done; None where there was none to do."""
    working: Seconds
    """The times of the work added up, on `time.perf_counter`."""
    waited_for_hosts: Seconds = 0.0
    """As the strategy's own `Run` says; 0 where it returned none."""
    advice: str = ""
    clock_error: Seconds | None = None
    """How far the times of its outcomes may be off at most, as its own `Run` says."""
    probe: Probe | None = None
    """What was seen in another interpreter, if the run was watched there."""
    elapsed_outside: Seconds | None = None
    """How long the call took, seen from here, of a strategy in another interpreter."""
    changed: tuple[str, ...] = ()
    """Settings of the process, its thread and loop that it left changed, and that were put back."""
    tasks: int = 0
    """How many it left on its event loop that were cancelled."""

    def record(
        self, number: int | None, witnessed: Witnessed | None, intern: Callable[[Any], Any]
    ) -> Record:
        """Return the record of the run, which is of that round; None for an untimed one."""
        return Record(
            strategy=self.strategy,
            round=number,
            options=self.options,
            started_at=self.started_at,
            begun=self.begun,
            elapsed=self.elapsed,
            cpu=self.cpu,
            cpu_of_workers=self.cpu_of_workers,
            elapsed_outside=self.elapsed_outside,
            outside=self.outside,
            worked=self.worked,
            working=self.working,
            unread=self.rows.unread,
            ordered=self.rows.ordered,
            witnessed=witnessed,
            columns=columns_of(self.rows.results, intern),
        )

    def run(self) -> Run:
        """Return the run.

        Raises:
            StrategyError: it brought values that are no outcomes.
        """
        outcomes = [one for one in self.rows.results if not isinstance(one, Row)]
        if len(outcomes) < len(self.rows.results):
            raise StrategyError(Record.no_run(self.strategy))
        return Run(
            outcomes=tuple(outcomes),
            strategy=self.strategy,
            options=self.options,
            started_at=self.started_at,
            elapsed=self.elapsed,
            cpu=self.cpu,
            waited_for_hosts=self.waited_for_hosts,
            advice=self.advice,
            clock_error=self.clock_error,
        )

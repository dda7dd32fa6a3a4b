"""Meter: runs one strategy over the URL set, with the clocks around just that."""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import NamedTuple

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import Probes, Record
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.feed import CountedWork
from concurrent_fetch.fetch import in_words
from concurrent_fetch.http import redact_message
from concurrent_fetch.model import Options, Outcome, Row, Run
from concurrent_fetch.runner._bridge import Bridge, Driven
from concurrent_fetch.runner._garbage import collect
from concurrent_fetch.runner._matching import are_outcomes, in_url_order
from concurrent_fetch.runner._rows import Rows, rows_of
from concurrent_fetch.strategies import (
    AnyStrategy,
    Each,
    effective_options,
    function_of,
    load_client,
    under,
)
from concurrent_fetch.words import told


class Measured(NamedTuple):
    """What a run brought, and what the clock and the outcomes say beside it."""

    strategy: str
    options: Options
    started_at: datetime
    rows: Rows
    elapsed: Seconds
    cpu: Seconds
    begun: Seconds
    """When the strategy was called, on the Runner's clock."""
    outside: int
    """Outcomes whose times lie outside the run: saved ones, say, that no fetch brought now."""
    worked: int | None
    """How often the work on a response was done; None where there was none to do."""
    working: Seconds
    """The times of the work added up, on `time.perf_counter`."""
    waited_for_hosts: Seconds = 0.0
    """As the strategy's own `Run` says; 0 where it returned none."""
    advice: str = ""

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
        )


class Meter:
    """Measures strategies on one URL set."""

    def __init__(self, urls: Sequence[str], bridge: Bridge) -> None:
        self._urls = urls
        self._bridge = bridge

    def measure(
        self, name: str, strategy: AnyStrategy, options: Options, probes: Probes | None = None
    ) -> Measured:
        """Run a strategy once, watched by `probes` if given; what it says of its time is ignored.

        The times of its outcomes are held against the clock if that is `time.perf_counter`, on
        which they are to be. Any other clock may have nothing to do with them, and so outcomes
        made by hand serve under a clock that is turned by hand: nothing is `outside` then.

        Raises:
            StrategyError: it raised, did not answer once for every URL, or gave an outcome that
                breaks a rule of its fields.
        """
        # Telling progress is kept off the clock, and the work counted.
        whole = attrs.evolve(effective_options(strategy, options), progress=False)
        work = None if whole.work is None else CountedWork(whole.work)
        strategy, options = under(strategy, options, progress=False, work=work)
        try:
            load_client(strategy)
            collect()  # its own garbage is a strategy's cost, that of the one before is not
            started_at = datetime.now(UTC)
            driven = self._drive(strategy, options, probes)
        except Exception as error:
            what = told(redact_message(_in_words(error), None, whole.secret_params))
            raise StrategyError(f"strategy {name!r} raised {what}") from error
        try:
            found = driven.returned
            rows = self._rows(strategy, found, whole)
        except ValueError as error:
            raise StrategyError(f"strategy {name!r} {error}") from None
        on_its_clock = self._bridge.clocks.wall is perf_counter
        return Measured(
            strategy=name,
            options=whole,
            started_at=started_at,
            rows=rows,
            elapsed=driven.finished - driven.started,
            cpu=driven.cpu,
            begun=driven.started,
            outside=_outside(rows.results, driven) if on_its_clock else 0,
            worked=None if work is None else work.done,
            working=0.0 if work is None else work.seconds,
            waited_for_hosts=found.waited_for_hosts if isinstance(found, Run) else 0.0,
            advice=found.advice if isinstance(found, Run) else "",
        )

    def _rows(self, strategy: AnyStrategy, returned: object, options: Options) -> Rows:
        """Match what came back to the URLs; nothing of that is on a clock."""
        also = options.secret_params
        if are_outcomes(returned):
            return Rows(list(in_url_order(returned, self._urls, also)), ordered=True)
        in_order = isinstance(function_of(strategy), Each)
        return rows_of(returned, self._urls, also, digest=options.digest, in_order=in_order)

    def _drive(self, strategy: AnyStrategy, options: Options, probes: Probes | None) -> Driven:
        urls = list(self._urls)
        if probes is None:
            return self._bridge.drive(strategy, urls, options)
        with probes:
            return self._bridge.drive(strategy, urls, options, probes.on_loop)


def _in_words(error: BaseException) -> str:
    """Return what was raised; of a group also its first member, of a known mistake the cure."""
    told = in_words(error)
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
        told = f"{told}: {in_words(error)}"
    if isinstance(error, RuntimeError) and "asyncio.run() cannot be called from" in told:
        told += "; pass the async function itself: compare(main)"
    return told


def _outside(results: Sequence[Outcome | Row], driven: Driven) -> int:
    timings = [one.timing for one in results if not isinstance(one, Row)]
    return sum(t.started < driven.started or t.finished > driven.finished for t in timings)

"""Meter: runs one strategy over the URL set, with the clocks around just that."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from time import process_time
from typing import Any

import attrs

from concurrent_fetch._python import WORKERS_TIME
from concurrent_fetch._units import Seconds
from concurrent_fetch.analysis import ChildrenTime, Probes
from concurrent_fetch.errors import StrategyError
from concurrent_fetch.feed import CountedWork
from concurrent_fetch.fetch import in_words
from concurrent_fetch.http import redact_message
from concurrent_fetch.model import Options, Outcome, Row, Run
from concurrent_fetch.runner._bridge import Bridge, Driven, Span
from concurrent_fetch.runner._elsewhere import Elsewhere, ElsewhereError, elsewhere_in
from concurrent_fetch.runner._garbage import collect
from concurrent_fetch.runner._gil import watching_imports
from concurrent_fetch.runner._matching import are_outcomes, in_url_order
from concurrent_fetch.runner._measured import Measured
from concurrent_fetch.runner._ready import Ready
from concurrent_fetch.runner._rows import Rows, rows_of
from concurrent_fetch.runner._settings_kept import SettingsKept
from concurrent_fetch.strategies import (
    AnyStrategy,
    effective_options,
    innermost,
    load_client,
    under,
)
from concurrent_fetch.words import told


class Meter:
    """Measures strategies on one URL set."""

    def __init__(
        self,
        urls: Sequence[str],
        bridge: Bridge,
        ready: Ready | None = None,
        looking: AbstractContextManager[object] | None = None,
    ) -> None:
        self._urls = urls
        self._bridge = bridge
        self._ready = ready
        self._looking = nullcontext() if looking is None else looking
        # A clock that is given for that of the process tells of its children, or not.
        self._children = ChildrenTime() if bridge.clocks.cpu is process_time else None
        self.culprits: list[str] = []
        """The modules that turned the GIL on again, as clients were imported."""

    def measure(
        self, name: str, strategy: AnyStrategy, options: Options, probes: Probes | None = None
    ) -> Measured:
        """Run a strategy once, watched by `probes` if given; what it says of its time is ignored.

        The times of its outcomes are held against `time.perf_counter`, on which they are to be,
        whatever the clock of the Runner is; but for one that is turned by hand, under which
        outcomes made by hand serve: nothing is `outside` then.

        Raises:
            StrategyError: it raised, did not answer once for every URL, or gave an outcome that
                breaks a rule of its fields; or its `ready` does not tell what workers have used.
        """
        # Telling progress is kept off the clock, and the work counted.
        whole = attrs.evolve(effective_options(strategy, options), progress=False)
        if away := elsewhere_in(strategy):
            return self._measure_there(name, away, innermost(strategy)[1], whole, probes)
        work = None if whole.work is None else CountedWork(whole.work)
        strategy, options = under(strategy, options, progress=False, work=work)
        before = self._clocks_of_workers(name)
        try:
            with watching_imports(self.culprits):
                load_client(strategy)
            collect()  # its own garbage is a strategy's cost, that of the one before is not
            started_at = datetime.now(UTC)
            with self._looking:
                driven, changed = self._drive(strategy, options, probes)
        except Exception as error:
            what = told(redact_message(_in_words(error), None, whole.secret_params))
            raise StrategyError(f"strategy {name!r} raised {what}") from error
        of_workers = self._used_by_workers(name, *before)
        try:
            found = driven.given
            rows = self._rows(strategy, driven.returned, whole)
        except ValueError as error:
            raise StrategyError(f"strategy {name!r} {error}") from None
        return Measured(
            strategy=name,
            options=whole,
            started_at=started_at,
            rows=rows,
            elapsed=driven.finished - driven.started,
            cpu=max(0.0, driven.cpu) + of_workers,  # clocks of threads are ahead by a tick
            cpu_of_workers=of_workers,
            begun=driven.started,
            outside=_outside(rows.results, driven.span),
            by_hand=driven.span is None,
            worked=None if work is None else work.done,
            working=0.0 if work is None else work.seconds,
            waited_for_hosts=found.waited_for_hosts if isinstance(found, Run) else 0.0,
            advice=found.advice if isinstance(found, Run) else "",
            clock_error=found.clock_error if isinstance(found, Run) else None,
            changed=changed,
            tasks=driven.tasks,
        )

    def _measure_there(
        self,
        name: str,
        away: Elsewhere,
        keywords: Mapping[str, Any],
        options: Options,
        probes: Probes | None,
    ) -> Measured:
        """Let another interpreter measure, with the clocks and probes in there."""
        try:
            with self._looking:
                measured = away.measure(
                    list(self._urls), options, watched=probes is not None, **keywords
                )
        except ElsewhereError as error:
            raise error.called(name) from None
        except TypeError as error:  # what cannot cross
            what = told(redact_message(in_words(error), None, options.secret_params))
            raise StrategyError(f"strategy {name!r} raised {what}") from error
        if probes is not None and measured.probe is not None:
            probes.take(measured.probe)
        return attrs.evolve(measured, strategy=name)

    def _clocks_of_workers(self, name: str) -> tuple[Seconds, Seconds]:
        """Read the clocks of workers: those that `ready` keeps, and all of our own; of children."""
        if self._children is not None:
            self._children.before()
        return self._ready.cpu(name) if self._ready else 0.0, WORKERS_TIME.read()

    def _used_by_workers(self, name: str, kept: Seconds, all_of_ours: Seconds) -> Seconds:
        """Return what workers have used since: a worker that several clocks know counts once."""
        by_children = self._children.used() if self._children else 0.0
        by_ready = self._ready.used(name, kept) if self._ready else 0.0
        return max(by_ready, WORKERS_TIME.read() - all_of_ours, by_children)

    def _rows(self, strategy: AnyStrategy, returned: object, options: Options) -> Rows:
        """Match what came back to the URLs; nothing of that is on a clock."""
        also = options.secret_params
        if are_outcomes(returned):
            return Rows(list(in_url_order(returned, self._urls, also)), ordered=True)
        in_order = getattr(innermost(strategy)[0], "keeps_order", False)
        return rows_of(returned, self._urls, also, digest=options.digest, in_order=in_order)

    def _drive(
        self, strategy: AnyStrategy, options: Options, probes: Probes | None
    ) -> tuple[Driven, tuple[str, ...]]:
        """Run it; return also which settings it had changed, and are put back."""
        urls, kept = list(self._urls), SettingsKept()
        try:
            try:
                if probes is None:
                    driven = self._bridge.drive(strategy, urls, options)
                else:
                    with probes:
                        driven = self._bridge.drive(strategy, urls, options, probes.on_loop)
            finally:
                changed = kept.put_back()
        finally:
            kept.put_back()  # Ctrl-C may have come just before
        return driven, tuple(dict.fromkeys(changed + driven.changed))


def _in_words(error: BaseException) -> str:
    """Return what was raised; of a group also its first member, of a known mistake the cure."""
    told = in_words(error)
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
        told = f"{told}: {in_words(error)}"
    if isinstance(error, RuntimeError) and "asyncio.run() cannot be called from" in told:
        told += "; pass the async function itself: compare(main)"
    return told


def _outside(results: Sequence[Outcome | Row], span: Span | None) -> int:
    if span is None:
        return 0
    timings = [one.timing for one in results if not isinstance(one, Row)]
    return sum(t.started < span.start or t.finished > span.end for t in timings)

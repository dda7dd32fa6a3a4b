"""In the workers of an executor: batches of URLs, each fetched by another strategy."""

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

import attrs

from concurrent_fetch.feed import FedElsewhere, check_plain_urls
from concurrent_fetch.model import (
    Options,
    Outcome,
    Request,
    Run,
    Stopwatch,
    check_options,
    options_home,
)
from concurrent_fetch.strategies._async import fetch_async
from concurrent_fetch.strategies._batches import Batches
from concurrent_fetch.strategies._counted import Tick, counted, tally_of
from concurrent_fetch.strategies._executor_kinds import number_of_workers
from concurrent_fetch.strategies._executor_plan import planned
from concurrent_fetch.strategies._flight import BatchPlan
from concurrent_fetch.strategies._kept_executors import KEPT_EXECUTORS, Given
from concurrent_fetch.strategies._lease import Lease, end_executor
from concurrent_fetch.strategies._strategy import (
    AnyStrategy,
    effective_options,
    how_called,
    taken_apart,
)
from concurrent_fetch.strategies._warm_workers import WarmWorkers, warm_up
from concurrent_fetch.words import hinted, whole

_DEFAULTS = Options()


@hinted(options_home("fetch_executor(urls, Options({}), executor=executor)"))
def fetch_executor(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    executor: Given,
    workers: int | None = None,
    inner: AnyStrategy = fetch_async,
    batch: int = 1000,
) -> Run:
    """Fetch the URLs in the workers of an executor; return all outcomes in URL order.

    Any `concurrent.futures.Executor` does: threads, processes, those of loky, of dask. It is used
    and not ended. Or give what makes one, as `lambda: ProcessPoolExecutor(2)`: it is called once
    more when a worker dies and takes the executor with it, and what it made is ended here.

    The URLs are cut into batches of at most `batch`, each of which `inner` fetches in one worker,
    a share of `concurrency` at once, at a share of `rate`. `workers` says how many batches run at
    once; None: as many as the executor has workers, where it tells. A batch is over with its
    slowest URL: to fetch with several processes of one machine `fetch_processes` is better.

    A batch whose worker dies is sent again, in the end URL by URL: one that kills its workers is a
    failure, of kind `other`. Without a factory an executor that breaks ends the run: the rest are
    failures, those too that an iterator has still to give. No batch is given up for the time that
    it takes, since nobody knows how long work takes, or what else an executor does: see `deadline`.
    `retry` and its budget are of each batch; `journal` and `progress` are kept here.

    `Run.cpu` is of this process and of the workers, without what those did that died.
    `Run.clock_error` says how sure the times of workers on other machines are.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     run = fetch_executor([], executor=pool)

    Raises:
        TypeError: `executor` is none; `inner`, `work`, `sink` or a tag cannot be sent to workers.
        ValueError: an option cannot hold over batches (`per_host`, `delay`, `hosts`); `workers` is
            not known.
        BrokenExecutor: workers die before they fetch anything.
        FormatError, OSError: of the journal, as in `fetch_async`.
    """
    begun = _Begun(
        *("fetch_executor", urls, options),
        executor=executor,
        workers=workers,
        inner=inner,
        batch=batch,
    )
    watch = Stopwatch("fetch_executor", begun.options)
    run = watch.run(begun.outcomes(), begun.feed, lambda: begun.lease.cpu)
    return attrs.evolve(run, clock_error=begun.batches.clock_error)


@hinted(options_home("iter_executor(urls, Options({}), executor=executor)"))
def iter_executor(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    executor: Given,
    workers: int | None = None,
    inner: AnyStrategy = fetch_async,
    batch: int = 1000,
) -> Generator[Outcome, None, None]:
    """Fetch the URLs in the workers of an executor; yield the outcomes as batches complete.

    At most `2 * workers` batches are read ahead. Arguments are checked at the call; all else is as
    in `fetch_executor`. When the generator ends or is closed, batches that have not begun are
    cancelled. Those that run in threads of this process end at once if `inner` is async; those in
    processes are ended with the executor if a factory made it, else they run to their end.
    """
    return _Begun(
        *("iter_executor", urls, options),
        executor=executor,
        workers=workers,
        inner=inner,
        batch=batch,
    ).outcomes()


@contextmanager
def ready(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    executor: Given,
    workers: int | None = None,
    inner: AnyStrategy = fetch_async,
    batch: int = 1000,
) -> Iterator[WarmWorkers]:
    """Have the workers started and the client imported beforehand, while the `with` lasts.

    What a factory has made is kept: calls of `fetch_executor` and `iter_executor` within the
    `with` that are given the same factory use it one after another. It is ended with the `with`.

    Raises:
        BrokenExecutor: the workers die; else as `fetch_executor`.
    """
    KEPT_EXECUTORS.want(executor)
    try:
        how: Any = {"executor": executor, "workers": workers, "inner": inner, "batch": batch}
        options = attrs.evolve(options, journal=None)
        _Begun("fetch_executor", urls, options, **how).warm_up()
        yield WarmWorkers(executor)
    finally:
        for kept in KEPT_EXECUTORS.leave(executor):
            end_executor(kept, at_once=False)


fetch_executor.ready = iter_executor.ready = ready  # type: ignore[attr-defined]  # as strategies have it


class _Begun:
    """A run whose arguments are checked."""

    def __init__(
        self,
        name: str,
        urls: Iterable[str | Request],
        options: Options,
        *,
        executor: Given,
        workers: int | None,
        inner: AnyStrategy,
        batch: int,
    ) -> None:
        check_options(options)
        check_plain_urls(urls)
        whole(1).check("batch", batch)
        whole(1, none="None").check("workers", workers)
        if not (isinstance(executor, Executor) or callable(executor)):
            raise TypeError(
                "executor must be a concurrent.futures.Executor or what makes one, got "
                f"{type(executor).__name__}; write executor=ThreadPoolExecutor(4)"
            )
        self.options = effective_options(inner, options)
        _check_can_hold(self.options)
        self._inner, _, self._loop = taken_apart(inner)
        how_called(self._inner)
        self._name = name
        self._urls = urls
        self._workers = workers
        self._batch = batch
        self.lease = Lease(executor)
        self._plan = None if self.lease.is_renewable else self._planned()
        self.feed = FedElsewhere(urls, self.options)
        self.batches = Batches(self.feed, self.options, self.lease)

    def outcomes(self) -> Generator[Outcome, None, None]:
        """Return the outcomes, counted as they are taken."""
        tally = tally_of(self._name, self._urls, self.options, self.feed)
        return counted(self._fetched, tally)

    def warm_up(self) -> None:
        """Have the workers there, and give the executor back."""
        try:
            plan = self._plan or self._planned()
            there = number_of_workers(self.lease.executor)
            warm_up(self.lease, plan.task, there or self._workers or 1)
            self.lease.end(at_once=False)
        finally:
            self.lease.end(at_once=True)  # if that has not been done

    def _fetched(self, tick: Tick) -> Generator[Outcome, None, None]:
        try:
            plan = self._plan or self._planned()
            yield from self.batches.outcomes(plan, tick)
        finally:
            self.lease.end(at_once=True)  # if that has not been done
            self.feed.end()

    def _planned(self) -> BatchPlan:
        """Return how the run is cut up for the executor, which is made if there is none yet."""
        return planned(
            *(self.lease.executor, self._urls, self.options, self._inner, self._loop),
            workers=self._workers,
            batch=self._batch,
        )


def _check_can_hold(options: Options) -> None:
    for name in ("per_host", "delay", "hosts"):
        if getattr(options, name):
            raise ValueError(
                f"{name} cannot hold over an executor: each of its workers sees its own batches "
                "only; on one machine write fetch_processes, whose limits hold over all processes"
            )
    retry = options.retry
    if options.journal is not None and retry is not None and callable(retry.on):
        raise ValueError(
            "with a journal, Retry.on must name kinds and statuses over an executor: what is done "
            "is decided here, and bodies may have been dropped there"
        )

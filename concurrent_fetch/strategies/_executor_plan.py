"""How a run is cut up for an executor: what a batch is, and what each worker may."""

import math
from collections.abc import Sized
from concurrent.futures import Executor

import attrs

from concurrent_fetch.model import Options
from concurrent_fetch.strategies._batch_worker import Running, Task
from concurrent_fetch.strategies._executor_kinds import number_of_workers
from concurrent_fetch.strategies._flight import BatchPlan
from concurrent_fetch.strategies._pickling import pickled_task, pickler_of
from concurrent_fetch.strategies._strategy import AnyStrategy


def planned(
    executor: Executor,
    urls: object,
    options: Options,
    inner: AnyStrategy,
    loop: str | None,
    *,
    workers: int | None,
    batch: int,
) -> BatchPlan:
    """Return how a run is cut up.

    Raises:
        ValueError: it is not known how many workers there are.
        TypeError: something cannot be sent to them.
    """
    there = number_of_workers(executor)
    workers = workers or there
    if workers is None:
        raise ValueError(
            f"{type(executor).__name__} does not tell how many workers it has; write workers=2"
        )
    used = min(workers, options.concurrency)
    is_all = there is None or used >= there
    size = _size(urls, batch, used)
    task = Task(inner, _share(options, used), loop)
    dumps = pickler_of(executor)
    return BatchPlan(
        task if dumps is None else pickled_task(task, dumps),
        size=size,
        ahead=2 * used if is_all else used,
        dumps=dumps,
        running=Running() if dumps is None else None,
    )


def _share(options: Options, workers: int) -> Options:
    """Return the options of one worker."""
    rate = options.rate
    return attrs.evolve(
        options,
        concurrency=options.concurrency // workers,
        rate=None if rate is None else rate / workers,
        journal=None,
        progress=False,
        deadline=None,
    )


def _size(urls: object, batch: int, workers: int) -> int:
    """Return how many URLs make a batch: of a short list a worker's share."""
    if not isinstance(urls, Sized):
        return batch
    return max(1, min(batch, math.ceil(len(urls) / workers)))

"""Each: a strategy made of a function of one URL, as everybody has one."""

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any, ClassVar, Literal, TypeAlias, overload

import attrs

from concurrent_fetch._python import background_thread
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import feed_of
from concurrent_fetch.model import Options
from concurrent_fetch.strategies._calling import Calling, calling_of_one
from concurrent_fetch.strategies._jobs_in_threads import JobsInThreads
from concurrent_fetch.strategies._jobs_on_loop import JobsOnLoop
from concurrent_fetch.strategies._jobs_one_by_one import jobs_one_by_one
from concurrent_fetch.strategies._strategy import is_async, name_of

_DEFAULTS = Options()
_TICK: Seconds = 0.1

_Fetch: TypeAlias = Callable[[str], Any]


@attrs.frozen(repr=False)
class Each:
    """A strategy that calls a function with each URL; made by `each`."""

    function: Callable[..., Any]
    threads: bool = False
    keeps_order: ClassVar[bool] = True
    """Whether its results come in the order of the URLs, whatever they are."""
    _calling: Calling = attrs.field(
        default=attrs.Factory(lambda self: _calling_of(self.function), takes_self=True),
        init=False,
        eq=False,
    )

    def __call__(
        self, urls: list[str], options: Options = _DEFAULTS, /
    ) -> list[Any] | Awaitable[list[Any]]:
        """Return what the function returns or raises for each URL, in their order."""
        _check_keeps_nothing(self, options)

        def fetch(url: str) -> Any:
            return self._calling.call(self.function, url, options)

        if is_async(self.function):
            return _in_tasks(fetch, urls, options)
        if self.threads:
            return _in_threads(fetch, urls, options)
        return _one_by_one(fetch, urls, options)

    @property
    def __name__(self) -> str:
        return name_of(self.function)

    def __repr__(self) -> str:
        return f"each({name_of(self.function)}{', threads=True' if self.threads else ''})"


@overload
def each(
    function: Callable[..., Awaitable[object]], *, threads: Literal[False] = False
) -> Each: ...
@overload
def each(function: Callable[..., object], *, threads: bool = False) -> Each: ...
def each(function: Callable[..., object], *, threads: bool = False) -> Each:
    """Return a strategy that calls `function` with each URL, one after another.

    With `threads` it runs in a pool of `options.concurrency` threads; an `async` function runs in
    as many tasks. Limits of the options hold (`per_host`, `delay`, `rate`, and `deadline` for what
    is not begun); what is tried again is the function's affair. What it raises for a URL is the
    result of that URL, and the others go on. If it has a parameter `options`, it is given those.
    The strategy is named after it, and pickles if it does.

    >>> def fetch_url(url):
    ...     return requests.get(url)
    >>> strategy = each(fetch_url, threads=True)

    Raises:
        TypeError: it cannot be called with one URL; `threads` is no bool.
        ValueError: an `async` function is to run in threads.
    """
    if not callable(function):
        if inspect.iscoroutine(function):
            function.close()  # else Python warns that nobody awaited it
        raise TypeError(
            f"each takes a function of one URL, got {function!r}; write cf.each(fetch_url)"
        )
    name = name_of(function)
    if not isinstance(threads, bool):
        raise TypeError(f"threads must be True or False, got {threads!r}")
    if threads and is_async(function):
        raise ValueError(f"{name} is async and needs no threads; write cf.each({name})")
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        raise TypeError(f"{name} yields; return what came of the one URL instead")
    try:
        return Each(function, threads)
    except TypeError as error:
        raise error.with_traceback(None)  # noqa: B904 - the same, without our frames


def _calling_of(function: Callable[..., Any]) -> Calling:
    return calling_of_one(function, name_of(function))


def _too_late(options: Options) -> TimeoutError:
    return TimeoutError(f"not begun within deadline={options.deadline} s")


def _result(fetch: _Fetch, url: str) -> Any:
    """Return what a function returns for a URL, or the exception that it raises."""
    try:
        found = fetch(url)
    except Exception as error:  # noqa: BLE001 - foreign code: the URL was not answered
        return error
    if inspect.iscoroutine(found):
        found.close()  # else Python warns that nobody awaited it
        raise TypeError("the function returned a coroutine; write cf.each(async_function) with it")
    return found


def _check_keeps_nothing(strategy: object, options: Options) -> None:
    """Refuse a journal and a sink: what a function of the user's returns may be anything."""
    for name, value in (("journal", options.journal), ("sink", options.sink)):
        if value is not None:
            raise ValueError(
                f"a {name} is served by fetch_* and iter_*, and by a strategy of your own that "
                f"pulls from cf.feed_of; {strategy!r} does not: leave out {name}="
            )


def _one_by_one(fetch: _Fetch, urls: list[str], options: Options) -> list[Any]:
    feed = feed_of(urls, attrs.evolve(options, concurrency=1))
    results: list[Any] = [None] * len(urls)
    for job in jobs_one_by_one(feed):
        results[job.index] = _too_late(options) if job.is_over else _result(fetch, job.url)
        feed.free(job, perf_counter())
    return results


async def _in_tasks(fetch: _Fetch, urls: list[str], options: Options) -> list[Any]:
    results: list[Any] = [None] * len(urls)
    jobs = JobsOnLoop(feed_of(urls, options))

    async def work() -> None:
        while (job := await jobs.take()) is not None:
            try:
                results[job.index] = _too_late(options) if job.is_over else await fetch(job.url)
            except Exception as error:  # noqa: BLE001 - foreign code: the URL was not answered
                results[job.index] = error
            jobs.free(job)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(options.concurrency, len(urls))):
            group.create_task(work())
    return results


def _in_threads(fetch: _Fetch, urls: list[str], options: Options) -> list[Any]:
    """Return the results in order; left early, as by Ctrl-C, no more is begun."""
    results: list[Any] = [None] * len(urls)
    jobs = JobsInThreads(feed_of(urls, options))
    ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def work() -> None:
        error = None
        try:
            while (job := jobs.take()) is not None:
                results[job.index] = _too_late(options) if job.is_over else _result(fetch, job.url)
                jobs.free(job)
        except BaseException as raised:  # noqa: BLE001 - raised where the results are waited for
            error = raised
        ended.put(error)

    # Daemons: a blocking fetch cannot be interrupted, and must not hold the process after Ctrl-C.
    workers = [
        background_thread(work, f"each-{number}")
        for number in range(1, min(options.concurrency, len(urls)) + 1)
    ]
    try:
        for worker in workers:
            worker.start()
        errors = [_waited_for(ended) for _ in workers]
    finally:
        jobs.stop()
    for error in filter(None, errors):
        raise error
    for worker in workers:
        worker.join()
    return results


def _waited_for(ended: "SimpleQueue[BaseException | None]") -> BaseException | None:
    while True:  # in ticks: a signal at the very start of a wait is seen after it
        with contextlib.suppress(Empty):
            return ended.get(timeout=_TICK)

"""Honest strategies, by name: they do what they are asked for, each in its own way.

Here are those that fetch through sessions of this package, so that nothing of them is unknown; in
`honest_foreign` are those in the words of other libraries.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from time import perf_counter, sleep
from typing import Any

import attrs
import honest_foreign
import trio
from contenders import (
    HONEST,
    Honest,
    Strategy,
    Urls,
    client,
    fetched,
    honest,
    length,
    moved,
    plain,
    unavailable,
    under,
    with_a_dead_link,
)

from concurrent_fetch import (
    Options,
    Outcome,
    Wait,
    feed_of,
    fetch_async,
    fetch_executor,
    fetch_threaded,
    iter_threaded,
)
from concurrent_fetch.clients import aiohttp_client, requests_client

__all__ = ["FOREIGN", "HONEST", "Honest"]

FOREIGN = honest_foreign
WORKERS = r"its workers were started once, in .+, on no clock"
TRIED_AGAIN = r"1 of 7 URLs were tried again in one run and waited .+ in all"

Get = Callable[..., Outcome]

# --- one after another ---


@honest()
@plain
def one_after_another(urls: Urls, options: Options) -> list[Outcome]:
    """As plain as can be."""
    return fetched(urls, options)


@honest()
@plain
def yielded_backwards(urls: Urls, options: Options) -> Iterator[Outcome]:
    """A generator, from the last to the first."""
    with requests_client.session(options) as get:
        for index in reversed(range(len(urls))):
            yield get(urls[index], index)


@honest(workload=moved)
@plain
def redirects_followed(urls: Urls, options: Options) -> list[Outcome]:
    """Follows redirects by the rules of this package."""
    return fetched(urls, options)


@honest(workload=with_a_dead_link)
@plain
def dead_link_told(urls: Urls, options: Options) -> list[Outcome]:
    """Gives a failure where nothing is answered."""
    return fetched(urls, options)


@honest(workload=under(work=length))
@plain
def work_done(urls: Urls, options: Options) -> list[Outcome]:
    """Does with each response what is to be done."""
    return fetched(urls, options)


# --- in threads ---


@honest()
@plain
def executor_of_each_run(urls: Urls, options: Options) -> list[Outcome]:
    """Starts its threads in the run, and ends them there."""
    with ThreadPoolExecutor(options.concurrency) as pool, client.session(options) as get:
        return list(pool.map(get, urls, range(len(urls))))


@honest()
def executor_kept_idle(stack: ExitStack) -> Strategy:
    """Keeps threads, and no session."""
    pool = stack.enter_context(ThreadPoolExecutor(2))

    def strategy(urls: Urls, options: Options) -> list[Outcome]:
        with client.session(options) as get:
            return list(pool.map(get, urls, range(len(urls))))

    return strategy


@honest()
@plain
def threads_and_a_queue(urls: Urls, options: Options) -> list[Outcome]:
    """Threads that take from a queue until that is empty."""
    jobs: SimpleQueue[tuple[str, int]] = SimpleQueue()
    for index, url in enumerate(urls):
        jobs.put((url, index))
    found: list[Outcome] = []

    def work(get: Get) -> None:
        try:
            while True:
                found.append(get(*jobs.get_nowait()))
        except Empty:
            return

    with client.session(options) as get:
        threads = [threading.Thread(target=work, args=(get,)) for _ in range(options.concurrency)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return found


@honest()
@plain
def batch_after_batch(urls: Urls, options: Options) -> list[Outcome]:
    """Waits for a whole batch before it begins the next."""
    n = options.concurrency
    found: list[Outcome] = []
    with ThreadPoolExecutor(n) as pool, client.session(options) as get:
        for first in range(0, len(urls), n):
            found += pool.map(get, urls[first : first + n], range(first, first + n))
    return found


@honest()
@plain
def threads_of_trio(urls: Urls, options: Options) -> list[Outcome]:
    """Lets trio decide what runs when; it keeps its threads for a while."""
    found: list[Outcome] = []

    async def fetch(get: Get, limit: trio.CapacityLimiter, index: int) -> None:
        found.append(await trio.to_thread.run_sync(get, urls[index], index, limiter=limit))

    async def main(get: Get) -> None:
        limit = trio.CapacityLimiter(options.concurrency)
        async with trio.open_nursery() as nursery:
            for index in range(len(urls)):
                nursery.start_soon(fetch, get, limit, index)

    with client.session(options) as get:
        trio.run(main, get)
    return found


def fed(urls: Urls, options: Options) -> list[Outcome]:
    """Pull from the feed, which knows of limits and retries."""
    feed, found = feed_of(urls, options), list[Outcome]()

    def work(get: Any) -> None:
        while (job := feed.take(now := perf_counter())) is not None:
            if isinstance(job, Wait):
                sleep(max(0.0, min(job.until - now, 0.001)))
                continue
            job.started = now
            outcome = feed.settle(job, get(job), perf_counter())
            if outcome is not None:
                found.append(outcome)

    n = options.concurrency
    with ThreadPoolExecutor(n) as pool, client.session(options) as get:
        list(pool.map(work, [get] * n))
    return found


@honest(TRIED_AGAIN, workload=unavailable)
@plain
def retries_of_the_feed(urls: Urls, options: Options) -> list[Outcome]:
    """Tries again what is to be tried again."""
    return fed(urls, options)


@honest(workload=under(per_host=1))
@plain
def places_of_a_host_heeded(urls: Urls, options: Options) -> list[Outcome]:
    """Has no more in flight at one host than is allowed."""
    return fed(urls, options)


# --- on event loops ---


@honest()
def gathered_below_a_semaphore(_: ExitStack) -> Strategy:
    """As many tasks as URLs, and a bound on how many fetch."""

    async def strategy(urls: Urls, options: Options) -> list[Outcome]:
        limit = asyncio.Semaphore(options.concurrency)
        async with aiohttp_client.session(options) as get:

            async def limited(index: int) -> Outcome:
                async with limit:
                    return await get(urls[index], index)

            return await asyncio.gather(*map(limited, range(len(urls))))

    return strategy


@honest()
def yielded_on_a_loop(_: ExitStack) -> Strategy:
    """An async generator, one after another."""

    async def strategy(urls: Urls, options: Options) -> AsyncIterator[Outcome]:
        async with aiohttp_client.session(options) as get:
            for index, url in enumerate(urls):
                yield await get(url, index)

    return strategy


# --- what is made ready ---


@honest(WORKERS)
def session_made_ready(_: ExitStack) -> Strategy:
    """Keeps a session, and says so by its `ready`."""
    return _Ready()


class _Ready:
    __name__ = "ready"

    def __call__(self, urls: Urls, _options: Options) -> list[Outcome]:
        return [self._get(url, index) for index, url in enumerate(urls)]

    @contextmanager
    def ready(self, _urls: Urls, options: Options) -> Iterator["_Ready"]:
        with client.session(attrs.evolve(options, digest=True)) as self._get:
            yield self

    def cpu(self) -> float:
        return 0.0


@honest(WORKERS)
def built_in_executor(stack: ExitStack) -> Strategy:
    """Lets the built-in one fetch in threads that are kept."""
    pool = stack.enter_context(ThreadPoolExecutor(2))
    return partial(fetch_executor, executor=pool, workers=1)


# --- the built-in ones ---


@honest()
def built_in_threads(_: ExitStack) -> Strategy:
    """In threads."""
    return fetch_threaded


@honest()
def built_in_loop(_: ExitStack) -> Strategy:
    """On an event loop."""
    return fetch_async


@honest()
def built_in_iterator(_: ExitStack) -> Strategy:
    """As they come."""
    return iter_threaded

"""On an event loop: as many tasks as may be in flight, pulling from one feed."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from time import perf_counter

from concurrent_fetch._progress import Tally
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Feed, Job, feed_of
from concurrent_fetch.fetch import AsyncClient, AsyncGet, find_async_client
from concurrent_fetch.model import (
    Failure,
    Options,
    Outcome,
    Request,
    Run,
    Stopwatch,
    check_options,
    options_home,
)
from concurrent_fetch.strategies._counted import tally_of
from concurrent_fetch.strategies._jobs_on_loop import JobsOnLoop
from concurrent_fetch.words import hinted

_DEFAULTS = Options()
_TICK: Seconds = 0.1
_FOR_THE_LOOP = (asyncio.CancelledError, KeyboardInterrupt, SystemExit)


@hinted(options_home("fetch_async(urls, Options({}))"))
async def fetch_async(
    urls: Iterable[str | Request] | AsyncIterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    client: str | AsyncClient = "aiohttp",
) -> Run:
    """Fetch the URLs with `options.concurrency` tasks; return all outcomes in URL order.

    No URLs give an empty `Run`.

    With `Options.journal`, what is done already is not among them: `Run.skipped` counts it, and
    `len(run)` may be less than the number of URLs.

    Raises:
        TypeError: `urls` is one `str`, or cannot be iterated; `client` is a blocking one; a tag
            cannot be written into the journal.
        UnknownNameError: there is no async client of that name.
        FormatError: the journal is damaged, or the file is no journal.
        OSError: the journal cannot be opened or written, or another run writes it.
        EventLoopError: no task of asyncio runs here, as below trio.
    """
    # Imports the client: not on the clock.
    feed, made = _workers("fetch_async", urls, options, client)
    watch = Stopwatch("fetch_async", options)
    async with made as workers:
        await workers.are_done()
    return watch.run(workers.ready, feed)


@hinted(options_home("iter_async(urls, Options({}))"))
def iter_async(
    urls: Iterable[str | Request] | AsyncIterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    client: str | AsyncClient = "aiohttp",
) -> AsyncGenerator[Outcome, None]:
    """Fetch the URLs with `options.concurrency` tasks; yield the outcomes as they complete.

    The URLs, from a plain or an async iterable, are read at most twice `concurrency` ahead of the
    outcomes taken; with limits of hosts 10,000 more, so that others are found. Arguments are
    checked at the call; errors as in `fetch_async`. When the generator ends or is closed, what is
    in flight is cancelled.

    What reading the URLs raises is raised here, behind the outcomes that are there by then; what is
    in flight is cancelled, and the URLs of it have no outcome.

    An outcome is in `Options.journal` before it is yielded: what a program that dies has not taken
    yet, at most twice `concurrency`, counts as done all the same.
    """
    return begin_async("iter_async", urls, options, client)[1]


def begin_async(
    name: str,
    urls: Iterable[str | Request] | AsyncIterable[str | Request],
    options: Options,
    client: str | AsyncClient,
) -> tuple[Feed, AsyncGenerator[Outcome, None]]:
    """Return the feed and the outcomes of a fetch, told of as `name`."""
    feed, made = _workers(name, urls, options, client, bounded=True)
    return feed, _outcomes(made)


async def _outcomes(
    made: "AbstractAsyncContextManager[_Workers]",
) -> AsyncGenerator[Outcome, None]:
    async with made as workers:
        while await workers.some_are_ready():
            while workers.ready:
                yield workers.next_outcome()


def _workers(
    name: str,
    urls: Iterable[str | Request] | AsyncIterable[str | Request],
    options: Options,
    client: str | AsyncClient,
    *,
    bounded: bool = False,
) -> "tuple[Feed, AbstractAsyncContextManager[_Workers]]":
    """Check the arguments; return the feed, and what opens the client and the workers on it.

    `bounded`: they wait when as many outcomes as may be in flight have not been taken.
    """
    check_options(options)
    found = find_async_client(client)
    feed = feed_of(urls, options)
    room = options.concurrency if bounded else math.inf
    made = tally_of(name, urls, options, feed)
    return feed, _at_work(feed, urls, options, found, room=room, made=made)


@contextmanager
def _ended(feed: Feed) -> Iterator[None]:
    try:
        yield
    finally:
        feed.end()


@asynccontextmanager
async def _at_work(
    feed: Feed,
    urls: object,
    options: Options,
    client: AsyncClient,
    *,
    room: float,
    made: AbstractContextManager[Tally] | None,
) -> "AsyncIterator[_Workers]":
    with _ended(feed), made or nullcontext() as tally:
        async with client.session(options) as get:
            workers = _Workers(feed, urls, options.concurrency, get, room=room, tally=tally)
            try:
                workers.start()
                yield workers
            finally:
                await workers.stop()


class _Workers:
    """The tasks of one run.

    Each starts the next one when it has found work, so there are never more than URLs.
    """

    def __init__(
        self,
        feed: Feed,
        urls: object,
        concurrency: int,
        get: AsyncGet,
        *,
        room: float,
        tally: Tally | None,
    ) -> None:
        self.ready = deque[Outcome]()
        self._feed = feed
        # Where nothing ever has to wait, they pull from the feed itself: it costs half as much.
        has_to_wait = feed.has_limits or feed.has_journal or not feed.reads
        self._jobs = JobsOnLoop(feed, urls, self._fail) if has_to_wait else None
        self._concurrency = concurrency
        self._room = room
        self._get = get
        self._tally = tally
        self._tasks: list[asyncio.Task[None]] = []
        self._active = 0
        self._error: BaseException | None = None
        self._news = asyncio.Event()
        self._taken = asyncio.Event()
        self._end = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._tick = self._loop.call_later(_TICK, self._wake_up)

    def start(self) -> None:
        number = len(self._tasks) + 1
        self._active += 1
        self._tasks.append(asyncio.create_task(self._work(), name=f"fetch-{number}"))

    async def some_are_ready(self) -> bool:
        """Wait for outcomes; False when all are done. Raises what reading the URLs raised."""
        while not self.ready and self._active and self._error is None:
            self._news.clear()
            await self._news.wait()
        if self._error is not None and not self.ready:
            raise self._error
        return bool(self.ready)

    async def are_done(self) -> None:
        """Wait for all outcomes. Raises what reading the URLs raised."""
        await self._end.wait()
        if self._error is not None:
            raise self._error

    def next_outcome(self) -> Outcome:
        self._taken.set()
        return self.ready.popleft()

    async def stop(self) -> None:
        self._tick.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._jobs is not None:
            await self._jobs.stop()

    async def _work(self) -> None:
        try:
            if self._loop.get_task_factory() is not None:
                # It may be an eager one: then this runs within `start`, and is not counted yet.
                await asyncio.sleep(0)
            while True:
                if len(self.ready) >= self._room:
                    await self._there_is_room()
                job = self._feed.take(0.0) if self._jobs is None else await self._jobs.take()
                if not isinstance(job, Job):
                    return
                if len(self._tasks) < self._concurrency:
                    self._start_one_more()
                self._settle(job, await self._get(job))
        except BaseException as error:
            self._fail(error)
            if isinstance(error, _FOR_THE_LOOP):
                raise  # anything else is raised where the outcomes are taken, and only there
        finally:
            self._active -= 1
            self._news.set()
            if not self._active:
                self._end.set()

    def _start_one_more(self) -> None:
        if self._jobs is None or not self._jobs.are_awaited:
            self.start()

    def _settle(self, job: Job, outcome: Outcome) -> None:
        settled = (self._jobs or self._feed).settle(job, outcome, perf_counter())
        if settled is None:
            return  # it is tried again
        self.ready.append(settled)
        self._news.set()
        if self._tally is not None:
            self._tally.fetched(failed=isinstance(settled, Failure))

    def _fail(self, error: BaseException) -> None:
        self._error = self._error or error
        self._news.set()
        self._end.set()

    async def _there_is_room(self) -> None:
        """Wait until there is room for one more outcome."""
        while len(self.ready) >= self._room:
            self._taken.clear()
            await self._taken.wait()

    def _wake_up(self) -> None:
        """Turn the loop now and then: an idle one notices an interrupted notebook cell late."""
        self._tick = self._loop.call_later(_TICK, self._wake_up)
        if self._tally is None:
            return
        try:
            self._tally.tick()
        except BaseException as error:
            self._fail(error)
            if isinstance(error, _FOR_THE_LOOP):
                raise

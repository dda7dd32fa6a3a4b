"""On an event loop: as many tasks as may be in flight, pulling from one feed."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import aclosing

from concurrent_fetch._client import AsyncClient, AsyncGet, find_async_client
from concurrent_fetch._feed import Feed
from concurrent_fetch._options import Options, check_options
from concurrent_fetch._outcome import Outcome
from concurrent_fetch._run import Run, Stopwatch

_DEFAULTS = Options()
_TICK = 0.1


async def fetch_async(
    urls: Iterable[str] | AsyncIterable[str],
    options: Options = _DEFAULTS,
    *,
    client: str | AsyncClient = "aiohttp",
) -> Run:
    """Fetch the URLs with `options.concurrency` tasks; return all outcomes in URL order.

    Raises:
        TypeError: `urls` is one `str`, or cannot be iterated; `client` is a blocking one.
        UnknownNameError: there is no async client of that name.
    """
    outcomes = iter_async(urls, options, client=client)  # imports the client: not on the clock
    async with aclosing(outcomes):
        return await Stopwatch("fetch_async", options).run_async(outcomes)


def iter_async(
    urls: Iterable[str] | AsyncIterable[str],
    options: Options = _DEFAULTS,
    *,
    client: str | AsyncClient = "aiohttp",
) -> AsyncGenerator[Outcome, None]:
    """Fetch the URLs with `options.concurrency` tasks; yield the outcomes as they complete.

    The URLs, from a plain or an async iterable, are read at most twice `concurrency` ahead of the
    outcomes taken. Arguments are checked at the call; errors as in `fetch_async`. When the
    generator ends or is closed, what is in flight is cancelled.
    """
    source: Iterable[str] = _Arrivals(urls) if isinstance(urls, AsyncIterable) else urls
    check_options(options)
    return _outcomes(Feed(source), source, options, find_async_client(client))


async def _outcomes(
    feed: Feed, source: Iterable[str], options: Options, client: AsyncClient
) -> AsyncGenerator[Outcome, None]:
    async with client.session(options) as get:
        workers = _Workers(feed, source, options.concurrency, get)
        try:
            workers.start()
            while await workers.some_are_ready():
                while workers.ready:
                    yield workers.next_outcome()
        finally:
            await workers.stop()


class _Workers:
    """The tasks of one run.

    Each starts the next one when it has found work, so there are never more than URLs.
    """

    def __init__(self, feed: Feed, source: Iterable[str], concurrency: int, get: AsyncGet) -> None:
        self.ready = deque[Outcome]()
        self._feed = feed
        self._source = source if isinstance(source, _Arrivals) else None
        self._concurrency = concurrency
        self._get = get
        self._tasks: list[asyncio.Task[None]] = []
        self._active = 0
        self._error: BaseException | None = None
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._tick = asyncio.get_running_loop().call_later(_TICK, self._wake_up)

    def start(self) -> None:
        number = len(self._tasks) + 1
        self._active += 1
        self._tasks.append(asyncio.create_task(self._work(), name=f"fetch-{number}"))

    async def some_are_ready(self) -> bool:
        """Wait for outcomes; False when all are done. Raises what reading the URLs raised."""
        while not self.ready and self._active and self._error is None:
            self._news.clear()
            await self._news.wait()
        if self._error is not None:
            raise self._error
        return bool(self.ready)

    def next_outcome(self) -> Outcome:
        self._room.set()
        return self.ready.popleft()

    async def stop(self) -> None:
        self._tick.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        try:
            while True:
                if self._source is not None or len(self.ready) >= self._concurrency:
                    await self._turn()
                job = self._feed.take()
                if job is None:
                    return
                if len(self._tasks) < self._concurrency:
                    self.start()
                index, url = job
                self.ready.append(await self._get(url, index))
                self._news.set()
        except BaseException as error:
            self._error = self._error or error
            raise
        finally:
            self._active -= 1
            self._news.set()

    async def _turn(self) -> None:
        """Wait until there is room for one more outcome, and a URL has arrived."""
        while len(self.ready) >= self._concurrency:
            self._room.clear()
            await self._room.wait()
        if self._source is not None:
            await self._source.pull()

    def _wake_up(self) -> None:
        """Turn the loop now and then: an idle one notices an interrupted notebook cell late."""
        self._tick = asyncio.get_running_loop().call_later(_TICK, self._wake_up)


class _Arrivals(Iterator[str]):
    """An async iterable of URLs as the plain iterator that a Feed reads.

    It has a next URL once `pull` has been awaited and found one.
    """

    def __init__(self, urls: AsyncIterable[str]) -> None:
        self._urls: AsyncIterator[str] = aiter(urls)
        self._arrived = deque[str]()
        self._one_reader = asyncio.Lock()

    async def pull(self) -> None:
        async with self._one_reader:
            async for url in self._urls:
                self._arrived.append(url)
                break

    def __next__(self) -> str:
        if not self._arrived:
            raise StopIteration
        return self._arrived.popleft()

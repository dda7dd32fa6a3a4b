"""Every strategy with every client that fits it, behind one call; and what is left behind."""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing, closing
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import Any, TypeVar

import attrs
from pace import in_time

import concurrent_fetch as cf

_T = TypeVar("_T")

_PLAIN = {
    "fetch_sync": (cf.fetch_sync, cf.iter_sync),
    "fetch_threaded": (cf.fetch_threaded, cf.iter_threaded),
}


@attrs.frozen
class ClientStrategy:
    """One strategy on one client."""

    strategy: str
    client: str
    loop: str = "asyncio"

    def __str__(self) -> str:
        loop = "" if self.loop == "asyncio" else f"-{self.loop}"
        return f"{self.strategy}-{self.client}{loop}"

    @property
    def is_concurrent(self) -> bool:
        return self.strategy != "fetch_sync"

    @property
    def is_async(self) -> bool:
        return self.strategy == "fetch_async"

    def fetch(self, urls: Iterable[str], options: cf.Options | None = None) -> cf.Run:
        options = options or cf.Options()
        if self.is_async:
            return run_on(self.loop, cf.fetch_async(urls, options, client=self.client))
        return _PLAIN[self.strategy][0](urls, options, client=self.client)

    def one(self, url: str, **options: Any) -> cf.Outcome:
        """Fetch one URL."""
        return self.fetch([url], cf.Options(**options))[0]

    def response(self, url: str, **options: Any) -> cf.Response:
        """Fetch one URL that is answered."""
        outcome = self.one(url, **options)
        assert isinstance(outcome, cf.Response), outcome
        return outcome

    def failure(self, url: str, **options: Any) -> cf.Failure:
        """Fetch one URL that is not answered."""
        outcome = self.one(url, **options)
        assert isinstance(outcome, cf.Failure), outcome
        return outcome

    def take(
        self,
        count: int,
        urls: Iterable[str],
        options: cf.Options | None = None,
        each: Callable[[cf.Outcome], object] = lambda _: None,
    ) -> list[cf.Outcome]:
        """Take some outcomes as they complete, then stop."""
        options = options or cf.Options()
        if self.is_async:
            return run_on(self.loop, self._take(count, urls, options, each))
        taken: list[cf.Outcome] = []
        with closing(_PLAIN[self.strategy][1](urls, options, client=self.client)) as outcomes:
            for outcome in islice(outcomes, count):
                each(outcome)
                taken.append(outcome)
        return taken

    async def _take(
        self,
        count: int,
        urls: Iterable[str],
        options: cf.Options,
        each: Callable[[cf.Outcome], object],
    ) -> list[cf.Outcome]:
        taken: list[cf.Outcome] = []
        tasks = asyncio.all_tasks()
        async with aclosing(cf.iter_async(urls, options, client=self.client)) as outcomes:
            async for outcome in outcomes:
                each(outcome)
                taken.append(outcome)
                if len(taken) == count:
                    break
        assert asyncio.all_tasks() == tasks
        return taken


def run_on(loop: str, work: Coroutine[Any, Any, _T]) -> _T:
    """Run it on a new event loop of that kind."""
    if loop == "asyncio":
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=import_module(loop).new_event_loop) as runner:
        return runner.run(work)


CLIENT_STRATEGIES: tuple[ClientStrategy, ...] = (
    ClientStrategy("fetch_sync", "requests"),
    ClientStrategy("fetch_sync", "httpx"),
    ClientStrategy("fetch_sync", "plain"),
    ClientStrategy("fetch_threaded", "requests"),
    ClientStrategy("fetch_threaded", "httpx"),
    ClientStrategy("fetch_threaded", "plain"),
    ClientStrategy("fetch_async", "aiohttp"),
    ClientStrategy("fetch_async", "httpx"),
    ClientStrategy("fetch_async", "plain"),
)
ASYNC_CLIENTS: tuple[str, ...] = ("aiohttp", "httpx", "plain")
"""Those that are built in, and have what they need."""
CLIENTS: tuple[str, ...] = ("requests", "httpx", "plain")
"""The same for threads."""
ON_OTHER_LOOPS: tuple[ClientStrategy, ...] = (
    ClientStrategy("fetch_async", "aiohttp", "uvloop"),
    ClientStrategy("fetch_async", "httpx", "uvloop"),
    ClientStrategy("fetch_async", "plain", "uvloop"),
)
EXTRAS = ("httptools", "httpx2")
"""Clients that share all but their library's own code with one that is always here."""
for _extra in EXTRAS:
    if find_spec(_extra) is not None:
        ASYNC_CLIENTS += (_extra,)
        CLIENTS += (_extra,)
        CLIENT_STRATEGIES += tuple(
            ClientStrategy(strategy, _extra)
            for strategy in ("fetch_sync", "fetch_threaded", "fetch_async")
        )
if find_spec("uvloop") is None:  # there is none for Windows, and for a new Python late
    ON_OTHER_LOOPS = ()


def eventually(holds: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something holds: how long that takes is no matter, within reason."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)


def descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - no Path: it would open one itself


@contextlib.contextmanager
def nothing_left(within: float = 1.0) -> Iterator[None]:
    """Hold that the block ends, with no thread or descriptor more than before, in that time."""
    threads, files = set(threading.enumerate()), descriptors()
    began = time.monotonic()
    yield
    while not (set(threading.enumerate()) <= threads and descriptors() <= files):
        in_time(time.monotonic() - began, within)
        time.sleep(0.005)
    in_time(time.monotonic() - began, within)

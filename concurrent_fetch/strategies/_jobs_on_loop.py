"""Jobs for tasks: each waits until the feed has one for it."""

import asyncio
import math
from collections.abc import AsyncIterable, Callable
from time import perf_counter

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Feed, Job, Wait
from concurrent_fetch.model import Outcome

_IN_ONE_GO = 100  # URLs read before others get their turn


class JobsOnLoop:
    """The jobs of a feed, for tasks that pull them.

    Of those that wait one leads, the others queue behind it: so one task wakes up per moment. An
    async iterable is read by a task of its own, so a slow one holds back no job that is due.
    """

    def __init__(
        self,
        feed: Feed,
        urls: object = None,
        failed: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        """`urls`: where they are an async iterable. `failed` is told what that raises."""
        self._feed = feed
        self._urls = urls if isinstance(urls, AsyncIterable) else None
        self._failed = failed
        self._turn = asyncio.Lock()
        self._change = asyncio.Event()
        self._wanted = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._read_in_one_go = 0
        self._waiting = 0

    @property
    def are_awaited(self) -> bool:
        """Whether a task waits already for what may start next."""
        return self._waiting > 0

    async def take(self) -> Job | None:
        """Wait for a job; None: there will be no more."""
        if not (self._feed.has_limits or self._feed.has_journal or self._urls is not None):
            found = self._feed.take(0.0)
            return found if isinstance(found, Job) else None  # nothing has to wait
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            return await self._lead()
        finally:
            self._turn.release()

    def settle(self, job: Job, outcome: Outcome, now: Seconds) -> Outcome | None:
        """Give a job back; return its outcome if that is final."""
        try:
            return self._feed.settle(job, outcome, now)
        finally:
            self._change.set()

    def free(self, job: Job) -> None:
        """Give a job back of which no outcome is known."""
        self._feed.free(job, perf_counter())
        self._change.set()

    async def stop(self) -> None:
        """Read no more URLs."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _lead(self) -> Job | None:
        while True:
            self._change.clear()
            now = perf_counter()
            found = self._feed.take_of_those_read(now)
            if isinstance(found, Job) and self._feed.has_limits:
                found.started = found.taken
            if not isinstance(found, Wait):
                return found
            if found.more and self._urls is None:
                await self._read_one()
            else:
                if found.more:
                    self._ask_for_one()
                await self._something_happens(found.until - now)

    async def _read_one(self) -> None:
        self._feed.read()
        self._read_in_one_go += 1
        if self._read_in_one_go >= _IN_ONE_GO or self._feed.is_listed:  # of lists many at once
            self._read_in_one_go = 0
            await asyncio.sleep(0)

    def _ask_for_one(self) -> None:
        self._wanted.set()
        if self._reader is None:
            self._reader = asyncio.create_task(self._read_all(), name="fetch-urls")

    async def _read_all(self) -> None:
        """Offer the URLs of an async iterable one by one, each when it is asked for."""
        assert self._urls is not None  # noqa: S101 - else nobody asks
        try:
            async for url in self._urls:
                self._feed.offer(url)
                self._wanted.clear()
                self._change.set()
                await self._wanted.wait()
            self._feed.close()
            self._change.set()
        except BaseException as error:
            self._failed(error)
            raise

    async def _something_happens(self, within: Seconds) -> None:
        loop = asyncio.get_running_loop()
        alarm = None if math.isinf(within) else loop.call_later(within, self._change.set)
        try:
            await self._change.wait()
        finally:
            if alarm is not None:
                alarm.cancel()

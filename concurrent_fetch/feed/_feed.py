"""The Feed: what to start next, and what becomes of an outcome. Without clock and I/O.

Every strategy pulls from one. What may start, and in which order, and what is tried again, is a
rule in here, written once; where it runs is the strategy's affair.
"""

import math
import threading
from collections import deque
from collections.abc import AsyncIterable, Iterable, Iterator, Sequence, Sized

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed._job import Job, Wait
from concurrent_fetch.feed._work import after_work
from concurrent_fetch.model import Options, Outcome


class Feed:
    """The URLs of one run: which of them may start now, and what becomes of their outcomes.

    Made by `feed_of`. `now` is any clock that goes forward, in seconds, the same in all calls. Any
    thread may call.
    """

    def __init__(self, urls: Iterable[str] | AsyncIterable[str], options: Options) -> None:
        self._source: Iterator[str] | None = None
        if not isinstance(urls, AsyncIterable):
            self._source = iter(urls)
        self._sized = urls if isinstance(urls, Sized) else None
        self._is_listed = isinstance(urls, Sequence)
        self._offered = deque[str]()
        self._is_closed = False
        self._taken = 0
        self._lock = threading.Lock()
        self._options = options
        self._keeps_all = options.work is None and options.keep_bodies

    def take(self, now: Seconds) -> Job | Wait | None:
        """Return a job to start now; when to ask again; or None: all is read and settled.

        Reads the iterable of URLs as far as needed; what that raises passes through.
        """
        del now  # nothing waits
        with self._lock:
            if self._source is None:
                return self._next_offered()
            for url in self._source:
                index = self._taken
                self._taken = index + 1
                return Job(index, url)
            return None

    def settle(self, job: Job, outcome: Outcome, now: Seconds) -> Outcome | None:
        """Take a job back with what came of it; return the outcome to be handed on.

        None: it is tried again, and a later `take` gives the job once more. On a final response
        the work is done, if the session that fetched it has not done it, and its body is dropped
        where it is not to be kept.
        """
        del job, now  # nothing waits
        return outcome if self._keeps_all else after_work(outcome, self._options)

    def free(self, job: Job, now: Seconds) -> None:
        """Take a job back of which no outcome is known: its place is free, and it is over."""

    def offer(self, url: str) -> None:
        """Add the next URL, where the feed reads none itself: that of an async iterable."""
        self._offered.append(url)

    def close(self) -> None:
        """Say that no more URLs will be offered."""
        self._is_closed = True

    def take_of_those_read(self, now: Seconds) -> Job | Wait | None:
        """Take without waiting for the iterable: where `Wait.more` says so, `read` may help."""
        return self.take(now)

    def read(self) -> None:
        """Read one more URL, which may take its time. By one thread at a time."""

    @property
    def reads(self) -> bool:
        """Whether it has an iterable to read; else URLs are offered to it."""
        return self._source is not None

    @property
    def is_listed(self) -> bool:
        """Whether all its URLs are in memory."""
        return self._is_listed

    @property
    def has_limits(self) -> bool:
        """Whether anything may have to wait."""
        return False

    @property
    def is_used_up(self) -> bool:
        """Whether there is surely none left: to be known only of what has a length."""
        return self._sized is not None and self._taken >= len(self._sized)

    @property
    def waiting(self) -> int:
        """How many URLs wait for their hosts or for their next try, of those that were read."""
        return 0

    @property
    def retries(self) -> int:
        """How often something was tried again."""
        return 0

    @property
    def waited_for_hosts(self) -> Seconds:
        """Seconds times places that were idle while URLs waited for their hosts."""
        return 0.0

    @property
    def advice(self) -> str:
        """What would have kept places from being idle; empty where nothing is known."""
        return ""

    def _next_offered(self) -> Job | Wait | None:
        if not self._offered:
            return None if self._is_closed else Wait(math.inf, more=True)
        index = self._taken
        self._taken = index + 1
        return Job(index, self._offered.popleft())

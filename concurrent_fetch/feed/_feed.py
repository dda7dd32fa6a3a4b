"""The Feed: what to start next, and what becomes of an outcome. Without clock and I/O.

Every strategy pulls from one. What may start, and in which order, and what is tried again, is a
rule in here, written once; where it runs is the strategy's affair.
"""

import math
import random
import threading
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Sequence, Sized
from typing import Any

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed._job import Job, Wait
from concurrent_fetch.feed._limits import Limits
from concurrent_fetch.feed._queue import Queue
from concurrent_fetch.feed._retries import Retries
from concurrent_fetch.feed._work import after_work, same_work
from concurrent_fetch.http import host_of, redact
from concurrent_fetch.model import Options, Outcome, check_options, options_home
from concurrent_fetch.words import hinted

_DEFAULTS = Options()
_NONE_LEFT: Any = object()
_SHUFFLE = (
    "places were idle while all URLs that were read ahead waited, for hosts that were full or for "
    "their next try: if they are sorted by host, shuffle them, or give them as a list, which is "
    "read as a whole"
)
_CUT = (
    "the deadline came before the URLs were read to their end: give them as a list, and each has "
    "an outcome"
)


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


class LimitedFeed(Feed):
    """A feed whose options limit when something may start, or have it tried again."""

    def __init__(
        self,
        urls: Iterable[str] | AsyncIterable[str],
        options: Options,
        chance: Callable[[], float] = random.random,
    ) -> None:
        if isinstance(urls, Sequence) and not isinstance(urls, (list, tuple)):
            urls = list(urls)  # others may take their time to find an item, or change
        super().__init__(urls, options)
        limits = Limits.of(options)
        by_host = limits.are_of_hosts or options.retry is not None
        listed = urls if isinstance(urls, Sequence) else None
        self._is_at_hand = isinstance(urls, (list, tuple))
        at_hand = self._source if self._is_at_hand else None
        self._queue = Queue(limits, host_of if by_host else _anywhere, listed, at_hand)
        self._retries = None if options.retry is None else Retries(options.retry, chance)
        self._reading = threading.Lock()

    def take(self, now: Seconds) -> Job | Wait | None:
        found = self.take_of_those_read(now)
        while type(found) is Wait and found.more and self._source is not None:
            if self._is_at_hand:
                found = self.take_of_those_read(now)
                continue
            with self._reading:  # one at a time, so that URLs are numbered as they come
                url = next(self._source, _NONE_LEFT)
                with self._lock:
                    self._add(url)
                    found = self._queue.take(now)
        return found

    def settle(self, job: Job, outcome: Outcome, now: Seconds) -> Outcome | None:
        retries = self._retries
        if retries is None:
            with self._lock:
                self._queue.settle(job, now)
            return outcome if self._keeps_all else after_work(outcome, self._options)
        is_concerned = retries.concern(outcome)  # may be foreign code: outside of the lock
        with self._lock:
            left = self._queue.left(now)
            verdict = retries.decide(job, outcome, is_concerned=is_concerned, left=left)
            again, pause, refused = verdict
            self._queue.settle(job, now, again=again, pause=pause, refused=refused)
        if again is not None:
            return None
        told = retries.told_of(job, outcome)
        same_work(outcome, told)
        return told if self._keeps_all else after_work(told, self._options)

    def free(self, job: Job, now: Seconds) -> None:
        with self._lock:
            self._queue.settle(job, now)

    def offer(self, url: str) -> None:
        with self._lock:
            self._queue.offer(url)

    def close(self) -> None:
        with self._lock:
            self._queue.close()

    def take_of_those_read(self, now: Seconds) -> Job | Wait | None:
        with self._lock:
            return self._queue.take(now)

    def read(self) -> None:
        if self._source is None or self._is_at_hand:
            return  # others offer; or taking reads it, a part at a time
        with self._reading:
            url = next(self._source, _NONE_LEFT)
            with self._lock:
                self._add(url)

    def _add(self, url: Any) -> None:
        if url is _NONE_LEFT:
            self._queue.close()
        else:
            self._queue.offer(url)

    @property
    def has_limits(self) -> bool:
        """True."""
        return True

    @property
    def is_used_up(self) -> bool:
        """Not known: what was taken may come back."""
        return False

    @property
    def waiting(self) -> int:
        return self._queue.waiting

    @property
    def retries(self) -> int:
        return self._retries.spent if self._retries else 0

    @property
    def waited_for_hosts(self) -> Seconds:
        return self._queue.waited

    @property
    def advice(self) -> str:
        told = [_SHUFFLE] if self._queue.was_full else []
        told += [_CUT] if self._queue.was_cut else []
        told += [self._retries.advice] if self._retries and self._retries.advice else []
        return "; ".join(told)


@hinted(options_home("feed_of(urls, Options({}))"))
def feed_of(urls: Iterable[str] | AsyncIterable[str], options: Options = _DEFAULTS) -> Feed:
    """Return the feed of a run: for a strategy of your own that heeds limits and retries.

    An async iterable is not read: whoever reads it offers each URL, and closes the feed.

    >>> feed = feed_of(["http://a.example/", "http://a.example/2"], Options(per_host=1))
    >>> feed.take(0.0), feed.take(0.0)
    (<Job 0, tries 0>, <Wait until inf>)

    Raises:
        TypeError: `urls` is one `str`, or cannot be iterated.
    """
    check_urls(urls)
    check_options(options)
    limits = (options.per_host, options.delay, options.rate, options.retry, options.deadline)
    is_limited = bool(options.hosts) or any(limit is not None for limit in limits)
    return LimitedFeed(urls, options) if is_limited else Feed(urls, options)


def check_urls(urls: object) -> None:
    """Refuse what is no set of URLs: above all one `str`, whose letters would be fetched."""
    if isinstance(urls, str):
        raise TypeError(f"urls must be an iterable of str, got one str; write [{redact(urls)!r}]")
    if isinstance(urls, (bytes, bytearray)):
        raise TypeError("urls must be an iterable of str, got bytes; decode them first")
    if not isinstance(urls, (Iterable, AsyncIterable)):
        raise TypeError(f"urls must be an iterable of str, got {type(urls).__name__}")


def check_plain_urls(urls: object) -> None:
    """Refuse the same, and an async iterable."""
    check_urls(urls)
    if isinstance(urls, AsyncIterable):
        raise TypeError("urls is an async iterable, which only fetch_async and iter_async can read")


def _anywhere(_: str) -> str:
    """The host of a URL where no limit is of single hosts."""
    return ""

"""A feed whose options limit when something may start, or have it tried again."""

import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed._feed import Feed
from concurrent_fetch.feed._job import Asked, Job, Wait
from concurrent_fetch.feed._limits import Limits
from concurrent_fetch.feed._queue import Queue
from concurrent_fetch.feed._retries import Retries
from concurrent_fetch.feed._work import same_work
from concurrent_fetch.http import host_of
from concurrent_fetch.model import Options, Outcome, Request

_NONE_LEFT: Any = object()
_SHUFFLE = (
    "places were idle while all URLs that were read ahead waited, for hosts that were full or for "
    "their next try: if they are sorted by host, shuffle them, or give them as a list, which is "
    "read as a whole"
)
CUT = (
    "the deadline came before the URLs were read to their end: give them as a list, and each has "
    "an outcome"
)


class LimitedFeed(Feed):
    """A feed whose options limit when something may start, or have it tried again."""

    def __init__(
        self,
        urls: Asked,
        options: Options,
        chance: Callable[[], float] = random.random,
    ) -> None:
        if isinstance(urls, Sequence) and not isinstance(urls, (list, tuple)):
            urls = list(urls)  # others may take their time to find an item, or change
        super().__init__(urls, options)
        limits = Limits.of(options)
        by_host = limits.are_of_hosts or options.retry is not None
        listed = urls if isinstance(urls, Sequence) else None
        at_hand = self._source if self._is_listed else None
        is_done = None if self._journal is None else self._journal.is_done
        self._queue = Queue(limits, _host_of if by_host else _anywhere, listed, at_hand, is_done)
        self._retries = None if options.retry is None else Retries(options.retry, chance)
        self._reading = threading.Lock()

    def take(self, now: Seconds) -> Job | Wait | None:
        found = self.take_of_those_read(now)
        while type(found) is Wait and found.more and self._source is not None:
            if self._is_listed:
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
            return outcome if self._keeps_all else self._kept(job, outcome)
        is_concerned = retries.concerns(outcome)  # may be foreign code: outside of the lock
        with self._lock:
            left = self._queue.left(now)
            verdict = retries.decide(job, outcome, is_concerned=is_concerned, left=left)
            again, pause, refused = verdict
            self._queue.settle(job, now, again=again, pause=pause, refused=refused)
        if again is not None:
            return None
        told = retries.told_of(job, outcome)
        same_work(outcome, told)
        return told if self._keeps_all else self._kept(job, told, is_concerned=is_concerned)

    def free(self, job: Job, now: Seconds) -> None:
        with self._lock:
            self._queue.settle(job, now)

    def put_back(self, job: Job, now: Seconds) -> bool:
        with self._lock:
            self._queue.put_back(job, now)
        return True

    def offer(self, url: str | Request) -> None:
        with self._lock:
            self._queue.offer(url)

    def close(self) -> None:
        with self._lock:
            self._queue.close()

    def take_of_those_read(self, now: Seconds) -> Job | Wait | None:
        with self._lock:
            return self._queue.take(now)

    def read(self) -> None:
        if self._source is None or self._is_listed:
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
        told += [CUT] if self._queue.was_cut else []
        told += [self._retries.advice] if self._retries and self._retries.advice else []
        return "; ".join(told)


def _host_of(asked: str | Request) -> str:
    return host_of(asked.url if isinstance(asked, Request) else asked)


def _anywhere(_: object) -> str:
    """The host of a URL where no limit is of single hosts."""
    return ""

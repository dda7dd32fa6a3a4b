"""What is to be sent to workers next: what comes back unfetched, and the URLs of the feed."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Feed, Job, Wait, feed_of
from concurrent_fetch.model import Options, Request
from concurrent_fetch.strategies._url_reader import Offered, URLReader

_IN_ONE_GO = 64


class Supply:
    """The jobs of a run. `tell` is called, in some thread, when there may be more of them."""

    def __init__(
        self, urls: Iterable[str | Request], options: Options, tell: Callable[[], None]
    ) -> None:
        listed = isinstance(urls, Sequence)
        self.feed: Feed = feed_of(urls if listed else Offered(), options)
        self._has_limits = self.feed.has_limits
        self._reader = None if listed else URLReader(urls, self.feed, tell)
        self._put_back = set[int]()
        self._is_stopped = False
        self.suspects = deque[Job]()
        """Jobs that may start now, and whose worker died when they were given before."""
        self.missing: Wait | None = None
        """What to wait for, where there were fewer; None: all is read and settled."""

    def take(self, most: int) -> list[Job]:
        """Return jobs that may start now, at most so many; of fewer `missing` says why."""
        jobs: list[Job] = []
        while len(jobs) < most:
            found = self._next()
            if not isinstance(found, Job):
                self.missing = found
                break
            if self._put_back and found.index in self._put_back:
                self.suspects.append(found)
            else:
                jobs.append(found)
        return jobs

    def read(self, wanted: int) -> None:
        """Read on, if URLs have to be read, for so many jobs."""
        if self._reader is not None:
            self._reader.ask(_IN_ONE_GO if self._has_limits else wanted)

    def put_back(self, job: Job, now: Seconds) -> None:
        """Take a job back whose worker has died: it is given once more, as a suspect."""
        if self.feed.put_back(job, now):
            self._put_back.add(job.index)
        else:
            self.suspects.append(job)

    def stop(self) -> None:
        """Give no more, in any thread."""
        self._is_stopped = True
        if self._reader is not None:
            self._reader.stop()

    def _next(self) -> Job | Wait | None:
        feed, has_limits = self.feed, self._has_limits
        while not self._is_stopped:
            now = perf_counter() if has_limits else 0.0
            found = feed.take_of_those_read(now)
            if isinstance(found, Job):
                if has_limits:
                    found.started = now
                return found
            if found is None or not found.more:
                return found
            if self._reader is not None:
                if self._reader.error is not None:
                    raise self._reader.error
                return found
            feed.read()
        return Wait(math.inf)

"""The Feed: what to start next, and what becomes of an outcome. Without clock.

Every strategy pulls from one. What may start, and in which order, and what is tried again, is a
rule in here, written once; where it runs is the strategy's affair. The only I/O is a journal, where
options name one.
"""

import math
import threading
import weakref
from collections import deque
from collections.abc import AsyncIterable, Iterator, Sequence, Sized
from typing import Any

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed._job import Asked, Job, Wait, job_of
from concurrent_fetch.feed._work import after_work
from concurrent_fetch.model import Options, Outcome, Request, Response, Retry

_USUAL_RETRY = Retry()
_IN_ONE_GO = 100  # URLs passed over


class Feed:
    """The URLs of one run: which of them may start now, and what becomes of their outcomes.

    Made by `feed_of`. `now` is any clock that goes forward, in seconds, the same in all calls. Any
    thread may call.
    """

    def __init__(self, urls: Asked, options: Options) -> None:
        self._source: Iterator[str | Request] | None = None
        if not isinstance(urls, AsyncIterable):
            self._source = iter(urls)
        self._sized = urls if isinstance(urls, Sized) else None
        self._is_listed = isinstance(urls, Sequence)
        self._offered = deque[str | Request]()
        self._is_closed = False
        self._taken = 0
        self._lock = threading.Lock()
        self._options = options
        is_taken = options.work is not None or options.sink is not None
        self._keeps_all = options.keep_bodies and not is_taken
        self._journal: Any = None
        if options.journal is not None:
            self._open(options.journal, urls)

    def take(self, now: Seconds) -> Job | Wait | None:
        """Return a job to start now; when to ask again; or None: all is read and settled.

        Reads the iterable of URLs as far as needed; what that raises passes through.
        """
        del now  # nothing waits
        if self._journal is not None:
            return self._first_not_done(math.inf)
        with self._lock:
            if self._source is None:
                return self._next_offered()
            for url in self._source:
                index = self._taken
                self._taken = index + 1
                return Job(index, url) if type(url) is str else job_of(url, index)
            return None

    def settle(self, job: Job, outcome: Outcome, now: Seconds) -> Outcome | None:
        """Take a job back with what came of it; return the outcome to be handed on.

        None: it is tried again, and a later `take` gives the job once more. On a final response
        the work is done, if the session that fetched it has not done it, and its body is dropped
        where it is not to be kept. It is in the journal, if there is one, when it is returned.
        """
        del now  # nothing waits
        return outcome if self._keeps_all else self._kept(job, outcome)

    def free(self, job: Job, now: Seconds) -> None:
        """Take a job back of which no outcome is known: its place is free, and it is over."""

    def put_back(self, job: Job, now: Seconds) -> bool:
        """Take a job back that nobody has fetched; return whether a later `take` gives it again.

        False where nothing limits when it starts: who took it keeps it, and may fetch it at once.
        """
        del job, now
        return False

    def offer(self, url: str | Request) -> None:
        """Add the next URL, where the feed reads none itself: that of an async iterable."""
        self._offered.append(url)

    def close(self) -> None:
        """Say that no more URLs will be offered."""
        self._is_closed = True

    def end(self) -> None:
        """Say that the run is over: its journal is closed, as when the feed is gone."""
        if self._journal is not None:
            self._journal.close()

    def take_of_those_read(self, now: Seconds) -> Job | Wait | None:
        """Take without going on for long: where `Wait.more` says so, `read` may help."""
        return self.take(now) if self._journal is None else self._first_not_done(_IN_ONE_GO)

    def read(self) -> None:
        """Read one more URL, which may take its time. By one thread at a time."""

    @property
    def reads(self) -> bool:
        """Whether it has an iterable to read; else URLs are offered to it."""
        return self._source is not None

    @property
    def has_journal(self) -> bool:
        """Whether a journal says of some that they are done, which are passed over."""
        return self._journal is not None

    @property
    def is_listed(self) -> bool:
        """Whether all its URLs are in memory."""
        return self._is_listed

    @property
    def is_sized(self) -> bool:
        """Whether its URLs have a length, so that they have an end."""
        return self._sized is not None

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
    def skipped(self) -> int:
        """How many URLs are done by the journal, of those that were read."""
        return 0 if self._journal is None else int(self._journal.skipped)

    @property
    def advice(self) -> str:
        """What would have kept places from being idle; empty where nothing is known."""
        return ""

    def _first_not_done(self, most: float) -> Job | Wait | None:
        """Return the next job that the journal does not have as done, if it is among so many."""
        with self._lock:
            if self._source is None:
                return self._next_offered()
            first = self._taken
            for url in self._source:
                index = self._taken
                self._taken = index + 1
                if not self._journal.is_done(url):
                    return job_of(url, index)
                if self._taken - first >= most:
                    return Wait(-math.inf, more=True)
            return None

    def _next_offered(self) -> Job | Wait | None:
        while self._offered:
            url, index = self._offered.popleft(), self._taken
            self._taken = index + 1
            if self._journal is None or not self._journal.is_done(url):
                return job_of(url, index)
        return None if self._is_closed else Wait(math.inf, more=True)

    def _open(self, path: str, urls: Asked) -> None:
        from concurrent_fetch.feed._journal import Journal, check_tag  # noqa: PLC0415 - few have one

        for url in urls if isinstance(urls, (list, tuple)) else ():
            check_tag(url)
        self._journal = Journal(path, self._options)
        self._keeps_all = False
        weakref.finalize(self, self._journal.close)

    def _kept(self, job: Job, outcome: Outcome, *, is_concerned: bool | None = None) -> Outcome:
        """Do what is to be done with a final outcome; return it as it is handed on."""
        kept = after_work(outcome, self._options)
        if self._journal is not None:
            if is_concerned is None:
                is_concerned = _USUAL_RETRY.concerns(outcome)
            done = isinstance(outcome, Response) and not is_concerned
            self._journal.note(job, kept, done=done or not job.may_be_sent_again(outcome))
        return kept

"""Jobs for threads: each waits until the feed has one for it."""

import threading
from queue import SimpleQueue
from time import perf_counter

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Feed, Job, Wait
from concurrent_fetch.model import Outcome

_TICK: Seconds = 0.1


class JobsInThreads:
    """The jobs of a feed, for threads that pull them.

    Of those that wait one leads, the others queue behind it: so one thread wakes up per moment. Who
    reads the next URL does not lead meanwhile, so a slow iterable holds back no job that is due.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._turn = SimpleQueue[None]()
        self._turn.put(None)
        self._change = threading.Event()  # for threads of ours only: Ctrl-C never comes inside
        self.is_reading = False
        """Whether a thread waits for the next URL."""
        self.is_done = False
        """Whether there will be no more jobs, and all are settled."""
        self._waiting = 0
        self._counting = threading.Lock()
        self._stopped = False

    @property
    def needs_no_one_more(self) -> bool:
        """Whether there is surely a thread for what may start next, or nothing will."""
        return self._waiting > 0 or self._feed.is_used_up

    def take(self) -> Job | None:
        """Wait for a job; None: there will be no more, or it was stopped."""
        if not self._feed.has_limits:
            found = None if self._stopped else self._feed.take(0.0)
            return found if isinstance(found, Job) else None  # nothing has to wait
        while not self._stopped:
            self._count(1)
            self._turn.get()
            self._count(-1)
            try:
                found = self._lead()
            finally:
                self._turn.put(None)
            if not isinstance(found, Wait):
                return found
            self._read()
        return None

    def settle(self, job: Job, outcome: Outcome) -> Outcome | None:
        """Give a job back; return its outcome if that is final."""
        if not self._feed.has_limits:
            return self._feed.settle(job, outcome, 0.0)
        try:
            return self._feed.settle(job, outcome, perf_counter())
        finally:
            self._tell()

    def free(self, job: Job) -> None:
        """Give a job back of which no outcome is known."""
        self._feed.free(job, perf_counter())
        self._tell()

    def stop(self) -> None:
        """Let nobody wait any longer than a tick; without a lock, so that Ctrl-C can come."""
        self._stopped = True

    def _lead(self) -> Job | Wait | None:
        """Wait until there is a job, or a URL to be read."""
        while not self._stopped:
            self._change.clear()
            now = perf_counter()
            found = self._feed.take_of_those_read(now)
            if isinstance(found, Job):
                found.started = found.taken
            if not isinstance(found, Wait):
                self.is_done = found is None
                return found
            if found.more and self._feed.is_listed:
                self._feed.read()  # which takes no time
            elif found.more and not self.is_reading:
                self.is_reading = True
                return found
            else:
                self._change.wait(min(found.until - now, _TICK))
        return None

    def _count(self, change: int) -> None:
        with self._counting:
            self._waiting += change

    def _read(self) -> None:
        try:
            self._feed.read()
        finally:
            self.is_reading = False
            self._tell()

    def _tell(self) -> None:
        if not self._change.is_set():
            self._change.set()

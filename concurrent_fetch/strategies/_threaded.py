"""In threads: a pool of workers that pull from one feed."""

import contextlib
import threading
from collections.abc import Generator, Iterable
from queue import Empty, SimpleQueue
from time import monotonic

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Feed, Job
from concurrent_fetch.fetch import Client, Get
from concurrent_fetch.model import Options, Outcome, Run, Stopwatch, options_home
from concurrent_fetch.strategies._counted import Tick
from concurrent_fetch.strategies._jobs_in_threads import JobsInThreads
from concurrent_fetch.strategies._started import started
from concurrent_fetch.words import hinted

_DEFAULTS = Options()
# A name look-up cannot be interrupted; nothing else takes longer than this to notice an abort.
_PATIENCE: Seconds = 0.5
_TICK: Seconds = 0.1


@hinted(options_home("fetch_threaded(urls, Options({}))"))
def fetch_threaded(
    urls: Iterable[str], options: Options = _DEFAULTS, *, client: str | Client = "requests"
) -> Run:
    """Fetch the URLs in `options.concurrency` threads; return all outcomes in URL order.

    No URLs give an empty `Run`.

    Raises:
        TypeError: `urls` is one `str`, or cannot be iterated; `client` is an async one.
        UnknownNameError: there is no client of that name.
    """
    feed, outcomes = started("fetch_threaded", _outcomes, urls, options, client)
    return Stopwatch("fetch_threaded", options).run(outcomes, feed)


@hinted(options_home("iter_threaded(urls, Options({}))"))
def iter_threaded(
    urls: Iterable[str], options: Options = _DEFAULTS, *, client: str | Client = "requests"
) -> Generator[Outcome, None, None]:
    """Fetch the URLs in `options.concurrency` threads; yield the outcomes as they complete.

    The URLs are read in the worker threads, one at a time and at most twice `concurrency` ahead
    of the outcomes taken; with limits of hosts 10,000 more, so that others are found. Arguments are
    checked at the call; errors as in `fetch_threaded`. When the generator ends or is closed, what
    is in flight is aborted and the threads end.
    """
    return started("iter_threaded", _outcomes, urls, options, client)[1]


def _outcomes(
    feed: Feed, options: Options, client: Client, tick: Tick
) -> Generator[Outcome, None, None]:
    workers = _Workers(feed, options.concurrency, tick)
    try:
        with client.session(options) as get:
            try:
                workers.start(get)
                while (outcome := workers.next_outcome()) is not None:
                    yield outcome
            finally:
                workers.stop()
    finally:
        workers.join()  # outside the session: leaving it has aborted what was in flight


class _Workers:
    """The threads of one run.

    Each starts the next one when it has found work and there may be more, so there are never more
    than URLs; where these have no length, one more, which waits for the next URL.
    """

    def __init__(self, feed: Feed, concurrency: int, tick: Tick) -> None:
        self._feed = feed
        self._tick = tick
        self._jobs = JobsInThreads(feed)
        self._concurrency = concurrency
        self._threads: list[threading.Thread] = []
        self._active = 0
        self._stopped = False
        self._lock = threading.Lock()
        self._ready = SimpleQueue[Outcome | BaseException | None]()
        # A permit for every outcome that may be under way or not yet taken. In a queue: Ctrl-C
        # that comes inside a Semaphore leaves it locked, and stopping would wait for ever.
        self._permits = SimpleQueue[None]()
        self._permit(2 * concurrency)

    def start(self, get: Get) -> None:
        self._get = get
        if self._feed.is_used_up:
            self._ready.put(None)
            return
        with self._lock:
            self._add()

    def next_outcome(self) -> Outcome | None:
        """Wait for the next outcome; None when all are done.

        Raises what reading the URLs raised.
        """
        outcome = self._waited_for()
        self._permit()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _waited_for(self) -> Outcome | BaseException | None:
        # A signal that comes between the last look for one and the start of a wait is not seen
        # before the wait is over; where threads contend for the interpreter, many come there.
        while True:
            with contextlib.suppress(Empty):
                return self._ready.get(timeout=_TICK)
            if self._jobs.is_done and self._jobs.is_reading and self._active == 1:
                return None  # the deadline came, and the one thread left waits for another URL
            if self._tick is not None:
                self._tick()

    def stop(self) -> None:
        self._stopped = True  # without the lock: reading the next URL may hold it for long
        self._jobs.stop()
        self._permit(self._concurrency)

    def join(self) -> None:
        """Wait for the threads to end, all of them together no longer than is sensible."""
        limit = monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, limit - monotonic()))

    def _permit(self, count: int = 1) -> None:
        for _ in range(count):
            self._permits.put(None)

    def _add(self) -> None:
        number = len(self._threads) + 1
        # A daemon: a look-up that cannot be interrupted must not hold the process.
        thread = threading.Thread(target=self._work, name=f"fetch-{number}", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if not self._threads:
                raise
            self._concurrency = len(self._threads)  # the system has no more: go on with these
        else:
            self._threads.append(thread)
            self._active += 1

    def _work(self) -> None:
        try:
            while (job := self._take()) is not None:
                outcome = self._jobs.settle(job, self._get(job))
                if outcome is None:
                    self._permit()  # it will be taken once more
                else:
                    self._ready.put(outcome)
        except BaseException as error:  # noqa: BLE001 - raised where the outcomes are taken
            self._ready.put(error)
        with self._lock:
            self._active -= 1
            if not self._active:
                self._ready.put(None)

    def _take(self) -> Job | None:
        self._permits.get()
        job = self._jobs.take()
        if job is None:
            self._permit()
        elif len(self._threads) < self._concurrency and not self._jobs.needs_no_one_more:
            with self._lock:
                if len(self._threads) < self._concurrency and not self._stopped:
                    self._add()
        return job

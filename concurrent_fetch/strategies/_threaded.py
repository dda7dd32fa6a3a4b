"""In threads: a pool of workers that pull from one feed."""

import contextlib
import threading
from collections.abc import Generator, Iterable
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic

from concurrent_fetch._python import background_thread
from concurrent_fetch._units import Seconds
from concurrent_fetch.feed import Feed, Job
from concurrent_fetch.fetch import Client, Get
from concurrent_fetch.model import Options, Outcome, Request, Run, Stopwatch, options_home
from concurrent_fetch.strategies._counted import Tick
from concurrent_fetch.strategies._handover import Handover
from concurrent_fetch.strategies._jobs_in_threads import JobsInThreads
from concurrent_fetch.strategies._started import started
from concurrent_fetch.words import hinted

_DEFAULTS = Options()
# A name look-up cannot be interrupted; nothing else takes longer than this to notice an abort.
_PATIENCE: Seconds = 0.5
_TICK: Seconds = 0.1


@hinted(options_home("fetch_threaded(urls, Options({}))"))
def fetch_threaded(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    client: str | Client = "requests",
) -> Run:
    """Fetch the URLs in `options.concurrency` threads; return all outcomes in URL order.

    No URLs give an empty `Run`.

    With `Options.journal`, what is done already is not among them: `Run.skipped` counts it, and
    `len(run)` may be less than the number of URLs.

    Raises:
        TypeError: `urls` is one `str`, or cannot be iterated; `client` is an async one; a tag
            cannot be written into the journal.
        UnknownNameError: there is no client of that name.
        FormatError: the journal is damaged, or the file is no journal.
        OSError: the journal cannot be opened or written, or another run writes it.
    """
    feed, outcomes = begin_threaded("fetch_threaded", urls, options, client, at_once=False)
    return Stopwatch("fetch_threaded", options).run(outcomes, feed)


@hinted(options_home("iter_threaded(urls, Options({}))"))
def iter_threaded(
    urls: Iterable[str | Request],
    options: Options = _DEFAULTS,
    *,
    client: str | Client = "requests",
) -> Generator[Outcome, None, None]:
    """Fetch the URLs in `options.concurrency` threads; yield the outcomes as they complete.

    The URLs are read in the worker threads, one at a time and at most twice `concurrency` ahead
    of the outcomes taken; with limits of hosts 10,000 more, so that others are found. Arguments are
    checked at the call; errors as in `fetch_threaded`. When the generator ends or is closed, what
    is in flight is aborted and the threads end.

    What reading the URLs raises is raised here, behind the outcomes that are there by then; what is
    in flight is aborted, and the URLs of it have no outcome.

    An outcome is in `Options.journal` before it is yielded: what a program that dies has not taken
    yet, at most twice `concurrency`, counts as done all the same.
    """
    return begin_threaded("iter_threaded", urls, options, client)[1]


def begin_threaded(
    name: str,
    urls: Iterable[str | Request],
    options: Options,
    client: str | Client,
    *,
    at_once: bool = True,
) -> tuple[Feed, Generator[Outcome, None, None]]:
    """Return the feed and the outcomes of a fetch, told of as `name`.

    They are yielded as they complete; not `at_once`: a tenth of a second later, which costs less.
    """
    return started(name, partial(_outcomes, at_once=at_once), urls, options, client)


def _outcomes(
    feed: Feed, options: Options, client: Client, tick: Tick, *, at_once: bool
) -> Generator[Outcome, None, None]:
    at_once = at_once or tick is not None  # progress is told as it comes
    workers = _Workers(feed, options.concurrency, tick, at_once=at_once)
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

    def __init__(self, feed: Feed, concurrency: int, tick: Tick, *, at_once: bool) -> None:
        self._feed = feed
        self._tick = tick
        self._jobs = JobsInThreads(feed)
        self._concurrency = concurrency
        self._threads: list[threading.Thread] = []
        self._active = 0
        self._stopped = False
        self._lock = threading.Lock()
        self._ready = Handover[Outcome | BaseException | None](at_once=at_once)
        # A permit for every outcome that may be under way or not yet taken. In a queue: Ctrl-C
        # that comes inside a Semaphore leaves it locked, and stopping would wait for ever. None
        # where all outcomes are held anyway.
        self._permits = SimpleQueue[None]() if at_once else None
        self._permit(2 * concurrency)

    def start(self, get: Get) -> None:
        self._get = get
        if self._feed.is_used_up:
            self._ready.put(None, is_urgent=True)
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
        if self._permits is not None:
            for _ in range(count):
                self._permits.put(None)

    def _add(self) -> None:
        number = len(self._threads) + 1
        # A daemon: a look-up that cannot be interrupted must not hold the process.
        thread = background_thread(self._work, f"fetch-{number}")
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
            self._ready.put(error, is_urgent=True)
        with self._lock:
            self._active -= 1
            if not self._active:
                self._ready.put(None, is_urgent=True)

    def _take(self) -> Job | None:
        if self._permits is not None:
            self._permits.get()
        job = self._jobs.take()
        if job is None:
            self._permit()
        elif len(self._threads) < self._concurrency and not self._jobs.needs_no_one_more:
            with self._lock:
                if len(self._threads) < self._concurrency and not self._stopped:
                    self._add()
        return job

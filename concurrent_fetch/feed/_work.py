"""Work on every final response, done where it was fetched: in its thread or on its loop."""

import threading
from time import perf_counter
from typing import Any
from weakref import WeakValueDictionary

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.feed._delivery import same_offer, sunk
from concurrent_fetch.model import Options, Outcome, Response, Work

# Responses that work and sink have had, as long as they live: from a session, or from a feed.
_done: WeakValueDictionary[int, Response] = WeakValueDictionary()


def options_to_fetch(options: Options) -> Options:
    """Return the options to fetch with: who looks at bodies needs them, kept or not."""
    if options.takes_pieces:
        return attrs.evolve(options, keep_bodies=False)
    looks = options.work is not None or options.sink is not None
    looks = looks or (options.retry is not None and callable(options.retry.on))
    return attrs.evolve(options, keep_bodies=True) if looks else options


def after_work(outcome: Outcome, options: Options) -> Outcome:
    """Let sink and work have a response, if they had not; return it as it is to be kept.

    What they raise passes through.
    """
    if not isinstance(outcome, Response):
        return outcome
    work, sink = options.work, options.sink
    is_due = (work is not None or sink is not None) and _done.get(id(outcome)) is not outcome
    if is_due and sink is not None:
        outcome = sunk(outcome, options)
    if is_due and work is not None:
        work(outcome)
    if outcome.body and not options.keep_bodies:
        outcome = attrs.evolve(outcome, body=b"")
    if is_due:
        _done[id(outcome)] = outcome
    return outcome


def same_work(outcome: Outcome, told: Outcome) -> None:
    """Let the work that was done on a response count for another that is made of it."""
    if isinstance(told, Response) and isinstance(outcome, Response) and told is not outcome:
        if _done.get(id(outcome)) is outcome:
            _done[id(told)] = told
        same_offer(outcome, told)


def worked_elsewhere(outcome: Outcome) -> None:
    """Note that sink and work have had a response already, as in another process."""
    if isinstance(outcome, Response):
        _done[id(outcome)] = outcome


class CountedWork:
    """The same work, how often it was done, and how long that took. From any thread."""

    def __init__(self, work: Work) -> None:
        self.done: int = 0
        self.seconds: Seconds = 0.0
        self._work = work
        self._lock = threading.Lock()

    def __call__(self, response: Response) -> Any:
        """Do the work."""
        start = perf_counter()
        result = self._work(response)
        self.add(1, perf_counter() - start)
        return result

    def add(self, done: int, seconds: Seconds) -> None:
        """Count what was done, here or elsewhere."""
        with self._lock:
            self.done += done
            self.seconds += seconds

    @property
    def work(self) -> Work:
        """What is counted."""
        return self._work

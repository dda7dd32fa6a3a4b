"""Work on every final response, done where it was fetched: in its thread or on its loop."""

import threading
from time import perf_counter
from typing import Any
from weakref import WeakValueDictionary

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.model import Options, Outcome, Response, Work

# Responses that the work was done on, as long as they live: a session does it, and so does a feed.
_done: WeakValueDictionary[int, Response] = WeakValueDictionary()


def options_to_fetch(options: Options) -> Options:
    """Return the options to fetch with: who looks at bodies needs them, kept or not."""
    looks = options.work is not None or (options.retry is not None and callable(options.retry.on))
    return attrs.evolve(options, keep_bodies=True) if looks else options


def after_work(outcome: Outcome, options: Options) -> Outcome:
    """Do the work on a response, if it was not done; return the response as it is to be kept.

    What the work raises passes through.
    """
    if not isinstance(outcome, Response):
        return outcome
    work = None if _done.get(id(outcome)) is outcome else options.work
    if work is not None:
        work(outcome)
    if outcome.body and not options.keep_bodies:
        outcome = attrs.evolve(outcome, body=b"")
    if work is not None:
        _done[id(outcome)] = outcome
    return outcome


def same_work(outcome: Outcome, told: Outcome) -> None:
    """Let the work that was done on a response count for another that is made of it."""
    if isinstance(told, Response) and told is not outcome and _done.get(id(outcome)) is outcome:
        _done[id(told)] = told


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
        taken = perf_counter() - start
        with self._lock:
            self.done += 1
            self.seconds += taken
        return result

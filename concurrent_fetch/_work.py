"""Work on every response, done where the response was fetched: in its thread or on its loop."""

import threading
from time import perf_counter
from typing import Any

import attrs

from concurrent_fetch._options import Options, Work
from concurrent_fetch._outcome import Outcome, Response
from concurrent_fetch._units import Seconds


def options_for_work(options: Options) -> Options:
    """Return the options to fetch with: work needs the bodies, whether or not they are kept."""
    return options if options.work is None else attrs.evolve(options, keep_bodies=True)


def after_work(outcome: Outcome, options: Options) -> Outcome:
    """Do the work on a response; return it as it is to be kept. What the work raises passes."""
    if options.work is None or not isinstance(outcome, Response):
        return outcome
    options.work(outcome)
    return outcome if options.keep_bodies else attrs.evolve(outcome, body=b"")


class CountedWork:
    """The same work, how often it was done, and how long that took. From any thread."""

    def __init__(self, work: Work) -> None:
        self.done = 0
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

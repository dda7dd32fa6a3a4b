"""Work on every response, done where the response was fetched: in its thread or on its loop."""

import threading
from time import perf_counter
from typing import Any, ClassVar, NoReturn

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.model._options import Options, Work, called
from concurrent_fetch.model._outcome import Outcome, Response


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


@attrs.frozen(eq=False, repr=False)
class SavedWork:
    """What is left of work in a saved result: its name. It equals any work of that name."""

    name: str

    @property
    def __name__(self) -> str:
        """The name of the work that it stands for."""
        return self.name

    def __call__(self, _response: Response, /) -> NoReturn:
        """Refuse: the function itself was not saved.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"the work {self.name} was loaded from a file, which holds its name only; "
            "give Options(work=...) the function itself"
        )

    def __eq__(self, other: object) -> bool:
        return called(other) == self.name if callable(other) else NotImplemented

    # Equal to a function whose hash it cannot have.
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # the usual way to say so

    def __repr__(self) -> str:
        return f"<saved work {self.name}>"

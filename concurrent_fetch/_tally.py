"""Tally: counts what is done and tells it, seldom enough to cost nothing.

Counting is a few additions and one look at the clock, well below a microsecond; a `Progress` is
made only when one is due. Nothing runs beside the work: no thread, no task, no timer.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import monotonic

import attrs

from concurrent_fetch._bar import bar
from concurrent_fetch._progress import OnProgress, Progress, Stage
from concurrent_fetch._units import Seconds

_INTERVAL: Seconds = 0.05


class Tally:
    """What is done so far, told at most 20 times a second and at the end."""

    __slots__ = (
        "_clock", "_due", "_failures", "_fetches", "_last", "_runs", "_start", "_tell", "_told",
    )  # fmt: skip

    def __init__(self, begun: Progress, tell: OnProgress, clock: Callable[[], Seconds]) -> None:
        self._last = begun
        self._tell = tell
        self._clock = clock
        self._start = self._due = clock()
        self._runs = self._fetches = self._failures = 0
        self._told = -1

    def fetched(self, *, failed: bool) -> None:
        """Count a fetch that is over."""
        self._fetches += 1
        if failed:
            self._failures += 1
        if self._clock() >= self._due:
            self._report()

    def ran(
        self, strategy: str, stage: Stage, number: int | None, *, fetches: int, failures: int
    ) -> None:
        """Count a run of a comparison that is over, with all its fetches."""
        self._last = attrs.evolve(self._last, strategy=strategy, stage=stage, round=number)
        self._runs += 1
        self._fetches += fetches
        self._failures += failures
        if self._clock() >= self._due:
            self._report()

    def end(self) -> None:
        """Tell the last state, unless it has just been told."""
        if self._told != self._done:
            self._report()

    @property
    def _done(self) -> int:
        return self._runs or self._fetches  # outside a comparison there are no runs

    def _report(self) -> None:
        now = self._clock()
        self._due = now + _INTERVAL
        self._told = self._done
        self._last = attrs.evolve(
            self._last,
            done=self._done,
            fetches=self._fetches,
            failures=self._failures,
            elapsed=now - self._start,
        )
        self._tell(self._last)


def tallying(
    progress: bool | OnProgress, begun: Progress, clock: Callable[[], Seconds] = monotonic
) -> AbstractContextManager[Tally]:
    """Return what tells progress while it is entered: to a function, by a bar, or to nobody.

    Where it is left without an error, the last state is told.
    """
    if progress is True:
        return _tallying(bar(begun), begun, clock)
    return _tallying(nullcontext(_ignore if progress is False else progress), begun, clock)


@contextmanager
def _tallying(
    teller: AbstractContextManager[OnProgress], begun: Progress, clock: Callable[[], Seconds]
) -> Iterator[Tally]:
    with teller as tell:
        tally = Tally(begun, tell, clock)
        yield tally
        tally.end()


def _ignore(_: Progress) -> None:
    pass

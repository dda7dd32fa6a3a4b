"""Progress: how far a fetch of many URLs or a comparison has come, for whoever wants to know.

Counting is a few additions and one look at the clock, well below a microsecond; a `Progress` is
made only when one is due. Nothing runs beside the work: no thread, no task, no timer. The bar, on
stderr or as a widget in a notebook that has them, is tqdm's.
"""

import functools
import inspect
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import monotonic
from typing import Any, Literal, Protocol, TypeAlias

import attrs

from concurrent_fetch._units import Seconds
from concurrent_fetch.words import visible

_BETWEEN: Seconds = 0.05
_STILL: Seconds = 0.4  # with the ticks of the strategies, of up to half a second, below a second
_REDRAWN: Seconds = 0.25  # to draw a widget costs about 2 ms; so it is below 1 %

# tqdm's own without the rate, which of runs says little, and where that needs the room.
_NARROW = 80
_SHORT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
_AT_LEAST = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining} or more, {rate_fmt}{postfix}]"
"""tqdm's own, where something waits: the rest may be of the slowest hosts."""
_SHORT_AT_LEAST = _AT_LEAST.replace(", {rate_fmt}", "")

Stage: TypeAlias = Literal["check", "round", "probe", "trial", "fetch"]


@attrs.frozen(kw_only=True)
class Progress:
    """How far it has come. One is sent at most every 50 ms, and one that tells the end.

    Where limits or retries make fetches wait, one is sent each second at least. After an error or
    an early `close` there is no last one.
    """

    done: int
    """Runs of a comparison that are over, all of them; outside of one, fetches."""
    total: int | None
    """Runs that are planned at most, fewer where a verdict or the time budget ends it early, or
    after the rounds where there is less to try;
    or fetches, None where the URLs come from something without a length."""
    stage: Stage
    """What the last run was for; "fetch" outside a comparison."""
    strategy: str
    """What ran last: a strategy, or the function that fetches."""
    round: int | None = None
    """Its round, from 0; None for an untimed run, and outside a comparison."""
    rounds: int | None = None
    """Rounds that are planned at most; None outside a comparison."""
    fetches: int
    """Fetches that are over, in all runs together."""
    failures: int
    """Those of them that were not answered."""
    elapsed: Seconds
    """Since the start."""
    retries: int = 0
    """How often something was tried again, with `Options.retry`; 0 for a comparison."""
    waiting: int = 0
    """URLs that wait for their hosts, whose limits are reached or which asked for a rest, or for
    their next try; of those not yet read nobody knows. 0 for a comparison."""

    @property
    def rate(self) -> float:
        """Fetches per second of `elapsed`."""
        return self.fetches / self.elapsed if self.elapsed else 0.0

    @property
    def left(self) -> Seconds | None:
        """The time left if the rest goes as fast as what is done; None where that is unknown.

        While URLs are `waiting` it is that or more: the rest may be of the slowest hosts.
        """
        if self.total is None or not self.done:
            return None
        return self.elapsed / self.done * max(0, self.total - self.done)


OnProgress: TypeAlias = Callable[[Progress], None]


def check_progress(name: str, value: object) -> None:
    """Refuse what is neither a bool nor a plain function, and say what to write.

    Raises:
        TypeError: with the name, the value and the rule it broke.
    """
    if isinstance(value, bool):
        return
    if not callable(value):
        raise TypeError(
            f"{name} must be True, False or a function that takes a Progress, got {value!r}; "
            "write progress=True for a bar on stderr"
        )
    called = (value, type(value).__call__)
    if any(map(inspect.iscoroutinefunction, called)) or any(
        map(inspect.isasyncgenfunction, called)
    ):
        raise TypeError(
            f"{name} must be a plain function, got an async one; write one that starts a task, "
            "as with asyncio.create_task"
        )


class Waits(Protocol):
    """What knows who waits: the feed of a run."""

    @property
    def retries(self) -> int:
        """How often something was tried again."""
        ...

    @property
    def waiting(self) -> int:
        """How many URLs wait."""
        ...

    @property
    def skipped(self) -> int:
        """How many URLs are not fetched, since a journal has them."""
        ...


class Tally:
    """What is done so far, told at most 20 times a second and at the end.

    Where a feed can make all wait, that is told too while nothing else happens.
    """

    __slots__ = (
        "_clock", "_due", "_failures", "_feed", "_fetches", "_last", "_runs", "_start", "_tell",
        "_told", "_total",
    )  # fmt: skip

    def __init__(
        self, begun: Progress, tell: OnProgress, clock: Callable[[], Seconds], feed: Waits | None
    ) -> None:
        self._feed = feed
        self._last = begun
        self._total = begun.total
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

    def tick(self) -> None:
        """Tell what waits, if nothing was told for a while; to be called now and then."""
        if self._feed is not None and self._clock() >= self._due + _STILL:
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

    def expect(self, runs: int) -> None:
        """Take it that so many runs of a comparison are still to come."""
        total = self._runs + runs
        if total != self._total:
            self._total, self._told = total, -1

    def end(self) -> None:
        """Tell the last state, unless it has just been told."""
        if self._told != self._done:
            self._report()

    @property
    def _done(self) -> int:
        return self._runs or self._fetches  # outside a comparison there are no runs

    def _report(self) -> None:
        now, feed = self._clock(), self._feed
        self._due = now + _BETWEEN
        self._told = self._done
        self._last = attrs.evolve(
            self._last,
            done=self._done,
            fetches=self._fetches,
            failures=self._failures,
            elapsed=now - self._start,
            retries=feed.retries if feed else 0,
            waiting=feed.waiting if feed else 0,
            total=self._total - feed.skipped if feed and self._total is not None else self._total,
        )
        self._tell(self._last)


def tallying(
    progress: bool | OnProgress,
    begun: Progress,
    clock: Callable[[], Seconds] = monotonic,
    feed: Waits | None = None,
) -> AbstractContextManager[Tally]:
    """Return what tells progress while it is entered: to a function, by a bar, or to nobody.

    Where it is left without an error, the last state is told. `feed`: where something may wait.
    """
    if progress is True:
        return _tallying(bar(begun), begun, clock, feed)
    teller = nullcontext(_ignore if progress is False else progress)
    return _tallying(teller, begun, clock, feed)


@contextmanager
def _tallying(
    teller: AbstractContextManager[OnProgress],
    begun: Progress,
    clock: Callable[[], Seconds],
    feed: Waits | None,
) -> Iterator[Tally]:
    with teller as tell:
        tally = Tally(begun, tell, clock, feed)
        yield tally
        tally.end()


def _ignore(_: Progress) -> None:
    pass


def bar(begun: Progress) -> AbstractContextManager[OnProgress]:
    """Return what shows a bar while it is entered; importing tqdm, here, is on no clock."""
    return _shown(begun, _tqdm())


def above_the_bar() -> AbstractContextManager[None]:
    """Return what takes bars off the terminal while it is entered: for lines of a result."""
    aside: AbstractContextManager[None] = _tqdm().external_write_mode(sys.stdout)
    return aside


@functools.cache
def _tqdm() -> Any:
    """Import tqdm for a terminal or a notebook, whichever this is; it costs 20 ms."""
    with warnings.catch_warnings():
        # In a notebook without ipywidgets it asks for them; the plain bar that it shows will do.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm  # noqa: PLC0415 - only for who asks; every import would pay

    # Leaves nothing behind: no thread that looks after bars, no lock that processes share.
    own: Any = type("Bar", (tqdm,), {"monitor_interval": 0})
    own.set_lock(threading.RLock())
    return own


@contextmanager
def _shown(begun: Progress, tqdm: Any) -> Iterator[OnProgress]:
    is_fetch = begun.stage == "fetch"
    with tqdm(
        desc=visible(begun.strategy) if is_fetch else None,
        total=begun.total,
        unit=" fetch" if is_fetch else "run",
        leave=False,
        mininterval=_REDRAWN,
        miniters=1,
        smoothing=0,  # the mean speed since the start, as `Progress.rate` and `left` have it
        disable=sys.stderr is None,
    ) as shown:
        columns = _few(shown)
        if columns is not None and not is_fetch:
            shown.bar_format = _SHORT

        def report(progress: Progress) -> None:
            if is_fetch:
                shown.bar_format = _format_of_fetch(progress, is_narrow=columns is not None)
            room = None if columns is None else columns - _around(shown)
            if progress.total != shown.total:
                shown.total = progress.total  # what a journal has, or is to try, is found then
            shown.set_postfix_str(_remarks(progress, room), refresh=False)
            if progress.done > shown.n:
                shown.update(progress.done - shown.n)
            else:
                shown.refresh()  # who waits, and the time

        yield report
        shown.refresh()  # the last state, however soon after the one before


def _format_of_fetch(progress: Progress, *, is_narrow: bool) -> str | None:
    """Return the format of a bar; None for tqdm's own: remarks go before the rate."""
    if not progress.total:
        return None
    if is_narrow and _remarks(progress):
        return _SHORT_AT_LEAST if progress.waiting else _SHORT
    return _AT_LEAST if progress.waiting else None


def _few(shown: Any) -> int | None:
    """Return the columns of a narrow terminal; None for others, and for widgets and files."""
    columns = getattr(shown, "ncols", None)
    return columns if isinstance(columns, int) and columns < _NARROW else None


def _around(shown: Any) -> int:
    """Return how many columns of a short bar are not for remarks."""
    bar_format = (shown.bar_format or _SHORT).replace("{bar}", "  ")
    facts = {**shown.format_dict, "bar_format": bar_format, "postfix": "-"}
    return len(shown.format_meter(**facts)) - 1


def _remarks(progress: Progress, room: int | None = None) -> str:
    failed = [f"{progress.failures:,} failed"] if progress.failures else []
    if progress.stage == "fetch":
        retried = [f"{progress.retries:,} retried"] if progress.retries else []
        number = progress.waiting
        words = "1 waits for its host" if number == 1 else f"{number:,} wait for hosts"
        return _fitting([*failed, *retried, *([words] if number else [])], room)
    where: str = progress.stage
    if progress.round is not None:
        where = f"round {progress.round + 1}/{progress.rounds}"
    remarks = [where, visible(progress.strategy), f"{progress.fetches:,} fetches"]
    return _fitting(remarks, room, failed)


def _fitting(remarks: list[str], room: int | None, last: Sequence[str] = ()) -> str:
    """Return as many of the remarks as there is room for, at least the first; and what is last."""
    while room is not None and len(remarks) > 1 and len(", ".join([*remarks, *last])) > room:
        remarks = remarks[:-1]
    return ", ".join([*remarks, *last])

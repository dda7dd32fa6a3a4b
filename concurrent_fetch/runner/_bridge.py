"""Drives any strategy to its end, below a running event loop too.

A plain strategy runs in the caller's thread, so that Ctrl-C reaches it. An awaitable one runs on
a loop of its own in a worker thread, and Ctrl-C cancels it there. The loop is kept from run to
run: starting one is no part of fetching. Of each kind of loop that strategies ask for there is one.
"""

import contextlib
import functools
import inspect
import weakref
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from time import get_clock_info, monotonic, perf_counter, time
from types import GeneratorType, TracebackType
from typing import NamedTuple, Self, TypeAlias

from concurrent_fetch._units import Seconds
from concurrent_fetch.model import Options, Run
from concurrent_fetch.runner._loop_thread import LoopFactory, LoopThread
from concurrent_fetch.runner._plain import outcomes_in
from concurrent_fetch.runner._values import is_value
from concurrent_fetch.strategies import AnyStrategy, awaits, how_called, loop_of

_WHOLE = (str, bytes, bytearray, memoryview, Run)
_USUAL = (list, tuple, GeneratorType, map, filter, zip, set, frozenset)

_TICK: Seconds = 1e-6
_TICKS = {  # some tick coarsely, as on Windows
    monotonic: get_clock_info("monotonic").resolution + _TICK,
    time: get_clock_info("time").resolution + _TICK,
}
_COARSE: Seconds = max(0.005, *_TICKS.values())
"""How far a coarse clock may be off, as one that ticks every 4 ms or is rounded."""
_DRIFT = 0.001
"""How much faster or slower a clock may be: raw ones are by 1e-4, adjusted ones by 5e-4."""

Clock = Callable[[], Seconds]
OnLoop = Callable[[], contextlib.AbstractContextManager[None]]


class Clocks(NamedTuple):
    """The clocks that a run is measured with."""

    wall: Clock
    cpu: Clock
    beside: Clock = float
    """CPU time of what works beside the run, for nobody's; none as a rule."""

    def read(self) -> "Reading":
        """Read them, and beside them the clock that outcomes are timed with."""
        return perf_counter(), self.wall(), self.cpu() - self.beside(), perf_counter()

    def span_of_outcomes(self, start: "Reading", end: "Reading") -> "Span | None":
        """Return from when to when a run was on the clock of its outcomes.

        That is `time.perf_counter`, whatever the Runner's is. None under one that is turned by
        hand: outcomes are made by hand then, too. It is one if the time between two readings is
        far from the time between those beside them, or if it stood still for longer than a tick.
        None, too, where reading the clocks was held up by so much that there is no telling.
        """
        span = Span(start[0], end[3])
        if self.wall is perf_counter:
            return span
        least, passed, most = end[0] - start[3], end[1] - start[1], end[3] - start[0]
        slack = _DRIFT * most + _COARSE if passed else _TICKS.get(self.wall, _TICK)
        is_told = most - least <= 2 * slack
        return span if is_told and least - slack <= passed <= most + slack else None


Reading: TypeAlias = tuple[Seconds, Seconds, Seconds, Seconds]
"""Wall time and CPU time, between two readings of the clock of outcomes."""


class Span(NamedTuple):
    """From when to when."""

    start: Seconds
    end: Seconds


class Driven(NamedTuple):
    """What a strategy gave back and how long it took."""

    given: object
    """A list of what it yielded or returned one by one; anything else as it was, a `Run` too."""
    started: Seconds
    finished: Seconds
    cpu: Seconds
    span: Span | None
    """The same on the clock of its outcomes; None where that has nothing to do with this one."""
    tasks: int = 0
    """How many it left on its event loop that were cancelled."""
    changed: tuple[str, ...] = ()
    """Settings of its event loop that it left changed, and that were put back."""

    @property
    def returned(self) -> object:
        """The same, of a `Run` its outcomes.

        Raises:
            ValueError: it is a `Run` of another class.
        """
        return outcomes_in(self.given)


class Bridge:
    """Runs strategies one at a time; a context manager, since it may own a loop and a thread."""

    def __init__(self, clocks: Clocks) -> None:
        self.clocks = clocks
        self._loops: dict[LoopFactory | None, _Owned] = {}
        self._returned: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for loop, otherwise in self._loops.values():
            loop.close()
            otherwise.detach()
        if inspect.iscoroutine(self._returned):
            self._returned.close()  # or Python would say that Ctrl-C kept it from being awaited

    def drive(
        self,
        strategy: AnyStrategy,
        urls: list[str],
        options: Options,
        on_loop: OnLoop = contextlib.nullcontext,
    ) -> Driven:
        """Call the strategy and take all that it returns; the clocks bracket just that.

        `on_loop` makes what is entered on the loop around an awaitable strategy.

        An `async` function finds its loop started. One that asks for a kind of loop is called where
        that runs. For what turns out to be awaitable only when called, the first run starts it, on
        the clock: below 1 ms. What the strategy raises passes through.
        """
        factory = loop_of(strategy)
        if factory is not None or awaits(strategy):
            self._start_loop(factory)
        call = functools.partial(how_called(strategy).call, strategy, urls, options)
        start = self.clocks.read()
        if factory is not None:
            consume = functools.partial(self._call_and_consume, call, on_loop)
            loop = self._start_loop(factory)
            return self._driven(start, *loop.run(consume), loop)
        returned = self._returned = call()
        if isinstance(returned, (Awaitable, AsyncIterable)):
            consume = functools.partial(self._consume, returned, on_loop)
            loop = self._start_loop(None)
            return self._driven(start, *loop.run(consume), loop)
        return self._driven(start, _listed(returned), self.clocks.read())

    def _driven(
        self, start: Reading, items: object, end: Reading, loop: LoopThread | None = None
    ) -> Driven:
        (_, wall, cpu, _), (_, wall_end, cpu_end, _) = start, end
        span = self.clocks.span_of_outcomes(start, end)
        driven = Driven(items, wall, wall_end, cpu_end - cpu, span)
        if loop is None:
            return driven
        return driven._replace(tasks=loop.cancelled, changed=loop.changed)

    async def _consume(
        self, returned: Awaitable[Iterable[object]] | AsyncIterable[object], on_loop: OnLoop
    ) -> tuple[object, Reading]:
        with on_loop():
            if isinstance(returned, Awaitable):
                items = _listed(await returned)
            else:
                items = [item async for item in returned]
            return items, self.clocks.read()

    async def _call_and_consume(
        self, call: Callable[[], object], on_loop: OnLoop
    ) -> tuple[object, Reading]:
        returned = call()
        if not isinstance(returned, (Awaitable, AsyncIterable)):
            raise TypeError(
                f"it returned {type(returned).__name__}, and nothing to await: with_loop takes a "
                "strategy that runs on an event loop"
            )
        return await self._consume(returned, on_loop)

    def _start_loop(self, factory: LoopFactory | None) -> LoopThread:
        if factory not in self._loops:
            loop = LoopThread(factory)
            # For a Ctrl-C that comes when `__exit__` is to begin, and keeps it from doing so.
            self._loops[factory] = _Owned(loop, weakref.finalize(self, loop.end))
            loop.start()
        return self._loops[factory].loop


class _Owned(NamedTuple):
    """A loop, and what ends it should the bridge be dropped without being left."""

    loop: LoopThread
    otherwise: "weakref.finalize[..., Bridge]"


def _listed(returned: object) -> object:
    if isinstance(returned, Mapping):
        return list(returned.items())  # what is computed for that is on the clock, as below
    if not isinstance(returned, Iterable) or isinstance(returned, _WHOLE):
        return returned
    if not isinstance(returned, _USUAL) and is_value(returned):
        return returned  # a response may be iterable, and would be read
    try:
        return list(returned)
    finally:
        if inspect.isgenerator(returned):
            returned.close()  # also when Ctrl-C came between two outcomes

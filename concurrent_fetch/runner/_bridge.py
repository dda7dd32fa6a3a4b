"""Drives any strategy to its end, below a running event loop too.

A plain strategy runs in the caller's thread, so that Ctrl-C reaches it. An awaitable one runs on
a loop of its own in a worker thread, and Ctrl-C cancels it there. The loop is kept from run to
run: starting one is no part of fetching.
"""

import contextlib
import functools
import inspect
import weakref
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from types import GeneratorType, TracebackType
from typing import NamedTuple, Self

from concurrent_fetch._units import Seconds
from concurrent_fetch.model import Options, Run
from concurrent_fetch.runner._loop_thread import LoopThread
from concurrent_fetch.runner._values import is_value
from concurrent_fetch.strategies import AnyStrategy, Each, function_of, how_called, is_async

_WHOLE = (str, bytes, bytearray, memoryview, Mapping)
_USUAL = (list, tuple, Run, GeneratorType, map, filter, zip, set, frozenset)

Clock = Callable[[], Seconds]
OnLoop = Callable[[], contextlib.AbstractContextManager[None]]


class Clocks(NamedTuple):
    """The clocks that a run is measured with."""

    wall: Clock
    cpu: Clock

    def read(self) -> tuple[Seconds, Seconds]:
        """Return wall time and CPU time, in seconds."""
        return self.wall(), self.cpu()


class Driven(NamedTuple):
    """What a strategy gave back and how long it took."""

    returned: object
    """A list of what it yielded or returned one by one; anything else as it was."""
    started: Seconds
    finished: Seconds
    cpu: Seconds


class Bridge:
    """Runs strategies one at a time; a context manager, since it may own a loop and a thread."""

    def __init__(self, clocks: Clocks) -> None:
        self.clocks = clocks
        self._loop: LoopThread | None = None
        self._returned: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._loop is not None:
            self._loop.close()
            self._otherwise.detach()
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

        An `async` function finds its loop started. For what turns out to be awaitable only when
        called, the first run starts it, on the clock: below 1 ms. What the strategy raises passes
        through.
        """
        if _is_async(strategy):
            self._start_loop()
        calling = how_called(strategy)
        wall, cpu = self.clocks.read()
        returned = self._returned = calling.call(strategy, urls, options)
        if isinstance(returned, (Awaitable, AsyncIterable)):
            consume = functools.partial(self._consume, returned, on_loop)
            items, (wall_end, cpu_end) = self._start_loop().run(consume)
        else:
            items, (wall_end, cpu_end) = _listed(returned), self.clocks.read()
        return Driven(items, wall, wall_end, cpu_end - cpu)

    async def _consume(
        self, returned: Awaitable[Iterable[object]] | AsyncIterable[object], on_loop: OnLoop
    ) -> tuple[object, tuple[Seconds, Seconds]]:
        with on_loop():
            if isinstance(returned, Awaitable):
                items = _listed(await returned)
            else:
                items = [item async for item in returned]
            return items, self.clocks.read()

    def _start_loop(self) -> LoopThread:
        if self._loop is None:
            loop = LoopThread()
            # For a Ctrl-C that comes when `__exit__` is to begin, and keeps it from doing so.
            self._otherwise = weakref.finalize(self, loop.end)
            self._loop = loop
            loop.start()
        return self._loop


def _is_async(strategy: AnyStrategy) -> bool:
    function = function_of(strategy)
    if isinstance(function, Each):
        function = function.function
    return is_async(function)


def _listed(returned: object) -> object:
    if not isinstance(returned, Iterable) or isinstance(returned, _WHOLE):
        return returned
    if not isinstance(returned, _USUAL) and is_value(returned):
        return returned  # a response may be iterable, and would be read
    try:
        return list(returned)
    finally:
        if inspect.isgenerator(returned):
            returned.close()  # also when Ctrl-C came between two outcomes

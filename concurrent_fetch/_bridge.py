"""Drives any strategy to its end, below a running event loop too.

A plain strategy runs in the caller's thread, so that Ctrl-C reaches it. An awaitable one runs on
a loop of its own in a worker thread, and Ctrl-C cancels it there. The loop is kept from run to
run: starting one is no part of fetching.
"""

import asyncio
import contextlib
import contextvars
import functools
import inspect
import threading
import weakref
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterable, Mapping
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeAlias, TypeVar, cast

from concurrent_fetch._options import Options
from concurrent_fetch._strategy import Strategy, function_of
from concurrent_fetch._units import Seconds

Clock = Callable[[], Seconds]
OnLoop = Callable[[], contextlib.AbstractContextManager[None]]
_T = TypeVar("_T")
_Work: TypeAlias = Callable[[], Coroutine[Any, Any, _T]]
_Ended: TypeAlias = tuple[_T | None, BaseException | None]
_TICK: Seconds = 0.1


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
        self._loop: _LoopThread | None = None
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
        strategy: Strategy,
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
        wall, cpu = self.clocks.read()
        returned = self._returned = strategy(urls, options)
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

    def _start_loop(self) -> "_LoopThread":
        if self._loop is None:
            loop = _LoopThread()
            # For a Ctrl-C that comes when `__exit__` is to begin, and keeps it from doing so.
            self._otherwise = weakref.finalize(self, loop.end)
            self._loop = loop
            loop.start()
        return self._loop


def _is_async(strategy: Strategy) -> bool:
    function = function_of(strategy)
    call = getattr(function, "__call__", None)  # noqa: B004 - of an object, whose method it may be
    return any(
        inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f) for f in (function, call)
    )


def _listed(returned: object) -> object:
    if not isinstance(returned, Iterable) or isinstance(returned, (str, bytes, Mapping)):
        return returned
    try:
        return list(returned)
    finally:
        if inspect.isgenerator(returned):
            returned.close()  # also when Ctrl-C came between two outcomes


class _LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = SimpleQueue[None]()
        self._is_over = False
        self._ended_by: BaseException | None = None
        self._thread = threading.Thread(target=self._live, name="fetch-loop", daemon=True)

    def start(self) -> None:
        """Return when the loop is there."""
        self._thread.start()
        self._started.get()

    def run(self, work: _Work[_T]) -> _T:
        """Await `work()` there and wait for it; `close` cancels it if the wait is interrupted.

        Tasks that it leaves behind end with it: they must not run beside the next strategy.
        """
        loop = self._loop
        assert loop is not None  # noqa: S101 - it has been started
        ended: SimpleQueue[_Ended[_T]] = SimpleQueue()
        context = contextvars.copy_context()
        loop.call_soon_threadsafe(lambda: loop.create_task(_deliver(work, ended), context=context))
        result, error = _waited_for(ended)
        try:
            if error is None:
                return cast("_T", result)
            if not isinstance(error, asyncio.CancelledError):
                raise error
            if self._ended_by is not None:
                raise self._ended_by from None
            raise RuntimeError("its task was cancelled, by itself and not from outside") from error
        finally:
            del error  # its traceback holds this frame

    def close(self) -> None:
        """Cancel what still runs there, then end the loop and the thread."""
        self.end()
        with contextlib.suppress(RuntimeError):  # Ctrl-C kept it from being started
            self._thread.join()

    def end(self) -> None:
        """Let the loop and the thread end, wherever the start of them has got to."""
        self._is_over = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._closing.set)

    def _live(self) -> None:
        with asyncio.Runner() as runner:
            self._closing = asyncio.Event()
            self._loop = runner.get_loop()
            self._started.put(None)
            if self._is_over:
                return
            try:
                runner.run(self._until_closing())
            except BaseException as error:  # noqa: BLE001 - KeyboardInterrupt in a task ends a loop
                self._ended_by = error

    async def _until_closing(self) -> None:
        await self._closing.wait()


def _waited_for(ended: SimpleQueue[_Ended[_T]]) -> _Ended[_T]:
    # In ticks: a signal at the very start of a wait is seen after it. Not by a Future: Ctrl-C that
    # comes inside its Python code leaves its lock taken, and the loop would wait for that for ever.
    while True:
        with contextlib.suppress(Empty):
            return ended.get(timeout=_TICK)


async def _deliver(work: _Work[_T], ended: SimpleQueue[_Ended[_T]]) -> None:
    """Put into `ended` what becomes of the work, once no task of it is left."""
    others = asyncio.all_tasks()
    try:
        result = await work()
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for
        await _end(asyncio.all_tasks() - others)
        ended.put((None, error))
    else:
        await _end(asyncio.all_tasks() - others)
        ended.put((result, None))


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

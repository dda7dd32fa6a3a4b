"""A thread with an event loop of its own, for what must be awaited outside of one.

Ctrl-C that comes while a thread waits for it ends the wait, and `close` cancels what runs there.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Coroutine
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar, cast

from concurrent_fetch._python import background_thread
from concurrent_fetch._units import Seconds
from concurrent_fetch.runner._settings_kept import SettingsKept

_T = TypeVar("_T")
_Work: TypeAlias = Callable[[], Coroutine[Any, Any, _T]]
_Ended: TypeAlias = tuple[_T | None, BaseException | None]
_TICK: Seconds = 0.1
_PATIENCE: Seconds = 0.05
"""So long what is left may take to end by itself, as what closes connections does."""

LoopFactory: TypeAlias = Callable[[], asyncio.AbstractEventLoop]


class LoopThread:
    """An event loop in a thread of its own, made by the factory; None: the usual one."""

    def __init__(self, factory: LoopFactory | None = None) -> None:
        self._factory = factory
        self.cancelled = 0
        """How many tasks the last work left behind that did not end by themselves."""
        self.changed: tuple[str, ...] = ()
        """Settings of the loop and its thread that it left changed, and that were put back."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = SimpleQueue[None]()
        self._is_over = False
        self._ended_by: BaseException | None = None
        self._thread = background_thread(self._live, "fetch-loop")

    def start(self) -> None:
        """Return when the loop is there."""
        self._thread.start()
        self._started.get()

    def run(self, work: _Work[_T]) -> _T:
        """Await `work()` there and wait for it; `close` cancels it if the wait is interrupted.

        Tasks that it leaves behind end with it: they must not run beside the next strategy. What it
        changed of the loop and its thread is put back.
        """
        loop = self._loop
        assert loop is not None  # noqa: S101 - it has been started
        ended: SimpleQueue[_Ended[_T]] = SimpleQueue()
        context = contextvars.copy_context()
        loop.call_soon_threadsafe(
            lambda: loop.create_task(self._deliver(work, ended), context=context)
        )
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

    async def _deliver(self, work: _Work[_T], ended: SimpleQueue[_Ended[_T]]) -> None:
        """Put into `ended` what becomes of the work, once no task of it is left."""
        others, self.cancelled = asyncio.all_tasks(), 0
        kept = SettingsKept.of(asyncio.get_running_loop())
        try:
            result = await work()
            left = await _staying(asyncio.all_tasks() - others)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            await _end(asyncio.all_tasks() - others)
            kept.put_back()
            ended.put((None, error))
        else:
            self.cancelled = await _end(left)
            self.changed = kept.put_back()
            ended.put((result, None))

    def _live(self) -> None:
        with asyncio.Runner(loop_factory=self._factory) as runner:
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


async def _staying(tasks: set[asyncio.Task[Any]]) -> set[asyncio.Task[Any]]:
    """Wait a little for tasks to end by themselves; return those that do not."""
    if not tasks:
        return tasks
    _, staying = await asyncio.wait(tasks, timeout=_PATIENCE)
    return staying


async def _end(tasks: set[asyncio.Task[Any]]) -> int:
    """End the tasks; return how many had not been cancelled yet."""
    left = sum(not task.cancelling() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return left
